"""A process dies with a message in hand: the same message again is answered, and not by silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import Incoming
from bot.channels.speaker import Speaker, speaker_of
from bot.conversations import ABANDONED, ChatMessage, add_message, opened
from core.clock import now
from core.database import transaction

pytestmark = pytest.mark.usefixtures("sqlite")

SAID, KEY = "I drink too much", "the key of this message"


def left_behind(age: timedelta) -> Speaker:
    """A chat whose last message was kept so long ago, by a process that answered nothing."""
    _, token, _ = begin_chat(site="hampshire", audience="participant", language="en", staff=None)
    speaker = speaker_of(token)
    with transaction() as session:
        conversation = opened(session, speaker.id)
        assert conversation is not None
        kept = add_message(session, conversation, "person", {"text": SAID}, KEY)
        session.flush()
        older = update(ChatMessage).where(ChatMessage.n == kept.n).values(at=now() - age)
        session.execute(older.where(ChatMessage.conversation_id == speaker.id))
    return speaker


def under_the_key(speaker: Speaker) -> int:
    with transaction() as session:
        same = select(ChatMessage).where(
            ChatMessage.conversation_id == speaker.id, ChatMessage.idempotency_key == KEY
        )
        return len(session.scalars(same).all())


def test_what_was_left_behind_is_answered() -> None:
    speaker = left_behind(ABANDONED)
    answer = take_turn(speaker, Incoming(SAID), KEY)
    assert [each.sender for each in answer] == ["assistant"]
    assert under_the_key(speaker) == 1
    again = take_turn(speaker, Incoming(SAID), KEY)
    assert [each.n for each in again] == [each.n for each in answer]


def test_what_somebody_may_still_work_on_is_not_begun_again() -> None:
    speaker = left_behind(ABANDONED - timedelta(seconds=2))
    assert take_turn(speaker, Incoming(SAID), KEY) == []
    assert under_the_key(speaker) == 1
