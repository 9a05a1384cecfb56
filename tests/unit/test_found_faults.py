"""Faults found in alerts, outbox, spool and texts: each test fails until its fault is mended.

Then it belongs beside its neighbours in the file that is named above it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import event, text

from accounts.tables import Role
from bot.channels.incoming import ChatError
from bot.channels.texts import Inbound, number_of, take_text
from bot.live import problems_of
from core import outbox, senders
from core.database import engine, transaction
from core.outbox import Letter, deliver_due, post
from core.senders import call_webhook
from core.settings import ROOT, settings
from core.spool import alerts as alert_spool
from outreach import alerts
from outreach.alerts import TakenError, take_in
from outreach.entries import raise_alarm
from outreach.sending import drain, work
from outreach.tables import Alert, AlertStatus
from tests.unit import alarms
from tests.unit.alarms import MINUTES, Clock, tell

database = pytest.mark.usefixtures("database", "site")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        yield


# test_alerts.py


@database
def test_two_who_take_it_on_at_once_are_not_both_told_that_they_have_it() -> None:
    """Both have read it as open before either has written."""
    tell()
    with transaction() as late:
        seen_open = late.get_one(Alert, "a1")
        alarms.acknowledge()
        somebody = alarms.staff(late, Role.facilitator)
        with pytest.raises(TakenError):
            alerts.acknowledge(late, somebody, seen_open)


@database
def test_two_who_close_it_at_once_do_not_overwrite_each_other() -> None:
    tell()
    alarms.acknowledge()
    with transaction() as late:
        seen_taken = late.get_one(Alert, "a1")
        alarms.close(outcome="could_not_reach")
        with pytest.raises(TakenError):
            alerts.close(late, alarms.staff(late), seen_taken, "no_risk_found")


@database
def test_what_is_taken_on_in_the_last_moment_is_not_told_to_more_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the worker's look at what is late and its writing, somebody takes it on."""
    clock = Clock(monkeypatch)
    tell()
    clock.move(minutes=MINUTES)
    looks: list[str] = []

    def taken_meanwhile(_c: object, _cur: object, statement: str, *_about: object) -> None:
        if "alert.escalate_at <=" in statement and not looks:
            looks.append(statement)
            alarms.acknowledge()

    event.listen(engine(), "after_cursor_execute", taken_meanwhile)
    work()
    event.remove(engine(), "after_cursor_execute", taken_meanwhile)
    assert looks
    assert alarms.alert().status == AlertStatus.acknowledged
    assert alarms.REN["email"] not in alarms.told()


@database
def test_what_waits_is_listed_however_much_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with transaction() as session:
        alarms.staff(session).email = ""
    tell("waits")
    for at in range(200):
        clock.move(minutes=1 + at)
        with transaction() as session:
            take_in(session, alarms.entry(f"b{at}"))
            alerts.acknowledge(session, alarms.staff(session), session.get_one(Alert, f"b{at}"))
    with transaction() as session:
        listed = [each.id for each in alerts.alerts_of(session, alarms.staff(session))]
    assert listed[0] == "waits"


@database
def test_a_message_that_was_counted_is_not_counted_again() -> None:
    """The worker may die between the commit and the removal from the spool."""
    first, again = (alarms.entry(each, conversation="one chat") for each in ("a1", "a2"))
    for entry in (first, again, again):
        with transaction() as session:
            take_in(session, entry)
    assert alarms.alert().repeats == 1


@database
def test_nor_does_it_become_an_alert_of_its_own_once_the_first_is_taken_on() -> None:
    first, again = (alarms.entry(each, conversation="one chat") for each in ("a1", "a2"))
    for entry in (first, again):
        with transaction() as session:
            take_in(session, entry)
    alarms.acknowledge()
    with transaction() as session:
        take_in(session, again)
    assert alarms.count_alerts() == 1


@database
def test_no_alert_is_called_by_a_character_that_postgresql_refuses() -> None:
    with transaction() as session:
        assert alerts.alert_for(session, alarms.staff(session), "a\x00") is None


# test_alert_rounds.py


@database
@pytest.mark.parametrize("about", [{"site": "a_site_that_closed"}, {"kind": "a kind to come"}])
def test_an_entry_that_cannot_be_taken_in_holds_up_nobody(about: dict[str, str]) -> None:
    """Each round stops at it, the worker's process ends, and every alarm behind it waits."""
    raise_alarm(alarms.alarm("bad", **about))
    os.utime(alert_spool().folder / "bad.entry", (1_000, 1_000))
    raise_alarm(alarms.alarm("good"))
    work()
    assert alarms.alert("good").id == "good"


@database
def test_a_letter_whose_sender_breaks_holds_up_nobody() -> None:
    """A slip in an address of site.yml ends the worker's process, time after time."""
    with transaction() as session:
        broken = {"url": "http://on-call..hampshire.example/hook", "body": {}}
        post(session, Letter("webhook", "broken", broken), site="hampshire")
    tell()
    assert len([each for each in alarms.letters() if each.status == outbox.SENT]) == 2


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 64}.example/"])
def test_an_address_that_no_machine_has_is_tried_again(url: str) -> None:
    with pytest.raises(outbox.NotSentError):
        call_webhook(Letter("webhook", "one", {"url": url, "body": {}}))


def test_two_who_stand_in_at_once_do_not_send_twice(postgresql: str, site: None) -> None:
    """That another one has taken the entry in is not a database that is away."""
    raise_alarm(alarms.alarm())
    entry = alert_spool().read("a1")
    assert entry is not None
    sent: list[str] = []
    sending = {"email": lambda letter: sent.append(letter.key)}
    other = Thread(target=drain, args=(alert_spool(), sending))
    with transaction() as session:
        take_in(session, entry)
        other.start()
        until_it_waits()
    other.join()
    deliver_due(sending)
    assert len(sent) == len(set(sent))


def until_it_waits() -> None:
    """Until a statement of another connection waits for ours."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    until = time.monotonic() + 20
    with engine().connect() as looking:
        while not looking.execute(waits).scalar_one():
            looking.rollback()
            assert time.monotonic() < until


# test_outbox.py, test_senders.py


class Dripping:
    """An on-call system that answers with a byte now and then, until it is called once more."""

    def __init__(self) -> None:
        self.open, self.most, self.another, self.done = 0, 0, Event(), Event()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """A header each tenth of a second, for twelve seconds at the most."""
        self.open += 1
        self.most = max(self.most, self.open)
        if self.open > 1:
            self.another.set()
        handler.send_response(200)
        with suppress(OSError):
            for _ in range(120):
                if self.another.wait(0.1):
                    break
                handler.send_header("X-Drip", "x")
                handler.flush_headers()
            handler.end_headers()
        self.open -= 1
        self.done.set()


@database
def test_a_far_end_that_answers_too_slowly_is_not_called_twice_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim ends after 20 s, a call may last for ever: PATIENCE is the wait for each byte."""
    monkeypatch.setattr(senders, "PATIENCE", 3.0)
    monkeypatch.setattr(outbox, "CLAIM_LASTS", timedelta(seconds=6))
    far = Dripping()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            far.answer(self)

        def log_message(self, *_words: object) -> None:
            return

    def worker() -> None:
        while not far.done.wait(0.2):
            deliver_due(senders.senders())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}/"
    with transaction() as session:
        post(session, Letter("webhook", "one", {"url": url, "body": {}}), site="hampshire")
    threads = [Thread(target=each) for each in (server.serve_forever, worker, worker)]
    for each in threads:
        each.start()
    for each in threads[1:]:
        each.join()
    server.shutdown()
    threads[0].join()
    server.server_close()
    assert far.most == 1


# test_spool.py


def test_a_disk_that_is_full_is_not_filled_further_with_what_was_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    full = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "from core.spool import alerts\n"
        "for _ in range(5):\n"
        "    try: alerts().put('one', {'said': 'x'})\n"
        "    except OSError: pass\n"
    )
    subprocess.run([sys.executable, "-c", full], cwd=ROOT, check=True)
    assert [path.name for path in alert_spool().folder.iterdir()] == []


# test_texts.py, test_live.py


@pytest.mark.parametrize("number", ["07700", "85258", "12345"])
def test_what_nobody_could_text_back_to_is_no_number(number: str) -> None:
    """+4485258 is nobody's: a text from a short code would be answered to it."""
    assert number_of(number) is None


@database
def test_a_site_that_is_not_live_serves_nobody_by_text_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    with pytest.raises(ChatError) as refused:
        take_text(Inbound("test", "1", "07700 900461", "07700 900105", "I drink too much"))
    assert refused.value.code == "not_live"


def test_who_cannot_be_reached_is_nobody_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {"people": [{"name": "Ash Fenwick"}]}
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch, nobody):
        assert any("alerts" in each for each in problems_of("hampshire"))


@database
def test_in_production_the_demonstrations_people_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They may not sign in there, and their addresses are nobody's."""
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    tell()
    assert alarms.told() == [alarms.ASH["email"]]
