"""The chat inside somebody else's page: a script, a frame without cookies, a window to sign in.

The frame holds its token in memory and sends it as a bearer, so no form here can be forged; the
window that signs an officer in hands the token to the frame, to our own origin and no other.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.policy import allows
from accounts.staff import hash_of
from accounts.tables import Staff
from accounts.web import session, sign_in
from accounts.web.declared import way
from bot.channels.chat import begin_chat
from bot.channels.incoming import ChatError
from bot.channels.speaker import Speaker, speaker_in
from bot.conversations import Conversation, token_for
from bot.web import talk
from bot.web.api import Bearer, site_for
from bot.web.officer import begin_officer_chat
from bot.web.wording import NAMES, page_words
from core.limiting import BEGINNINGS
from core.settings import BUILD, settings
from core.web import forms
from core.web.limited import limited
from core.web.pages import page
from core.web.security import content_security_policy, nonce_of, open_to_hosts
from sites import Site, all_sites, site_of

router = APIRouter(prefix="/widget")
script = APIRouter(dependencies=[way("public")])
PUBLIC, OWN = [way("public")], [way("own_conversation")]

TOKEN_HEADER = "cara-conversation"  # noqa: S105 - the name of a header
AUDIENCES = ("participant", "officer")
SPEAKERS = ("participant", "public", "officer")


Form = Annotated[FormData, Depends(forms.form_of)]


@script.get("/widget.js")
def widget_script() -> Response:
    """The host's one line: our script, with the words of its button in front."""
    source = BUILD / "assets" / "widget.js"
    if not source.exists():
        raise HTTPException(404)
    labels = {
        code: {"open": page_words(code)("name"), "close": page_words(code)("close")}
        for code in NAMES
    }
    made = f"{{\nconst words = {json.dumps(labels)};\n{source.read_text(encoding='utf-8')}\n}}\n"
    headers = {"cache-control": "public, max-age=300"}
    scripted = Response(made, media_type="text/javascript; charset=utf-8", headers=headers)
    return open_to_hosts(scripted)


@router.get("/frame", dependencies=PUBLIC)
def frame(
    request: Request,
    site: Annotated[str, Query()],
    audience: Annotated[str, Query()] = "participant",
    language: Annotated[str, Query()] = "en",
) -> Response:
    """The panel's page; it begins no conversation, so that loading it means nothing."""
    if audience not in AUDIENCES or site not in all_sites():
        raise HTTPException(404)
    where = site_of(site)
    words = page_words(language if audience == "participant" else "en")
    response = page(
        request,
        "frame.html",
        cookies=False,
        site=where,
        audience=audience,
        t=words,
        lang=words.language,
        say="/widget/say",
    )
    policy = content_security_policy(nonce_of(request), framed_by=_hosts(where))
    response.headers["content-security-policy"] = policy
    response.headers["cross-origin-opener-policy"] = "unsafe-none"
    return open_to_hosts(response)


@router.post("/begin", dependencies=[*PUBLIC, limited(BEGINNINGS)])
def begin(request: Request, form: Form) -> Response:
    """A participant's conversation for this frame; its token goes back in a header."""
    site = site_for(forms.said(form, "site"), "participant")
    language = page_words(forms.said(form, "language")).language
    conversation, token, _ = begin_chat(
        site=site, audience="participant", language=language, staff=None
    )
    response = talk.new_messages(request, _chat(speaker_in(conversation)), 0)
    response.headers[TOKEN_HEADER] = token
    return response


@router.get("/messages", dependencies=OWN)
def messages(request: Request, token: Bearer, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """What the frame does not show yet."""
    return talk.new_messages(request, _chat(speaker_in(_held(token))), after)


@router.get("/later", dependencies=OWN)
def later(request: Request, token: Bearer, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """What a person of the team wrote meanwhile."""
    return talk.later(request, _chat(speaker_in(_held(token))), after)


@router.post("/say", dependencies=OWN)
def say(request: Request, form: Form, token: Bearer) -> Response:
    """One turn; who speaks is known from the token alone."""
    speaker = talk.speaking(token, *SPEAKERS)
    over = ChatError(401, "token", page_words("en")("chat_over"))
    if speaker is None:
        raise over
    try:
        return talk.say(request, _chat(speaker), form)
    except talk.ChatOverError:
        raise over from None


@router.post("/end", status_code=204, dependencies=OWN)
def end(token: Bearer) -> None:
    """Somebody left by "Exit this page"."""
    talk.end_conversation(_held(token))


@router.get("/sign-in", dependencies=PUBLIC)
def sign_in_page(request: Request, site: Annotated[str, Query()]) -> Response:
    """In a window of its own, because a frame gets no cookie: sign in, or say that it is you."""
    return _opened(_window(request, site, session.staff_of(request)))


@router.post("/sign-in", dependencies=PUBLIC)
def sign_in_window(request: Request, form: forms.OwnForm) -> Response:
    """Sign in if needed, then hand the officer's conversation to the frame."""
    site = forms.said(form, "site")
    if site not in all_sites():
        raise HTTPException(404)
    staff = session.staff_of(request)
    if staff is None:
        try:
            entry = sign_in.signed_in_by(request, form)
        except sign_in.SignInRefusedError as refused:
            return _opened(_window(request, site, None, refused, forms.said(form, "username")))
        if entry.only:
            return _opened(entry.leads(RedirectResponse(entry.only, 303)))
        return _opened(entry.leads(_handed_over(request, site, entry.staff, entry.secret)))
    return _opened(_handed_over(request, site, staff, request.cookies[session.COOKIE]))


def _window(
    request: Request,
    site: str,
    staff: Staff | None,
    refused: sign_in.SignInRefusedError | None = None,
    username: str = "",
) -> Response:
    if site not in all_sites():
        raise HTTPException(404)
    if staff:
        return page(request, "hand_over_ask.html", staff=staff, site=site_of(site))
    return sign_in.form_page(
        request, "/widget/sign-in", refused=refused, username=username, site=site, after=""
    )


def _handed_over(request: Request, site: str, staff: Staff, secret: str) -> Response:
    if not allows(staff.role, "chat.officer") or staff.site != site:
        return page(request, "hand_over.html", status=403, token="", site=site_of(site))
    open_one = talk.officers_conversation(staff)
    held = open_one or begin_officer_chat(staff)
    token = token_for(held, hash_of(secret))
    return page(request, "hand_over.html", token=token, site=site_of(site))


def _opened(response: Response) -> Response:
    """A window that may speak to the frame that opened it, whatever site that frame stands in.

    Its address still tells the opener nothing, and the token is addressed to our own origin.
    """
    response.headers["cross-origin-opener-policy"] = "unsafe-none"
    return response


def _held(token: str) -> Conversation:
    conversation = talk.open_conversation(token, *SPEAKERS)
    if conversation is None:
        raise ChatError(401, "token", page_words("en")("chat_over"))
    return conversation


def _chat(speaker: Speaker) -> talk.Chat:
    return talk.Chat(speaker, page="", say="/widget/say", cookies=False)


def _hosts(site: Site) -> list[str]:
    # In the demonstration our own example page is a host too, at whatever port it runs.
    return [*(["'self'"] if settings().demo else []), *site.widget_origins]
