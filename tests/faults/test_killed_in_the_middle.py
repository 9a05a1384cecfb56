"""A part dies or hangs in the middle of a referral: the officer goes on, and it is sent just once.

What an officer's page does is done here too: where nobody answers, the same again under the same
key; where the plain sentence comes, "Try again".
"""

from __future__ import annotations

import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from threading import Event, Timer
from typing import Any

import httpx
import psutil
import pytest

from tests.faults.test_crisis_answers import ready, wait_until
from tests.journeys.people import (
    Chat,
    Message,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
)
from tests.journeys.running import Copy

PATIENCE = 90.0
PARTS = {"web": "bot.web.app", "actions": "actions.server", "worker": "cli.worker"}
# Which turns are struck: two answers, a field of the booking, and the sending itself (0).
STRUCK = (5, 19, 30, 0)
# Seconds between the message and the blow: while it is on its way, in Rasa, in the action.
AFTER = (0.004, 0.015, 0.03, 0.05)
HANGS = 2.0
TRY_AGAIN = "Try again"


@dataclass
class Persistent(Chat):
    """An officer who does not give up, and somebody who strikes a part while turns are answered."""

    copy: Copy | None = None
    part: str = ""
    blow: signal.Signals = signal.SIGKILL
    turns: int = 0
    struck: int = 0
    plain: int = 0
    unanswered: int = 0
    timers: list[Timer] = field(default_factory=list)

    def _turn(self, body: dict[str, Any]) -> list[Message]:
        self.turns += 1
        if self.turns in STRUCK:
            self.strike_soon()
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

    def strike_soon(self) -> None:
        """In a moment the part is struck, whatever it is at then."""
        timer = Timer(AFTER[self.struck % len(AFTER)], self._strike)
        self.struck += 1
        self.timers.append(timer)
        timer.start()

    def _strike(self) -> None:
        assert self.copy
        with suppress(psutil.NoSuchProcess, AssertionError):
            process = self.copy.part(PARTS[self.part])
            process.send_signal(self.blow)
            if self.blow == signal.SIGSTOP:
                wakes = Timer(HANGS, process.send_signal, [signal.SIGCONT])
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


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("part", PARTS)
def test_a_referral_is_finished_and_sent_once(whole: Copy, part: str, blow: signal.Signals) -> None:
    before = sent(whole)
    with whole.client() as http:
        officer = Persistent.begin(http, whole.staff_token(), site="hampshire", audience="officer")
        assert isinstance(officer, Persistent)
        officer.copy, officer.part, officer.blow = whole, part, blow
        officer.choose("Start a referral")
        answer_all_criteria(officer)
        fill_in_booking(officer)
        officer.strike_soon()
        reference = reference_in(officer.choose("Confirm and send"))
        for timer in officer.timers:
            timer.join()
    assert officer.struck == len(STRUCK)
    assert reference
    assert sent(whole) == before + 1
    print(
        f"{part} {blow.name}: {officer.plain} plain sentences, {officer.unanswered} calls without"
        " an answer; sent once"
    )
