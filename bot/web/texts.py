"""The on-screen text channel: an inbound end as a provider calls it, and a telephone to try it.

Real providers come with the messages issue; they call the same channel.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from accounts.web.declared import way
from bot.channels.erasing import ERASED
from bot.channels.incoming import LONGEST, ChatError
from bot.channels.journal import journal
from bot.channels.packing import packed
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage, messages_after
from bot.web.api import Bearer
from bot.web.limits import barred
from bot.web.wording import page_words
from core.database import transaction
from core.limiting import TEXTS
from core.settings import settings
from core.web import forms
from core.web.pages import page
from core.words import words
from outreach.texts.contacts import has_phone, number_of
from outreach.texts.delivery import text_of
from outreach.texts.tables import Contact, Message
from sites import all_sites

router = APIRouter()

ON_SCREEN = "on_screen"
# A number from Ofcom's drama range.
EXAMPLE = "07700 900461"
# Seconds.
WRITTEN_WITHIN = 5


class _Shown(NamedTuple):
    """One text on the telephone: when, by whom, the words and their language."""

    at: datetime
    mine: bool
    text: str
    language: str


class Received(BaseModel):
    """A text as the provider reports it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: str = Field(min_length=1, max_length=200)
    sender: str = Field(alias="from", max_length=40)
    to: str = Field(max_length=40)
    text: str


@router.post("/texts/inbound", dependencies=[way("provider_signature")])
def inbound(received: Received, token: Bearer) -> JSONResponse:
    """A text has come in; gives the texts that leave for it.

    They are in the outbox too, so a provider that cannot answer in its own call need not.
    """
    if not hmac.compare_digest(token.encode(), settings().inbound_secret.encode()):
        raise ChatError(401, "token", words("utter_chat_ended", "en").text)
    text = received.text[: LONGEST + 1]
    return JSONResponse({"texts": _taken(received.id, received.sender, received.to, text)})


@router.get("/telephone", dependencies=[way("demonstration")])
def telephone(
    request: Request,
    site: Annotated[str, Query()] = "hampshire",
    number: Annotated[str, Query()] = EXAMPLE,
) -> Response:
    """A telephone on the screen, both ends of it; in demonstration mode only."""
    _demonstration_only()
    texted = all_sites()[site].text_number if site in all_sites() else ""
    thread: list[_Shown] = []
    if texted and (phone := number_of(number)):
        speaker = speaker_texting(Inbound(ON_SCREEN, "", number, texted, ""))
        with transaction() as session:
            answers = [_bubble(each) for each in messages_after(session, speaker.id, 0)]
            thread = sorted([*answers, *_begun(session, site, phone)], key=lambda each: each.at)
    return page(
        request,
        "telephone.html",
        t=page_words("en"),
        site=site,
        number=number,
        texted=texted,
        sites=[each for each in all_sites().values() if each.text_number],
        thread=thread,
        newest=_newest(thread),
        key=secrets.token_urlsafe(12),
    )


@router.post("/telephone", dependencies=[way("demonstration")])
def send(request: Request, form: forms.OwnForm) -> Response:
    """Text the site as this number."""
    _demonstration_only()
    site, number = forms.said(form, "site"), forms.said(form, "number")
    if site not in all_sites():
        raise HTTPException(404)
    _taken(
        forms.said(form, "key")[:80] or secrets.token_hex(8),
        number,
        all_sites()[site].text_number,
        forms.said(form, "text")[: LONGEST + 1],
    )
    # Danger is answered before it is written down, and this page shows what is.
    journal.wait(WRITTEN_WITHIN)
    back = request.url_for("telephone").include_query_params(site=site, number=number)
    return RedirectResponse(f"{back.path}?{back.query}#newest", 303)


def _taken(text_id: str, sender: str, to: str, text: str) -> list[str]:
    over = barred(TEXTS, sender[:40], to[:40])
    return take_text(Inbound(ON_SCREEN, text_id, sender, to, text), over)


def _newest(thread: list[_Shown]) -> int:
    """Where the newest answer begins, so that the page opens at its first word."""
    begins = max((at for at, each in enumerate(thread) if each.mine), default=-1) + 1
    return min(begins, len(thread) - 1)


def _bubble(message: ChatMessage) -> _Shown:
    body = message.body
    text = "\n".join(packed([body]))
    return _Shown(message.at, message.sender == "person", text, str(body.get("lang", "en")))


def _begun(session: Session, site: str, phone: str) -> list[_Shown]:
    """The texts that we began, such as reminders: they are no part of the conversation."""
    theirs = (Contact.site == site, has_phone(phone))
    sent = select(Message, Contact).join(Contact, Contact.id == Message.contact_id)
    rows = session.execute(sent.where(*theirs, Message.sent_at.is_not(None)))
    return [
        _Shown(message.sent_at, False, text_of(message, contact), contact.language)
        for message, contact in rows
        if message.sent_at and message.why != ERASED
    ]


def _demonstration_only() -> None:
    if not settings().demo:
        raise HTTPException(404)
