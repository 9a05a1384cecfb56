"""The worker's rounds: people are told with and without the database, and by whoever is left."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from core.database import engine, transaction
from core.outbox import SENT, WAITING, Outgoing
from core.settings import ROOT, settings
from core.spool import alerts as alert_spool
from outreach import second
from outreach.alerts import take_in
from outreach.entries import keep_text, raise_alarm
from outreach.second import stand_in
from outreach.sending import last_sign, sign_of_life, touch, work
from tests.faults.receivers import Inbox, on_call
from tests.unit import alarms
from tests.unit.alarms import COORDINATOR

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inbox: Inbox) -> Iterator[None]:
    """Hampshire tells an on-call system that really answers."""
    with on_call(inbox) as address:
        told = {"people": [{"name": "On call", "webhook": address}]}
        with alarms.site_that_tells(tmp_path / "sites", monkeypatch, told):
            yield


@contextmanager
def database_away() -> Iterator[None]:
    """Somebody holds what is to be written, say a backup that went wrong."""
    if engine().dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine().url.database), isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
        return
    url = settings().database_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE alert, outbox, audit IN ACCESS EXCLUSIVE MODE")
        yield


def called(inbox: Inbox) -> list[str]:
    return [call["body"]["id"] for call in inbox.calls]


def standing() -> list[tuple[str, str, int]]:
    """Kind, status and number of tries of every row of the outbox."""
    with transaction() as session:
        rows = session.scalars(select(Outgoing)).all()
    return sorted((row.kind, row.status, row.tries) for row in rows)


# A round


def test_an_alarm_reaches_the_on_call_system_in_one_round(inbox: Inbox) -> None:
    alarms.tell()
    (call,) = inbox.calls
    assert call["body"]["id"] == "a1"
    assert not call["body"]["escalated"]
    assert call["headers"]["Idempotency-Key"] == next(
        each.key for each in alarms.letters() if each.kind == "webhook"
    )
    work()
    assert called(inbox) == ["a1"]


def test_where_the_on_call_system_fails_the_alert_stands_and_the_letter_waits(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = alarms.Clock(monkeypatch)
    inbox.failing = True
    alarms.tell()
    assert alarms.alert().id == "a1"
    assert standing() == [("email", SENT, 1), ("webhook", WAITING, 1)]
    inbox.failing = False
    clock.move(minutes=1)
    work()
    assert called(inbox) == ["a1"]


def test_a_crisis_text_is_sent_to_the_telephone_once() -> None:
    for _ in range(2):
        keep_text("t1", site="hampshire", to="+447700900461", text="Samaritans: ring 116 123")
        work()
    (letter,) = alarms.letters()
    assert (letter.kind, letter.key, letter.status) == ("text", "t1", SENT)
    payload = {"to": "+447700900461", "text": "Samaritans: ring 116 123", "site": "hampshire"}
    assert letter.payload == payload


def test_a_broken_entry_holds_up_nobody(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    raise_alarm(alarms.alarm("broken"))
    broken = alert_spool().folder / "broken.entry"
    broken.write_bytes(broken.read_bytes()[:40])
    os.utime(broken, (1_000, 1_000))
    alarms.tell("good")
    assert called(inbox) == ["good"]
    assert "broken" in caplog.text


@pytest.mark.parametrize("about", [{"site": "a_site_that_closed"}, {"kind": "a kind to come"}])
def test_an_entry_that_cannot_be_taken_in_holds_up_nobody(about: dict[str, str]) -> None:
    """Each round stops at it, the worker's process ends, and every alarm behind it waits."""
    raise_alarm(alarms.alarm("bad", **about))
    os.utime(alert_spool().folder / "bad.entry", (1_000, 1_000))
    raise_alarm(alarms.alarm("good"))
    work()
    assert alarms.alert("good").id == "good"


def test_a_worker_leaves_the_spool_to_one_that_has_it(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    with alert_spool().taking():
        work()
        assert called(inbox) == []
    work()
    assert called(inbox) == ["a1"]


def test_who_stands_in_takes_it_even_from_one_that_hangs(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    with alert_spool().taking():
        work(standing_in=True)
    assert called(inbox) == ["a1"]


# While the database is away


def test_people_are_told_while_the_database_is_away_and_not_again_after(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    with database_away():
        work()
        assert called(inbox) == ["a1"]
        work()
    assert called(inbox) == ["a1"]
    assert alert_spool().waiting() == ["a1"]
    work()
    assert called(inbox) == ["a1"]
    # What had gone is recorded as sent; the coordinators stand in the database and hear of it now.
    assert standing() == [("email", SENT, 1), ("webhook", SENT, 0)]
    assert COORDINATOR in alarms.told()
    assert alarms.alert().said == alarms.SAID
    assert list(alert_spool().folder.glob("*.*")) == []


def test_a_crisis_text_goes_out_while_the_database_is_away_and_not_again_after() -> None:
    keep_text("t1", site="hampshire", to="+447700900461", text="Samaritans: ring 116 123")
    with database_away():
        work()
    assert alert_spool().noted("t1") == ["t1"]
    work()
    assert standing() == [("text", SENT, 0)]


def test_the_same_person_again_is_no_second_letter_without_a_database_either(
    inbox: Inbox,
) -> None:
    with database_away():
        for alarm_id in ("a1", "a2"):
            raise_alarm(alarms.alarm(alarm_id, conversation="one chat"))
        raise_alarm(alarms.alarm("a3"))
        work()
        work()
    assert sorted(called(inbox)) == ["a1", "a3"]
    work()
    assert sorted(called(inbox)) == ["a1", "a3"]
    assert alarms.alert("a1").repeats == 1


def test_if_the_on_call_system_is_down_too_it_is_told_as_soon_as_it_answers(
    inbox: Inbox,
) -> None:
    raise_alarm(alarms.alarm())
    inbox.failing = True
    with database_away():
        work()
        assert alert_spool().noted("a1") == []
        inbox.failing = False
        work()
        assert called(inbox) == ["a1"]


# Whoever is left


class Rounds:
    """Ends the second sender after so many looks, without waiting; ``then`` runs before each."""

    def __init__(self, count: int, then: Callable[[int], object] = lambda at: None) -> None:
        self.left, self.count, self.then = count, count, then

    def wait(self, _seconds: float) -> bool:
        self.then(self.count - self.left)
        self.left -= 1
        return self.left < 0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy in which the worker is missed at once."""
    monkeypatch.setenv("CARA_WORKER_SILENCE", "0.000001")
    settings.cache_clear()


class Watch:
    """A stopwatch that a test moves on."""

    def __init__(self) -> None:
        self.read = 1_000.0

    def monotonic(self) -> float:
        return self.read

    def passes(self, *seconds: float) -> Callable[[int], None]:
        """So many seconds before each look."""

        def then(at: int) -> None:
            self.read += sum(seconds[at : at + 1])

        return then


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr(second, "time", made)
    return made


@pytest.mark.parametrize(("last", "told"), [(4.0, []), (6.0, ["a1"])])
def test_a_worker_is_missed_a_minute_after_its_last_sign_and_not_before(
    inbox: Inbox, watch: Watch, last: float, told: list[str]
) -> None:
    raise_alarm(alarms.alarm())
    touch()
    stand_in(Rounds(2, watch.passes(55, last)))  # type: ignore[arg-type]
    assert called(inbox) == told


@pytest.mark.parametrize("hours", [-3, 1])
def test_a_worker_that_is_dead_is_missed_whatever_became_of_the_clock(
    inbox: Inbox, watch: Watch, hours: int
) -> None:
    """Its last sign may lie in the future then, and the entry on the spool as well."""
    raise_alarm(alarms.alarm())
    touch()
    moved = (time.time() + hours * 3600,) * 2
    for each in (sign_of_life(), alert_spool().folder / "a1.entry"):
        os.utime(each, moved)
    stand_in(Rounds(1, watch.passes(61)))  # type: ignore[arg-type]
    assert called(inbox) == ["a1"]


@pytest.mark.usefixtures("impatient")
def test_another_process_tells_people_where_the_worker_is_silent(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    raise_alarm(alarms.alarm())
    stand_in(Rounds(3))  # type: ignore[arg-type]
    assert called(inbox) == ["a1"]
    assert caplog.text.count("the worker is silent") == 1


@pytest.mark.usefixtures("impatient")
def test_it_tells_them_though_a_worker_that_hangs_still_holds_the_spool(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    with alert_spool().taking():
        stand_in(Rounds(3))  # type: ignore[arg-type]
    assert called(inbox) == ["a1"]


@pytest.mark.usefixtures("impatient")
def test_it_keeps_still_while_the_worker_lives(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    touch()

    def gives_a_sign(at: int) -> None:
        os.utime(sign_of_life(), (1_000 + at,) * 2)

    stand_in(Rounds(3, gives_a_sign))  # type: ignore[arg-type]
    assert called(inbox) == []


def test_it_gives_a_worker_that_has_yet_to_start_its_time(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    stand_in(Rounds(3))  # type: ignore[arg-type]
    assert called(inbox) == []


@pytest.mark.usefixtures("impatient")
def test_it_outlives_a_round_that_fails(inbox: Inbox) -> None:
    raise_alarm(alarms.alarm())
    lock = alert_spool().folder / "lock"
    lock.mkdir()
    stand_in(Rounds(3, lambda at: lock.rmdir() if at == 2 else None))  # type: ignore[arg-type]
    assert called(inbox) == ["a1"]


def test_two_who_stand_in_at_once_do_not_send_twice(inbox: Inbox) -> None:
    """That another one has just taken the entry in is not a database that is away."""
    entry = alarms.entry()

    def other() -> None:
        with transaction() as session:
            take_in(session, entry)

    with alarms.meanwhile("INSERT INTO", other):
        work(standing_in=True)
    work()
    assert called(inbox) == ["a1"]
    assert alert_spool().waiting() == []


# The process


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """The worker as the supervisor starts it."""
    process = subprocess.Popen([sys.executable, "-m", "cli.worker"], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def test_the_workers_process_tells_people_and_ends_when_asked(inbox: Inbox) -> None:
    with worker() as process:
        raise_alarm(alarms.alarm())
        assert inbox.wait(lambda: len(inbox.calls) == 1, 60)
        assert last_sign()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert alert_spool().waiting() == []
    assert ("webhook", SENT, 1) in standing()


def test_after_a_worker_was_killed_the_next_goes_on(inbox: Inbox) -> None:
    with worker():
        raise_alarm(alarms.alarm("a1"))
        assert inbox.wait(lambda: len(inbox.calls) == 1, 60)
    with worker():
        raise_alarm(alarms.alarm("a2"))
        assert inbox.wait(lambda: "a2" in called(inbox), 60)
