"""The conversation behind an alert as a coordinator reads it, and a person's answer in it.

The assistant stays: what the participant writes next is screened and answered as ever. Only who
reads and who answers besides is new, so Rasa and what is remembered of a dialogue hear nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.render import Body
from bot.conversations import (
    TEAM,
    ChatMessage,
    Conversation,
    Telephone,
    add_message,
    closes_at,
    contact_of,
    messages_after,
)
from core.clock import now
from core.outbox import Letter, post
from core.settings import settings
from core.words import words
from outreach.texts import contacts
from outreach.texts.providers import UNLESS_STOPPED
from outreach.texts.revealing import reveals
from outreach.texts.segments import plain, segments
from sites import site_of

LONGEST, MOST_SEGMENTS, SHOWN = 600, 3, 40


class Bar(StrEnum):
    """Why an answer cannot reach somebody."""

    left = "left"
    over = "over"
    stopped = "stopped"
    not_private = "not_private"


class NotAnsweredError(Exception):
    """Nothing was sent, and why: a :class:`Bar`, or what is wrong with the words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Thread:
    """The last messages of a conversation, and what keeps an answer from its person, if any.

    ``on_page``: others may see the telephone, so an answer waits on the person's own page.
    """

    conversation: Conversation
    messages: list[ChatMessage]
    by_text: bool
    bar: Bar | None
    on_page: bool = False


@dataclass(frozen=True)
class Answer:
    """What a person of the team says; ``name`` is their first name, or empty for the team."""

    text: str
    language: str
    name: str = ""
    unreviewed: bool = False


def thread_of(session: Session, conversation_id: str) -> Thread | None:
    """The conversation behind an alert, while it is kept."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        return None
    phone, bar = _way(session, conversation)
    return Thread(
        conversation=conversation,
        messages=messages_after(session, conversation.id, 0)[-SHOWN:],
        by_text=bool(phone),
        bar=bar,
        on_page=not phone and bool(_phone(session, conversation)),
    )


def answer(session: Session, conversation_id: str, given: Answer, key: str) -> ChatMessage:
    """Say it in the conversation, and to a telephone by the outbox; the same ``key`` says it once.

    Raises :class:`NotAnsweredError`, with nothing said.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotAnsweredError(Bar.left)
    if before := _said_before(session, conversation, key):
        return before
    phone, bar = _way(session, conversation)
    why = bar or _fault(given, by_text=bool(phone))
    if why:
        raise NotAnsweredError(why)
    message = add_message(session, conversation, TEAM, _body(conversation, given), _key(key))
    if phone:
        payload = {"to": phone, "text": _as_text(given), "site": conversation.site}
        payload[UNLESS_STOPPED] = "yes"
        letter = Letter("text", f"text:{conversation.id}:{message.n}:0", payload)
        post(session, letter, site=conversation.site)
    return message


def _said_before(session: Session, conversation: Conversation, key: str) -> ChatMessage | None:
    return session.scalar(
        select(ChatMessage).where(
            ChatMessage.conversation_id == conversation.id,
            ChatMessage.idempotency_key == _key(key),
        )
    )


def _key(key: str) -> str:
    return f"{TEAM}:{key}"


def _phone(session: Session, conversation: Conversation) -> str:
    held = session.get(Telephone, conversation.id)
    return held.number if held else ""


def _way(session: Session, conversation: Conversation) -> tuple[str, Bar | None]:
    """The telephone that a text would go to, if any, and what keeps an answer from its person.

    A chat that has ended is read by nobody. Where others may see the telephone of somebody whom we
    know, no text goes and the answer waits on the page to which a link of theirs leads.
    """
    phone = _phone(session, conversation)
    if conversation.ended_at is not None:
        return phone, Bar.left
    if not phone:
        closes = closes_at(session, conversation.id, conversation.started_at)
        return "", Bar.over if closes <= now() else None
    if contacts.stopped(session, conversation.site, phone):
        return phone, Bar.stopped
    contact = contact_of(session, conversation)
    if contact is None:
        return phone, None if settings().demo else Bar.not_private
    return phone if contact.privacy == "private" else "", None


def _fault(given: Answer, *, by_text: bool) -> str:
    """What is wrong with the words, as a code; empty where nothing is."""
    if not given.text.strip():
        return "nothing"
    if len(given.text) > LONGEST:
        return "too_long"
    if not by_text:
        return ""
    text = _as_text(given)
    if reveals(text):
        return "reveals"
    return "" if segments(text) <= MOST_SEGMENTS else "too_many"


def _as_text(given: Answer) -> str:
    """The words behind a mark that a person writes; the team's name could tell what it does."""
    key = "utter_person_mark" if given.name else "utter_person_mark_team"
    mark = words(key, given.language, {"name": given.name}).text
    return plain(f"{mark} {given.text}")


def _body(conversation: Conversation, given: Answer) -> Body:
    body: Body = {
        "kind": "text",
        "lang": given.language,
        "text": given.text,
        "from": "person",
        "name": given.name or site_of(conversation.site).team.name,
    }
    return body | {"unreviewed": True} if given.unreviewed else body
