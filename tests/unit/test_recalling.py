"""What another process heard is known here before danger is looked for, or is not waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.channels import recalling
from bot.channels.memory import Remembered, forget, remembered
from bot.channels.recalling import AT_ONCE, recall_at_once
from bot.conversations import add_message, begin, opened, remember
from core.database import transaction

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, the database answers in time."""
    monkeypatch.setattr(recalling, "PATIENCE", 20.0)


@pytest.fixture
def elsewhere() -> str:
    """The id of a conversation that was held with another process so far."""
    with transaction() as session:
        made, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        add_message(session, made, "person", {"text": "I feel like a burden"})
        made.language = "pl"
        remember(made, safety_asked="suicide")
        conversation_id = made.id
    forget(conversation_id)
    return conversation_id


@pytest.mark.usefixtures("patient")
def test_what_another_process_heard_is_known_here(elsewhere: str) -> None:
    recall_at_once(elsewhere)
    assert remembered(elsewhere) == Remembered("pl", ["I feel like a burden"], "suicide", 1)


@pytest.mark.usefixtures("patient")
def test_a_question_that_was_closed_elsewhere_is_closed_here(elsewhere: str) -> None:
    recall_at_once(elsewhere)
    with transaction() as session:
        there = opened(session, elsewhere)
        assert there
        remember(there, safety_asked=None)
        add_message(session, there, "person", {"text": "no"})
    recall_at_once(elsewhere)
    assert remembered(elsewhere).asked is None
    assert remembered(elsewhere).said == ["I feel like a burden", "no"]


@pytest.mark.usefixtures("patient")
def test_what_was_heard_here_and_is_not_written_yet_stays(elsewhere: str) -> None:
    held = remembered(elsewhere)
    held.last_n, held.asked = 3, "self_harm"
    held.hear("I have tablets")
    recall_at_once(elsewhere)
    assert (held.said, held.asked) == (["I have tablets"], "self_harm")


@pytest.mark.usefixtures("patient")
def test_what_nobody_ever_said_changes_nothing() -> None:
    recall_at_once("of nobody")
    assert remembered("of nobody") == Remembered()


@pytest.fixture
def database_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """It takes every question and answers none, until the event is set."""
    wakes, ended, asked = Event(), [], []
    whole = recalling.transaction

    @contextmanager
    def hanging() -> Iterator[Session]:
        asked.append(1)
        wakes.wait(20)
        with whole() as session:
            yield session
        ended.append(1)

    monkeypatch.setattr(recalling, "transaction", hanging)
    yield wakes
    wakes.set()
    until = time.monotonic() + 20
    while len(ended) < len(asked):
        assert time.monotonic() < until
        Event().wait(0.01)


def test_a_database_that_hangs_is_not_waited_for(elsewhere: str, database_hangs: Event) -> None:
    begun = time.monotonic()
    for _ in range(3 * AT_ONCE):
        recall_at_once(elsewhere)
    # The first ones wait their moment, and while they hang nobody else waits.
    assert time.monotonic() - begun < 2 * AT_ONCE * recalling.PATIENCE + 1
    assert remembered(elsewhere) == Remembered()
    # What comes too late is not told: a message may be in the middle of being read.
    database_hangs.set()
    assert remembered(elsewhere) == Remembered()


def test_a_database_that_is_away_is_no_error(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(recalling, "transaction", away)
    recall_at_once(elsewhere)
    assert remembered(elsewhere) == Remembered()
