"""What people wrote goes after 30 days, and nothing before that."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels import sweeping
from bot.conversations import ChatMessage, Conversation, Telephone, add_message, begin
from cli import purging
from core.clock import now
from core.database import transaction
from outreach.tables import Alert, AlertStatus
from outreach.texts import contacts
from outreach.texts.contacts import Reach
from outreach.texts.journey import Planned, plan
from outreach.texts.tables import Message, Standing

pytestmark = pytest.mark.usefixtures("database")

OLD, FRESH, LASTS = timedelta(days=31), timedelta(days=29), timedelta(days=30)


def chat(age: timedelta) -> str:
    with transaction() as session:
        made, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        said = add_message(session, made, "person", {"text": "I drink too much"})
        said.at = now() - age
        session.add(Telephone(conversation_id=made.id, number="+447700900461"))
        made.seen_at = now() - age
        return made.id


def alerted(conversation: str, status: AlertStatus) -> None:
    fields = ("kind", "level", "why", "audience", "channel")
    moments = dict.fromkeys(("raised_at", "said_last", "escalate_at"), now())
    with transaction() as session:
        session.add(
            Alert(
                id=str(uuid.uuid4()),
                site="hampshire",
                conversation=conversation,
                said="",
                reach={},
                status=status,
                **dict.fromkeys(fields, "web"),
                **moments,
            )
        )


def left() -> set[str]:
    with transaction() as session:
        found = set(session.scalars(select(Conversation.id)))
        for table in (ChatMessage, Telephone):
            assert set(session.scalars(select(table.conversation_id))) == found
        return found


def test_a_conversation_goes_after_thirty_days_with_its_words_and_telephone() -> None:
    chat(OLD)
    fresh = chat(FRESH)
    with transaction() as session:
        assert sweeping.sweep(session, now() - LASTS)["conversation"] == 1
    assert left() == {fresh}


def test_one_that_somebody_still_has_to_look_at_stays() -> None:
    waiting, done = chat(OLD), chat(OLD)
    alerted(waiting, AlertStatus.open)
    alerted(done, AlertStatus.closed)
    with transaction() as session:
        sweeping.sweep(session, now() - LASTS)
    assert left() == {waiting}


def test_texts_that_went_are_forgotten_and_those_that_wait_are_not() -> None:
    def planned(name: str, due: datetime) -> Planned:
        return Planned("check_in", name, due, due + timedelta(days=3))

    with transaction() as session:
        contact = contacts.keep(
            session, Reach("hampshire", "case-1", "+447700900461", "private", "en"), key="1"
        )
        plan(session, contact, [planned("went", now() - OLD), planned("waits", now() + OLD)])
        went = session.scalars(select(Message).where(Message.occasion == "went")).one()
        went.standing = Standing.sent.value
    purging.purge()
    with transaction() as session:
        assert session.scalars(select(Message.occasion)).all() == ["waits"]
