"""Texts that we begin, with a real worker and a provider over HTTP: killed, each goes just once."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select, update

from core.clock import now
from core.database import transaction
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, Asked, Reach
from outreach.texts.journey import GRACE, HELLO, Planned, plan
from outreach.texts.tables import Message, Standing
from referrals.transitions import Status
from tests.faults.handing import PATIENCE, asleep
from tests.faults.no_night import working
from tests.unit.conftest import data_dir, migrated_file, sqlite  # noqa: F401 - fixtures
from tests.unit.test_moving import at
from tests.unit.text_standins import Reply, StandIn, carried_by, notify_error

pytestmark = pytest.mark.usefixtures("sqlite")

PEOPLE = 6


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with carried_by("notify", monkeypatch) as far:
        yield far


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, standings()
        time.sleep(0.1)


def _posted_or_all_sent(provider: StandIn, wanted: int) -> bool:
    return len(provider.posted) >= wanted or standings() == Counter({"sent": PEOPLE})


def standings() -> Counter[str]:
    with transaction() as session:
        return Counter(session.scalars(select(Message.standing)))


def people_to_greet() -> None:
    """Those who have been at both workshops and agreed, each with a hello that is due."""
    yes = Asked(AFTER, agreed=True, words="May we?", language="en", asked_by="staff-1")
    for n in range(PEOPLE):
        case_id = at(Status.completed)
        with transaction() as session:
            reach = Reach("hampshire", case_id, f"+44770090046{n}", "private", "en")
            contact = contacts.keep(session, reach, [yes], key="1")
            plan(session, contact, [Planned(HELLO, str(n), now(), now() + GRACE)])


def two_minutes_later() -> None:
    """What a dead worker held is free again, and what was put off is due: nobody waits here."""
    with transaction() as session:
        session.execute(update(Message).values(claimed_until=None))
        waiting = Message.standing.in_((Standing.planned.value, Standing.sending.value))
        session.execute(update(Message).where(waiting).values(due_at=now()))


def texted(provider: StandIn) -> Counter[str]:
    return Counter(each["phone_number"] for each in provider.texts)


def test_a_worker_killed_while_the_provider_answers_leaves_no_text_twice_and_none_out(
    provider: StandIn,
) -> None:
    people_to_greet()
    # Taken, but the answer never comes: the worker dies with the text in hand, three times.
    for _ in range(3):
        provider.answer(Reply(taken=True, late=True))
        wanted = len(provider.posted) + 1
        with working() as worker:
            # Another hand may have sent the last one meanwhile.
            until(partial(_posted_or_all_sent, provider, wanted))
            worker.kill()
            worker.wait(PATIENCE)
        two_minutes_later()
    with working():
        until(lambda: standings() == Counter({"sent": PEOPLE}))
    assert texted(provider) == Counter({f"+44770090046{n}": 1 for n in range(PEOPLE)})


def test_a_worker_that_wakes_with_texts_that_another_has_sent_changes_nothing(
    provider: StandIn,
) -> None:
    people_to_greet()
    # It takes them all, and of two it says late that it is down, or that it refuses.
    answers = notify_error(503, "down"), notify_error(400, "ValidationError")
    late = [replace(each, taken=True, late=True) for each in answers]
    provider.answer(*late)
    with working() as sleeper:
        until(lambda: standings() == Counter({"sent": PEOPLE - len(late), "sending": len(late)}))
        with asleep(sleeper):
            two_minutes_later()
            with working():
                until(lambda: standings() == Counter({"sent": PEOPLE}))
            provider.let_go.set()
        until(lambda: ends_by_itself(sleeper))
    assert standings() == Counter({"sent": PEOPLE})
    assert texted(provider) == Counter({f"+44770090046{n}": 1 for n in range(PEOPLE)})


def ends_by_itself(worker: subprocess.Popen[bytes]) -> bool:
    """Asked to end, it first does what it has in hand."""
    worker.terminate()
    return worker.poll() is not None


def test_a_provider_that_fails_and_comes_back_gets_every_text_once(provider: StandIn) -> None:
    people_to_greet()
    provider.answer(notify_error(500, "InternalServerError"), Reply(cut=True), Reply(taken=True))
    with working():
        for _ in range(3):
            until(lambda: any(standings()[each] for each in ("sent", "sending")))
            two_minutes_later()

        def all_gone() -> bool:
            two_minutes_later()
            return standings() == Counter({"sent": PEOPLE})

        until(all_gone)
    assert set(texted(provider).values()) == {1}
    assert len(texted(provider)) == PEOPLE


def test_who_texts_stop_while_the_provider_is_away_gets_nothing(provider: StandIn) -> None:
    people_to_greet()
    # Many hands send at once: each text meets a provider that is away.
    provider.answer(*[notify_error(503, "down")] * PEOPLE)
    with working():
        until(lambda: len(provider.posted) > 0)
        with transaction() as session:
            for n in range(PEOPLE):
                contacts.stop(session, "hampshire", f"+44770090046{n}")
    two_minutes_later()
    with working():
        until(lambda: not {"planned", "sending"} & set(standings()))
    assert not texted(provider)
    assert standings() == Counter({"held_back": PEOPLE})
