"""How the system is where a part is away: what it does to people, and the words that say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bot import wellness
from bot.channels.rasa_client import RasaProcesses
from bot.web import health, status
from bot.wellness import Look, State
from core.clock import now
from core.database import transaction
from tests.unit.test_rasa_processes import free_address, serving

pytestmark = pytest.mark.usefixtures("sqlite")
OTHERS = {"database": True, "actions": True}


def messages(parts: dict[str, bool]) -> Look:
    with transaction() as session:
        return next(iter(wellness.looks(session, "hampshire", parts)))


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        (OTHERS | {"rasa": True}, State.good),
        (OTHERS | {"rasa": False}, State.wrong),
        (OTHERS | {"rasa": True, "rasa-2": False}, State.look),
        (OTHERS | {"rasa": False, "rasa-2": True}, State.look),
        (OTHERS | {"rasa": False, "rasa-2": False}, State.wrong),
        (OTHERS | {"actions": False, "rasa": True, "rasa-2": False}, State.wrong),
        (OTHERS | {"database": False, "rasa": True}, State.wrong),
    ],
)
def test_people_are_answered_while_one_rasa_is_there(parts: dict[str, bool], state: State) -> None:
    assert messages(parts).state is state


def test_where_some_are_away_nobody_reads_that_nobody_is_answered() -> None:
    row = status._row(messages(OTHERS | {"rasa": True, "rasa-2": False}))
    assert row["tag"] == "Look"
    assert "People are answered" in row["told"]
    assert "Nobody" not in row["told"]
    assert "ring people" not in row["do"]
    row = status._row(messages(OTHERS | {"rasa": False, "rasa-2": False}))
    assert "Nobody is answered" in row["told"]
    assert "ring people" in row["do"]


def test_what_does_not_answer_is_named_once() -> None:
    named = status._silent(OTHERS | {"rasa": False, "rasa-2": True, "rasa-3": False})
    assert named == ["some of the parts that understand messages"]
    named = status._silent(OTHERS | {"rasa": False, "rasa-2": False})
    assert named == ["the part that understands messages"]
    assert status._silent(OTHERS | {"rasa": True}) == []


@pytest.fixture
def one_of_two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ExitStack() as stack:
        urls = [free_address(), stack.enter_context(serving()).url]
        monkeypatch.setattr(health, "rasa", lambda: RasaProcesses(urls))
        yield


@pytest.mark.usefixtures("one_of_two")
def test_whoever_waits_for_every_part_goes_on_waiting_while_one_rasa_is_away() -> None:
    answer = health.readyz()
    told = json.loads(bytes(answer.body))
    assert (told["rasa"], told["rasa-2"]) == (False, True)
    assert answer.status_code == 503


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words_with_and_without_a_moment(state: State) -> None:
    for last in (None, now()):
        row = status._row(Look("messages", state, last=last))
        assert row["told"].endswith(".")
        assert (" at " in row["told"]) is (last is not None)
