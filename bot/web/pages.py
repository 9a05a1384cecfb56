"""The pages without a sign-in: the start, the chat, the way out, and what CARA is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from accounts.web.declared import way
from bot.channels.chat import begin_chat
from bot.channels.memory import remembered
from bot.channels.render import text_body
from bot.channels.render_officer import source_of
from bot.channels.speaker import Speaker, speaker_in
from bot.conversations import Conversation, actor_of, add_message, messages_after, opened
from bot.facts import Topic, evidence, facts_about
from bot.web import talk
from bot.web.wording import DEFAULT, NAMES, languages, page_words
from core.audit import record
from core.database import transaction
from core.limiting import BEGINNINGS
from core.settings import settings
from core.web import forms
from core.web.limited import limited
from core.web.pages import page
from core.web.security import content_security_policy, nonce_of
from core.words import words
from sites import all_sites

router = APIRouter()
PUBLIC, OWN = [way("public")], [way("own_conversation")]

COOKIE = "__Host-cara_chat"
NEUTRAL_PAGE = "https://www.bbc.co.uk/weather"


@router.get("/", dependencies=PUBLIC)
def start_page(request: Request, language: Annotated[str, Query()] = DEFAULT) -> Response:
    """Where you are and what you want to do."""
    return _start(request, language)


@router.post("/start", dependencies=[*PUBLIC, limited(BEGINNINGS)])
def start(request: Request, form: forms.OwnForm) -> Response:
    """To the officer's desk, or into a new chat; the one before it ends."""
    language, who, site = (forms.said(form, name) for name in ("language", "who", "site"))
    if who == "police":
        return RedirectResponse("/officer", 303)
    problems = {}
    if who != "support":
        problems["who"] = "who_missing"
    if site not in all_sites() or not all_sites()[site].directory:
        problems["site"] = "site_missing"
    if problems:
        return _start(request, language, problems, {"who": who, "site": site})
    return _begun(request, site, page_words(language).language)


@router.get("/chat", dependencies=OWN)
def chat_page(request: Request) -> Response:
    """The chat so far; without one, the start."""
    conversation = _conversation(request)
    if conversation is None:
        return RedirectResponse("/", 303)
    return talk.whole_page(request, _chat(speaker_in(conversation)))


@router.post("/chat/say", dependencies=OWN)
def say(request: Request, form: forms.OwnForm) -> Response:
    """One turn; who speaks is known from the cookie alone, so that danger waits for nothing."""
    speaker = talk.speaking(request.cookies.get(COOKIE, ""), "participant", "public")
    try:
        return talk.say(request, _chat(speaker), form) if speaker else _over(request)
    except talk.ChatOverError:
        return _over(request)


@router.get("/chat/later", dependencies=OWN)
def later(request: Request, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """What a person of the team wrote meanwhile, for a page that looks; no chat, no words."""
    conversation = _conversation(request)
    if conversation is None:
        return Response(status_code=204)
    return talk.later(request, _chat(speaker_in(conversation)), after)


@router.post("/chat/language", dependencies=[*OWN, limited(BEGINNINGS)])
def change_language(request: Request, form: forms.OwnForm) -> Response:
    """Go on in another language; a chat in which nobody has said a word begins anew in it."""
    conversation = _conversation(request)
    language = forms.said(form, "language")
    if conversation is None or language not in languages():
        return RedirectResponse("/", 303)
    with transaction() as session:
        held = messages_after(session, conversation.id, 0)
    if all(message.sender == "assistant" for message in held):
        return _begun(request, conversation.site, language, conversation.audience)
    with transaction() as session:
        conversation = opened(session, conversation.id)
        if conversation is None:
            return RedirectResponse("/", 303)
        conversation.language = language
        add_message(
            session, conversation, "assistant", text_body("utter_language_changed", language)
        )
        actor = f"conversation:{conversation.id}"
        record(session, actor_of(conversation), "conversation.language", actor)
    remembered(conversation.id).language = language
    return RedirectResponse("/chat#latest", 303)


@router.get("/about-cara", dependencies=PUBLIC)
def about_cara(request: Request) -> Response:
    """What CARA is, how it works and how to get it: for forces and commissioners."""
    return _about(request)


@router.post("/about-cara/chat", dependencies=[*PUBLIC, limited(BEGINNINGS)])
def ask_about_cara(request: Request, form: forms.OwnForm) -> Response:
    """Into a chat that answers from the same facts; whoever may be in danger is told of there."""
    site = forms.said(form, "site")
    if site not in _places():
        return _about(request, missing=True)
    return _begun(request, site, DEFAULT, "public")


@router.get("/leaving", dependencies=PUBLIC)
def about_leaving(request: Request, language: Annotated[str, Query()] = DEFAULT) -> Response:
    """How to get away from here, and what a browser keeps all the same."""
    t = page_words(language)
    return page(request, "leaving.html", cookies=False, t=t, lang=t.language)


@router.get("/exit", dependencies=PUBLIC)
def leave(request: Request) -> Response:
    """End the chat, leave nothing of it in the browser, and go on to a page that says nothing.

    A link, because "Exit this page" has to work with one key press and without JavaScript. Only
    the person can end a chat with it: no other site, and no browser that fetches links ahead.
    """
    response = RedirectResponse(NEUTRAL_PAGE, 303)
    if "sec-purpose" in request.headers or not _asked_for_by_the_person(request):
        return response
    conversation = _conversation(request)
    if conversation:
        talk.end_conversation(conversation)
    forms.forget_cookie(response, COOKIE)
    response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
    return response


@router.get("/example-host", dependencies=PUBLIC)
def example_host(request: Request) -> Response:
    """A page of somebody else's with our one line in it; in demonstration mode only."""
    if not settings().demo:
        raise HTTPException(404)
    response = page(request, "example_host.html", cookies=False)
    policy = content_security_policy(nonce_of(request), frames="'self'")
    response.headers["content-security-policy"] = policy
    # As on any other site, so that the sign-in window can hand its token to the frame.
    response.headers["cross-origin-opener-policy"] = "unsafe-none"
    return response


def _start(
    request: Request,
    language: str,
    problems: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    words = page_words(language)
    return page(
        request,
        "start.html",
        status=422 if problems else 200,
        t=words,
        lang=words.language,
        languages=languages(),
        names=NAMES,
        site_items=[
            {"value": site.code, "text": site.name}
            for site in all_sites().values()
            if site.directory or site.referral
        ],
        error_list=[
            {"text": words(key), "href": f"#{name}"} for name, key in (problems or {}).items()
        ],
        going_on=_conversation(request) is not None,
        problems=problems or {},
        given=given or {"who": "", "site": ""},
    )


def _about(request: Request, *, missing: bool = False) -> Response:
    topics = [(words(f"utter_label_topic_{each}", DEFAULT).text, each) for each in Topic]
    return page(
        request,
        "about_cara.html",
        status=422 if missing else 200,
        t=page_words(DEFAULT),
        topics=[(title, each, facts_about(each)) for title, each in topics],
        evidence=evidence(),
        source_of=source_of,
        place_items=[{"value": code, "text": name} for code, name in _places().items()],
        missing=missing,
    )


def _places() -> dict[str, str]:
    """The names of the sites at which somebody without a sign-in may talk, by code."""
    return {site.code: site.name for site in all_sites().values() if site.directory}


def _asked_for_by_the_person(request: Request) -> bool:
    return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _begun(request: Request, site: str, language: str, audience: str = "participant") -> Response:
    """A new chat; the one before it ends."""
    before = _conversation(request)
    if before:
        talk.end_conversation(before)
    _, token, _ = begin_chat(site=site, audience=audience, language=language, staff=None)
    response = RedirectResponse("/chat", 303)
    forms.set_cookie(response, COOKIE, token, strict=True)
    return response


def _conversation(request: Request) -> Conversation | None:
    token = request.cookies.get(COOKIE)
    return talk.open_conversation(token, "participant", "public") if token else None


def _chat(speaker: Speaker) -> talk.Chat:
    return talk.Chat(speaker, page="/chat", say="/chat/say")


def _over(request: Request) -> Response:
    if talk.FROM_HTMX not in request.headers:
        return RedirectResponse("/", 303)
    response = Response(status_code=401)
    response.headers["hx-redirect"] = "/"
    return response
