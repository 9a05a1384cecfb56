"""A part dies, hangs or restarts in the middle of a referral: it goes on, and is sent just once.

What an officer's page does is done here too: where nobody answers, the same again under the same
key; where the plain sentence comes, "Try again".
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from threading import Event, Timer
from typing import Any

import httpx
import psutil
import pytest

from tests.faults.test_crisis_answers import ready
from tests.journeys.coordinator import wait_until
from tests.journeys.people import (
    Chat,
    Message,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
)
from tests.journeys.running import Copy

PATIENCE = 180.0
PARTS = {
    "web": "bot.web.app",
    "actions": "actions.server",
    "worker": "cli.worker",
    "rasa": "rasa run",
}
SENDING = 0
# Which turns are struck: two answers, a field of the booking, and the sending itself.
STRUCK = (5, 19, 30, SENDING)
# Seconds between the message and the blow: while it is on its way, in Rasa, in the action.
AFTER = (0.004, 0.015, 0.03, 0.05)
# Seconds. Rasa hangs for longer than a turn waits for it.
HANGS = {"web": 2.0, "actions": 2.0, "worker": 2.0, "rasa": 3.0}
TRY_AGAIN = "Try again"


@dataclass(frozen=True)
class Blow:
    """What is done to a part; one that is asked to end is started again as one that died is."""

    part: str
    signal: Signals


# The blows at each of a referral's turns.
Blows = Mapping[int, tuple[Blow, ...]]


@dataclass
class Persistent(Chat):
    """An officer who does not give up, and somebody who strikes parts while turns are answered."""

    copy: Copy | None = None
    blows: Blows = field(default_factory=dict)
    hit: set[str] = field(default_factory=set)
    turns: int = 0
    struck: int = 0
    plain: int = 0
    unanswered: int = 0
    timers: list[Timer] = field(default_factory=list)

    def _turn(self, body: dict[str, Any]) -> list[Message]:
        self.turns += 1
        if self.turns in self.blows:
            self.strike_soon(self.turns)
        until, key = time.monotonic() + PATIENCE, uuid.uuid4().hex
        while True:
            assert time.monotonic() < until, f"nobody answered {body}"
            replies = self._sent(body, key)
            # Nothing yet: the process that took it died, or still works on it.
            if not replies:
                self.unanswered += 1
                Event().wait(0.1)
                continue
            self.messages += replies
            again = _try_again(replies)
            if not again:
                return replies
            self.plain += 1
            # Nobody presses faster than they may (core/limiting.py).
            Event().wait(0.25)
            body, key = {"choice": again}, uuid.uuid4().hex

    def _sent(self, body: dict[str, Any], key: str) -> list[Message] | None:
        with suppress(httpx.TransportError):
            answer = self.post(body, **{"Idempotency-Key": key})
            if answer.status_code < 500:
                assert answer.status_code == 200, answer.text
                replies: list[Message] = answer.json()["messages"]
                return replies
        return None

    def strike_soon(self, turn: int = SENDING) -> None:
        """In a moment the blows of this turn fall, whatever the parts are at then."""
        timer = Timer(AFTER[self.struck % len(AFTER)], self._strike, [self.blows[turn]])
        self.struck += 1
        self.timers.append(timer)
        timer.start()

    def _strike(self, blows: tuple[Blow, ...]) -> None:
        for blow in blows:
            # It may not be back yet from the last one.
            with suppress(psutil.NoSuchProcess, AssertionError):
                self._hit(blow)

    def _hit(self, blow: Blow) -> None:
        assert self.copy
        process = self.copy.part(PARTS[blow.part])
        process.send_signal(blow.signal)
        self.hit.add(blow.part)
        if blow.signal == SIGSTOP:
            wakes = Timer(HANGS[blow.part], process.send_signal, [SIGCONT])
            self.timers.append(wakes)
            wakes.start()


def _try_again(replies: list[Message]) -> str:
    options = [option for each in replies for option in each.get("choices", [])]
    return next((str(each["choice"]) for each in options if each["label"] == TRY_AGAIN), "")


@pytest.fixture
def whole(faulty: Copy) -> Iterator[Copy]:
    """The copy, well before and after."""
    wait_until(lambda: ready(faulty), PATIENCE)
    yield faulty
    wait_until(lambda: ready(faulty), PATIENCE)


def sent(copy: Copy) -> int:
    """How many referrals wait for an authoriser."""
    with closing(sqlite3.connect(copy.data_dir / "cara.db", timeout=30)) as held:
        count = held.execute("SELECT count(*) FROM referral WHERE status = 'awaiting_authority'")
        return int(count.fetchone()[0])


def at_each(*blows: Blow) -> Blows:
    """The same at every turn that is struck."""
    return dict.fromkeys(STRUCK, blows)


# The worker is in nobody's way, so it is struck beside another. Rasa loads for half a minute.
REFERRALS: dict[str, Blows] = {
    "web killed": at_each(Blow("web", SIGKILL)),
    "web hung, worker killed": at_each(Blow("web", SIGSTOP), Blow("worker", SIGKILL)),
    "actions killed": at_each(Blow("actions", SIGKILL)),
    "actions and worker hung": at_each(Blow("actions", SIGSTOP), Blow("worker", SIGSTOP)),
    "rasa killed": {SENDING: (Blow("rasa", SIGKILL),)},
    "rasa hung": {19: (Blow("rasa", SIGSTOP),), SENDING: (Blow("rasa", SIGSTOP),)},
    "each but rasa restarted": {
        5: (Blow("worker", SIGTERM),),
        19: (Blow("actions", SIGTERM),),
        SENDING: (Blow("web", SIGTERM),),
    },
}


@pytest.mark.parametrize("name", REFERRALS)
def test_a_referral_is_finished_and_sent_once(whole: Copy, name: str) -> None:
    before, blows = sent(whole), REFERRALS[name]
    with whole.client() as http:
        officer = Persistent.begin(http, whole.staff_token(), site="hampshire", audience="officer")
        assert isinstance(officer, Persistent)
        officer.copy, officer.blows = whole, blows
        officer.choose("Start a referral")
        answer_all_criteria(officer)
        fill_in_booking(officer)
        officer.strike_soon()
        reference = reference_in(officer.choose("Confirm and send"))
        for timer in officer.timers:
            timer.join()
    assert officer.struck == len(blows)
    assert officer.hit == {blow.part for each in blows.values() for blow in each}
    assert reference
    assert sent(whole) == before + 1
    print(
        f"{name}: {officer.plain} plain sentences, {officer.unanswered} calls without"
        " an answer; sent once"
    )
