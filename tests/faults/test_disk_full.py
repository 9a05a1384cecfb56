"""No file takes another byte: danger is answered, people are told, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from accounts.web.session import COOKIE as STAFF
from tests.faults.receivers import Inbox
from tests.faults.test_crisis_answers import (
    LONGEST,
    TOLD_WITHIN,
    answer_times,
    p99,
    ready,
)
from tests.journeys.coordinator import wait_until
from tests.journeys.people import Chat, words_of
from tests.journeys.running import Copy

MESSAGES = 200
PARTS = ("bot.web.app", "cli.worker", "actions.server")


@contextmanager
def disk_full(copy: Copy) -> Iterator[None]:
    """As on a full disk, no file takes another byte: a limit of the kernel, which needs no root."""
    processes = [copy.part(words) for words in PARTS]
    before = [each.rlimit(psutil.RLIMIT_FSIZE) for each in processes]
    for each, (_, hard) in zip(processes, before, strict=True):
        each.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for each, limits in zip(processes, before, strict=True):
            each.rlimit(psutil.RLIMIT_FSIZE, limits)


def alerts_listed(copy: Copy) -> int:
    """How many alerts wait on the coordinator's page."""
    with copy.client() as http:
        signed_in = {"cookie": f"{STAFF}={copy.browser_session()}"}
        page = http.get("/alerts", headers=signed_in)
    assert page.status_code == 200
    return page.text.count("A life may be at risk")


def test_danger_is_answered_and_somebody_is_told_once(faulty: Copy, inbox: Inbox) -> None:
    listed = alerts_listed(faulty)
    before = len(inbox.calls)
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        with disk_full(faulty):
            times = answer_times(lambda text: chat.post({"text": text}), MESSAGES)
            assert inbox.wait(lambda: len(inbox.calls) > before, TOLD_WITHIN), "nobody was told"
            told = chat.say("I drink too much")
            assert "116 123" in words_of(told)
    print(f"disk full: web p99 {p99(times):.3f} s")
    assert p99(times) <= LONGEST
    wait_until(lambda: alerts_listed(faulty) > listed, TOLD_WITHIN)
    wait_until(lambda: ready(faulty), TOLD_WITHIN)
    keys = [each["headers"]["Idempotency-Key"] for each in inbox.calls[before:]]
    assert len(set(keys)) == len(keys), "somebody was told the same twice"


def test_what_the_disk_would_not_take_can_be_said_again_afterwards(faulty: Copy) -> None:
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        with disk_full(faulty):
            assert "999" in words_of(chat.say("I drink too much"))
        wait_until(lambda: ready(faulty), TOLD_WITHIN)
        assert "listing" in {each["kind"] for each in chat.say("I drink too much")}
