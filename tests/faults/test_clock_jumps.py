"""The clock of the day jumps under running processes: forwards, back, and over the autumn's change.

Rasa hears nothing of ours and keeps the true clock, so the clock of a whole copy is never behind
that: it is set back to the truth from an hour ahead.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from accounts.web.session import COOKIE
from core.clock import LONDON
from core.database import transaction
from core.settings import ROOT
from outreach.sending import last_sign
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, Asked, Reach
from outreach.texts.journey import GRACE, HELLO, Planned, plan
from outreach.texts.tables import Message
from referrals.transitions import Status
from tests.faults.clocks import HOUR, Clock, summer_ends
from tests.faults.conftest import name_people
from tests.faults.receivers import on_call
from tests.faults.shape import wait_until
from tests.faults.test_crisis_answers import paused, ready
from tests.faults.test_database_restarted import Striking
from tests.journeys import running
from tests.journeys.people import Chat, cards, words_of
from tests.journeys.running import Copy
from tests.unit.conftest import data_dir, migrated_file, sqlite  # noqa: F401 - fixtures
from tests.unit.test_moving import at
from tests.unit.text_standins import StandIn, carried_by

NONE = timedelta()
# Where the clock stands before and after, by the true one.
JUMPS = {"three hours forwards": (NONE, 3 * HOUR), "an hour back": (HOUR, NONE)}
ALARM = "I am going to kill myself tonight"
WHO = {"site": "hampshire", "audience": "participant"}
TOLD_WITHIN = 45.0
# A worker that is silent so long is stood in for.
SILENCE = 3
LINKS = 120
CLOSED = "There is no such conversation."


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def inbox() -> Striking:
    return Striking()


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, inbox: Striking
) -> Iterator[Copy]:
    sites = tmp_path_factory.mktemp("sites") / "sites"
    shutil.copytree(ROOT / "sites", sites)
    with on_call(inbox) as webhook:
        name_people(sites / "hampshire/site.yml", webhook)
        more = {
            "CARA_SITES_DIR": str(sites),
            "CARA_WEBHOOK_SECRET": "a secret between us and the on-call system",
            "CARA_WORKER_SILENCE": str(SILENCE),
        }
        copy = running.start(tmp_path_factory.mktemp("jumping"), clock.told() | more)
        yield copy
        running.stop(copy)


@pytest.fixture
def copy(started: Copy, clock: Clock) -> Iterator[Copy]:
    """The copy, well before and after, by the true clock."""
    wait_until(lambda: ready(started), "it is ready")
    yield started
    clock.ahead(NONE)
    wait_until(lambda: ready(started), "it is ready again")


@pytest.fixture
def http(copy: Copy) -> Iterator[httpx.Client]:
    with copy.client() as client:
        yield client


def told_of(inbox: Striking, since: int) -> list[str]:
    """The keys of the letters since then, each as often as it came.

    Without those that tell more people: nobody knows how long an alert waited by such a clock.
    """
    calls = [call for call in inbox.calls[since:] if not call["body"]["escalated"]]
    return [str(call["headers"]["Idempotency-Key"]) for call in calls]


def arrives(inbox: Striking, since: int) -> None:
    assert inbox.wait(lambda: bool(told_of(inbox, since)), TOLD_WITHIN), "nobody was told"


# A conversation


@pytest.mark.parametrize("jump", JUMPS)
def test_a_chat_goes_on_and_the_same_message_is_answered_once(
    clock: Clock, http: httpx.Client, jump: str
) -> None:
    first, then = JUMPS[jump]
    clock.ahead(first)
    chat, key = Chat.begin(http, **WHO), {"Idempotency-Key": uuid.uuid4().hex}
    said = chat.post({"text": "I drink too much"}, **key).json()
    clock.ahead(then)
    assert chat.post({"text": "I drink too much"}, **key).json() == said
    assert cards(chat.say("what else is there"))
    assert persons(chat) == ["I drink too much", "what else is there"]


def persons(chat: Chat) -> list[str]:
    held = chat.http.get(
        f"/api/v1/conversations/{chat.id}/messages",
        headers={"Authorization": f"Bearer {chat.token}"},
    ).json()["messages"]
    return [each["text"] for each in held if each["from"] == "person"]


def test_a_chat_that_a_clock_closed_says_so_and_goes_on_when_the_clock_is_right(
    clock: Clock, http: httpx.Client, copy: Copy, inbox: Striking
) -> None:
    chat, before = Chat.begin(http, **WHO), len(inbox.calls)
    clock.ahead(25 * HOUR)
    closed = chat.post({"text": "I drink too much"})
    assert closed.status_code == 404
    assert closed.json()["error"]["message"] == CLOSED
    assert "116 123" in chat.post({"text": ALARM}).text
    # Whoever is told of it is told now, and not in the middle of another test.
    arrives(inbox, before)
    wait_until(lambda: not waits(copy), "it is noted", TOLD_WITHIN)
    clock.ahead(NONE)
    assert cards(chat.say("I drink too much"))


def test_a_chat_goes_on_over_the_hour_that_comes_twice(
    clock: Clock, http: httpx.Client, copy: Copy, inbox: Striking
) -> None:
    before, change = len(inbox.calls), summer_ends(datetime.now(UTC).year + 1)
    clock.says(change - timedelta(seconds=3))
    chat = Chat.begin(http, **WHO)
    assert cards(chat.say("I drink too much"))
    clock.says(change + timedelta(seconds=3))
    assert cards(chat.say("what else is there"))
    assert "116 123" in words_of(chat.say(ALARM))
    arrives(inbox, before)
    clock.says(change + HOUR)
    assert chat.say("I use drugs")
    wait_until(lambda: not waits(copy), "it is noted", TOLD_WITHIN)
    assert len(told_of(inbox, before)) == 1


# Somebody in danger


@pytest.mark.parametrize("jump", JUMPS)
def test_a_letter_that_could_not_be_handed_over_does_not_wait_for_the_clock(
    clock: Clock, http: httpx.Client, copy: Copy, inbox: Striking, jump: str
) -> None:
    (first, then), before = JUMPS[jump], len(inbox.calls)
    clock.ahead(first)
    inbox.failing = True
    Chat.begin(http, **WHO).say(ALARM)
    wait_until(lambda: waits(copy, "trouble <> ''") > 0, "it was tried", TOLD_WITHIN)
    clock.ahead(then)
    inbox.failing = False
    arrives(inbox, before)
    wait_until(lambda: not waits(copy), "it is noted", TOLD_WITHIN)
    assert len(told_of(inbox, before)) == 1


def waits(copy: Copy, which: str = "TRUE") -> int:
    """How many calls of the on-call system wait."""
    with closing(sqlite3.connect(copy.data_dir / "cara.db", timeout=30)) as held:
        asked = "SELECT count(*) FROM outbox WHERE kind = 'webhook' AND status = 'waiting'"
        return int(held.execute(f"{asked} AND {which}").fetchone()[0])


@pytest.mark.parametrize("jump", JUMPS)
def test_another_process_sends_while_the_worker_hangs_whatever_the_clock_says(
    clock: Clock, http: httpx.Client, copy: Copy, inbox: Striking, jump: str
) -> None:
    """The worker's last sign, and the entry on the spool, may lie in the future then."""
    (first, then), before = JUMPS[jump], len(inbox.calls)
    clock.ahead(first)
    sign = (copy.data_dir / "worker.alive").stat().st_mtime
    wait_until(lambda: (copy.data_dir / "worker.alive").stat().st_mtime != sign, "a sign")
    with paused(copy, "cli.worker"):
        Chat.begin(http, **WHO).say(ALARM)
        clock.ahead(then)
        arrives(inbox, before)
    wait_until(lambda: not waits(copy), "it is noted", TOLD_WITHIN)
    assert len(told_of(inbox, before)) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_letter_in_a_dead_workers_hand_comes_again_under_its_key(
    clock: Clock, http: httpx.Client, copy: Copy, inbox: Striking, jump: str
) -> None:
    (first, then), before = JUMPS[jump], len(inbox.calls)
    clock.ahead(first)

    def dies() -> None:
        # Of an alert of an earlier test more people may be told first.
        if inbox.calls[-1]["body"]["escalated"]:
            inbox.strike = dies
            return
        copy.part("cli.worker").kill()
        clock.ahead(then)

    inbox.strike = dies
    Chat.begin(http, **WHO).say(ALARM)
    wait_until(lambda: inbox.strike is None, "the worker dies", TOLD_WITHIN)
    wait_until(lambda: not waits(copy), "it is noted", TOLD_WITHIN)
    told = told_of(inbox, before)
    assert len(set(told)) == 1
    assert len(told) <= 2


# Staff, and whoever is held back


def is_in(http: httpx.Client, secret: str) -> bool:
    answer = http.get("/alerts", headers={"cookie": f"{COOKIE}={secret}"})
    return answer.status_code == 200


@pytest.mark.parametrize("jump", JUMPS)
def test_a_session_ends_where_nobody_knows_how_long_it_lasted(
    clock: Clock, http: httpx.Client, copy: Copy, jump: str
) -> None:
    first, then = JUMPS[jump]
    clock.ahead(first)
    secret = copy.browser_session()
    assert is_in(http, secret)
    clock.ahead(then)
    assert not is_in(http, secret)
    again = copy.browser_session()
    assert is_in(http, again)
    clock.ahead(then + 12 * HOUR)
    assert not is_in(http, again)


def test_who_was_held_back_is_not_held_back_for_an_hour(clock: Clock, http: httpx.Client) -> None:
    clock.ahead(HOUR)
    asked = [http.get("/c/nothing").status_code for _ in range(LINKS + 1)]
    assert asked[-1] == 429
    clock.ahead(NONE)
    assert http.get("/c/nothing").status_code != 429


# Texts that we begin


@pytest.fixture
def provider(sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:  # noqa: F811
    with carried_by("notify", monkeypatch) as far:
        yield far


@contextmanager
def working(clock: Clock) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.worker"],
        cwd=ROOT,
        env=os.environ | clock.told(),
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(60)


def plan_hello(n: int, due: datetime) -> None:
    """For somebody who has been at both workshops and agreed."""
    yes = Asked(AFTER, agreed=True, words="May we?", language="en", asked_by="staff-1")
    case_id = at(Status.completed)
    with transaction() as session:
        reach = Reach("hampshire", case_id, f"+44770090046{n}", "private", "en")
        contact = contacts.keep(session, reach, [yes], key="1")
        plan(session, contact, [Planned(HELLO, str(n), due, due + GRACE)])


def texts() -> list[Message]:
    with transaction() as session:
        return list(session.scalars(select(Message).order_by(Message.occasion)))


def standings() -> list[str]:
    return [each.standing for each in texts()]


def looks_at(clock: Clock, moment: datetime) -> None:
    """It is that moment, and the worker has looked round more than once."""
    clock.says(moment)
    seen = moment.timestamp()

    def looked() -> bool:
        return seen + 2 <= last_sign() / 1e9 < seen + 120

    wait_until(looked, f"the worker looks round at {moment}", 60)


def test_texts_go_once_and_not_at_night_though_the_clock_jumps_and_summer_ends(
    provider: StandIn, tmp_path: Path
) -> None:
    clock = Clock(tmp_path)
    # The last autumn of all, so that nothing is past its time by now.
    sunday = summer_ends(datetime.now(UTC).year - 1).astimezone(LONDON)
    opens = sunday.replace(hour=9)
    night = opens - timedelta(hours=10)
    plan_hello(0, night)
    plan_hello(1, opens + timedelta(minutes=5))
    clock.says(night - HOUR)
    with working(clock):
        # Forwards to where the first is due: at eleven at night it is put off until nine.
        clock.says(night + timedelta(minutes=5))
        wait_until(lambda: texts()[0].due_at == opens, "it is put off", 60)
        # Back and forwards through the night, and to the hour that comes twice.
        for moment in (night - HOUR, sunday - timedelta(minutes=1), opens - timedelta(minutes=9)):
            looks_at(clock, moment)
        assert not provider.texts
        clock.says(opens + timedelta(minutes=1))
        wait_until(lambda: standings() == ["sent", "planned"], "the first is sent", 60)
        looks_at(clock, opens - HOUR)
        clock.says(opens + timedelta(minutes=6))
        wait_until(lambda: standings() == ["sent", "sent"], "the other is sent", 60)
        # An hour back, and over the same moments again.
        for moment in (opens - HOUR, opens + timedelta(minutes=1), opens + timedelta(minutes=6)):
            looks_at(clock, moment)
    assert Counter(each["phone_number"] for each in provider.texts) == Counter(
        {"+447700900460": 1, "+447700900461": 1}
    )
