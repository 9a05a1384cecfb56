"""A person of whom we hold all that we may, who writes by text or on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels import memory
from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import Incoming
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import Speaker, speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import (
    ChatMessage,
    Conversation,
    messages_after,
    remember,
    token_for,
)
from core.clock import LONDON, now
from core.database import transaction
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING, RESEARCH, Asked, Reach
from outreach.texts.tables import Contact, Message, Signposting, Standing

PHONE, OURS = "+447700900461", "07700 900101"
REACH = Reach("hampshire", "case-1", PHONE, "private", "en", hours="evening", word="willow")
DANGER = "I want to kill myself"


@pytest.fixture
def chatting(sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rasa is away, and nobody's words are remembered from test to test."""

    def away() -> Any:
        raise RasaAwayError(waking=False)

    monkeypatch.setattr("bot.channels.chat.rasa", away)
    yield
    assert journal.wait(10)
    memory.forget(texting().id)


needs_database = pytest.mark.usefixtures("chatting")


def texting() -> Speaker:
    return speaker_texting(Inbound("test", "", PHONE, OURS, ""))


def text_us(said: str, text_id: str = "") -> str:
    return "\n".join(take_text(Inbound("test", text_id or f"id of {said}", PHONE, OURS, said)))


def on_a_page(language: str = "en") -> Speaker:
    _, token, _ = begin_chat(
        site="hampshire", audience="participant", language=language, staff=None
    )
    return speaker_of(token)


def by_link(contact: Contact) -> Speaker:
    """The person on the page of their text conversation, as the link opens it."""
    text_us("I cannot sleep")
    with transaction() as session:
        conversation = session.get_one(Conversation, texting().id)
        remember(conversation, known_as=contact.id)
        return speaker_of(token_for(conversation))


def say(speaker: Speaker, said: str, key: str | None = None) -> list[ChatMessage]:
    return [
        message
        for message in take_turn(speaker, Incoming(text=said), key)
        if message.sender == "assistant"
    ]


def told(messages: list[ChatMessage]) -> str:
    return "\n".join(message.body["text"] for message in messages)


def choose(speaker: Speaker, messages: list[ChatMessage], at: int, key: str = "k") -> str:
    token = messages[-1].body["choices"][at]["choice"]
    return told(take_turn(speaker, Incoming(choice=token), key))


def kept_contact(privacy: str = "private") -> Contact:
    """A person with all that we may hold: answers, a text that is planned, one sent, services."""
    with transaction() as session:
        said = [
            Asked(BOOKING, agreed=True, words="All right?", language="en", asked_by="1"),
            Asked(AFTER, agreed=True, words="All right?", language="en", asked_by="1"),
            Asked(RESEARCH, agreed=False, words="All right?", language="en", asked_by="1"),
        ]
        contact = contacts.keep(session, replace(REACH, privacy=privacy), said, key="1")
        for kind, standing in (("check_in", Standing.planned), ("hello", Standing.delivered)):
            sent = now() if standing is Standing.delivered else None
            session.add(
                Message(
                    id=kind,
                    contact_id=contact.id,
                    site="hampshire",
                    kind=kind,
                    occasion="1",
                    data={"day": "monday"},
                    due_at=now(),
                    until=now() + timedelta(days=1),
                    standing=standing.value,
                    made_at=now(),
                    sent_at=sent,
                )
            )
        session.add(
            Signposting(
                id="1",
                contact_id=contact.id,
                conversation=texting().id,
                needs=["alcohol"],
                listings=[{"id": "hiow-012", "needs": ["alcohol"]}],
                at=now(),
            )
        )
        return contact


TODAY = f"{now().astimezone(LONDON):%d/%m/%Y}"


def everything(speaker: Speaker) -> list[str]:
    with transaction() as session:
        return [each.body["text"] for each in messages_after(session, speaker.id, 0)]
