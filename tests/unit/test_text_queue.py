"""The queue of texts and the provider's minute: each engine, away, flushed and tampered."""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
import redis
from huey import Huey
from sqlalchemy import select

from cli import texting
from cli.texting import Rounds, queue
from core.clock import now
from core.database import transaction
from core.outbox import Letter, NotSentError
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, Asked, Reach
from outreach.texts.delivery import send_due
from outreach.texts.journey import GRACE, HELLO, Planned, plan
from outreach.texts.providers import pace, provider, send_letter
from outreach.texts.tables import Message
from referrals.transitions import Status
from tests.unit.at_hand import a_redis
from tests.unit.test_moving import at
from tests.unit.text_standins import PHONE, SITE, StandIn, carried_by, set_up

pytestmark = pytest.mark.usefixtures("sqlite", "anew")

REDIS = os.environ.get("CARA_TEST_REDIS", "redis://127.0.0.1:6379/13")
# Nobody listens there.
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No queue and no count of another test; and these texts go at any hour."""
    kept = (queue, texting._task, pace._limiter)
    for each in kept:
        each.cache_clear()
    monkeypatch.setattr("outreach.texts.delivery.in_hours", lambda _hours, _moment: True)
    yield
    for each in kept:
        each.cache_clear()


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with carried_by("notify", monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture(params=["file", "redis"])
def kept_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The queue on a file and on Redis."""
    if request.param == "redis":
        set_up(monkeypatch, redis_url=emptied_redis())
    return str(request.param)


def emptied_redis() -> str:
    """A Redis of this file's own, with nothing in it."""
    with redis.Redis.from_url(a_redis(REDIS)) as server:
        server.flushdb()
    return REDIS


def people_to_greet(count: int) -> None:
    yes = Asked(AFTER, agreed=True, words="May we?", language="en", asked_by="staff-1")
    for n in range(count):
        case_id = at(Status.completed)
        with transaction() as session:
            reach = Reach(SITE, case_id, f"+4477009004{n:02}", "private", "en")
            contact = contacts.keep(session, reach, [yes], key="1")
            plan(session, contact, [Planned(HELLO, uuid.uuid4().hex, now(), now() + GRACE)])


def texted(far: StandIn) -> Counter[str]:
    return Counter(each["phone_number"] for each in far.texts)


def once_each(count: int) -> Counter[str]:
    return Counter({f"+4477009004{n:02}": 1 for n in range(count)})


def carry_out(all_of: Huey) -> None:
    """What the worker's threads do, four at once, until nothing is left."""

    def work() -> None:
        while task := all_of.dequeue():
            all_of.execute(task)

    threads = [threading.Thread(target=work) for _ in range(texting.THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def rows() -> list[tuple[str, int]]:
    with transaction() as session:
        return [(each.standing, each.tries) for each in session.scalars(select(Message))]


# The queue


def test_what_is_due_goes_through_the_queue_once_whoever_queued_it(
    far: StandIn, kept_in: str
) -> None:
    people_to_greet(4)
    # Two workers of one copy, neither knowing what the other has queued.
    Rounds().go()
    Rounds().go()
    assert len(queue()) == 8, kept_in
    carry_out(queue())
    assert texted(far) == once_each(4)


def test_a_round_queues_nothing_that_it_has_just_queued(far: StandIn) -> None:
    people_to_greet(2)
    rounds = Rounds()
    rounds.go()
    rounds.go()
    assert len(queue()) == 2
    assert not far.posted


def test_a_flushed_queue_loses_no_text(far: StandIn, kept_in: str) -> None:
    people_to_greet(2)
    Rounds().go()
    queue().flush()
    carry_out(queue())
    assert not far.texts, kept_in
    Rounds().go()
    carry_out(queue())
    assert texted(far) == once_each(2)


def test_texts_go_without_the_queue_where_redis_is_away(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pace is counted in Redis too: here by each process for itself.
    monkeypatch.setattr(pace, "take_turn", lambda _name: None)
    set_up(monkeypatch, redis_url=AWAY)
    people_to_greet(2)
    Rounds().go()
    assert texted(far) == once_each(2)


def test_what_somebody_else_put_in_the_queue_is_never_opened(
    far: StandIn, tmp_path: object, kept_in: str
) -> None:
    opened: list[str] = []
    queue().storage.enqueue(pickle.dumps(_Trap()))
    with contextlib.suppress(ValueError):
        queue().dequeue()
    assert _Trap.sprung == opened == [], kept_in


class _Trap:
    """A pickle that says so when it is opened."""

    sprung: list[str] = []  # noqa: RUF012 - the one place where every copy can say so

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return _Trap.sprung.append, ("opened",)


# The provider's minute


def test_a_provider_is_given_no_more_than_its_minute_takes_and_the_rest_waits_untried(
    far: StandIn, monkeypatch: pytest.MonkeyPatch, kept_in: str
) -> None:
    set_up(monkeypatch, texts_per_minute="36")
    people_to_greet(5)
    assert send_due(provider(), texting.case_of) == 3, kept_in
    assert len(far.texts) == 3
    assert sorted(rows()) == [("planned", 0)] * 2 + [("sent", 0)] * 3


def test_answers_count_against_the_same_minute(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, texts_per_minute="12")
    send_letter(Letter("text", "reply-1", {"to": PHONE, "text": "Hello.", "site": SITE}))
    with pytest.raises(NotSentError, match="pace"):
        send_letter(Letter("text", "reply-2", {"to": PHONE, "text": "Hello.", "site": SITE}))
    assert len(far.texts) == 1


def test_nothing_is_sent_while_the_minute_cannot_be_counted(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, redis_url=AWAY)
    people_to_greet(1)
    assert send_due(provider(), texting.case_of) == 0
    assert not far.posted
    assert rows() == [("planned", 0)]
