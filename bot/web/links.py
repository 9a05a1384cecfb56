"""The page behind a link in a text: neutral until the person has said one thing they know.

Looking at it spends nothing, the first answer spends the link. A wrong answer and a link that is
unknown, spent or late all lead to one page, so that none tells of another.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from accounts.web.declared import way
from bot.channels.greeting import greeting
from bot.channels.memory import remembered
from bot.channels.own_data import KNOWN_AS
from bot.channels.speaker import conversation_of
from bot.channels.texts import Inbound, speaker_texting
from bot.conversations import (
    Conversation,
    add_message,
    begin,
    messages_after,
    remember,
    token_for,
)
from bot.live import why_not_live
from bot.web import talk
from bot.web.pages import COOKIE
from bot.web.wording import DEFAULT, languages, page_words
from core.crypto import folded, is_hash_of
from core.database import transaction
from core.limiting import LINKS
from core.web import forms
from core.web.limited import limited
from core.web.pages import page
from core.words import words
from outreach.texts import links
from outreach.texts.tables import Contact
from referrals.tables import Referral
from referrals.validation import day_as_typed
from sites import site_of

router = APIRouter(dependencies=[way("one_time_link"), limited(LINKS)])


@router.get("/c/{token}")
def link_page(request: Request, token: str) -> Response:
    """Ask for one thing that the person knows."""
    with transaction() as session:
        contact = links.waiting(session, token)
    if contact is None:
        return _closed(request)
    language = page_words(contact.language).language
    by_word = bool(contact.word)
    return _page(request, "link.html", language, token=token, by_word=by_word)


@router.post("/c/{token}")
def open_link(request: Request, token: str, form: forms.OwnForm) -> Response:
    """Into the person's chat after the right answer; the link is spent either way."""
    with transaction() as session:
        contact = links.spend(session, token)
        if contact is None:
            return _closed(request)
        if why_not_live(contact.site) or not _known(session, contact, form):
            links.refuse(session, contact, token)
            return _closed(request)
        links.opened(session, contact)
        conversation = _chat_of(session, contact)
    before = talk.open_conversation(request.cookies.get(COOKIE, ""), "participant", "public")
    if before and before.id != conversation.id:
        talk.end_conversation(before)
    response = RedirectResponse("/chat#latest", 303)
    forms.set_cookie(response, COOKIE, token_for(conversation), strict=True)
    return response


def _known(session: Session, contact: Contact, form: FormData) -> bool:
    """Whether the answer is theirs: the word that they chose, else the date of birth."""
    if contact.word:
        said = forms.said(form, "word")
        same = hmac.compare_digest(folded(said).encode(), folded(contact.word).encode())
        return any(map(str.isalnum, said)) and same
    born = day_as_typed(" ".join(forms.said(form, part) for part in ("day", "month", "year")))
    referral = session.get(Referral, contact.case_id)
    kept = referral.detail.date_of_birth_lookup if referral and referral.detail else None
    return bool(
        born and kept and is_hash_of("referral_detail.date_of_birth_lookup", born.isoformat(), kept)
    )


def _chat_of(session: Session, contact: Contact) -> Conversation:
    """The conversation that they have by text, with what was said in it; or a new one."""
    number = site_of(contact.site).text_number
    conversation = None
    if contact.phone and number:
        texting = speaker_texting(Inbound("", "", contact.phone, number, ""))
        conversation = conversation_of(session, texting.in_language(contact.language))
    if conversation is None:
        conversation, _ = begin(
            session,
            site=contact.site,
            audience="participant",
            language=contact.language,
            staff_id=None,
        )
    if not messages_after(session, conversation.id, 0):
        for body in greeting(session, conversation, None):
            remembered(conversation.id).last_n = add_message(
                session, conversation, "assistant", body
            ).n
    remember(conversation, **{KNOWN_AS: contact.id, "welcomed": True})
    return conversation


def _closed(request: Request) -> Response:
    """One page in every language: that of the person would tell that the link was theirs."""
    every = {code: words("utter_link_closed", code).text for code in languages()}
    return _page(request, "link_closed.html", DEFAULT, status=404, every=every)


def _page(
    request: Request, template: str, language: str, status: int = 200, **more: Any
) -> Response:
    def said(key: str) -> str:
        return words(f"utter_link_{key}", language).text

    t = page_words(language)
    return page(request, template, status=status, t=t, lang=language, said=said, **more)
