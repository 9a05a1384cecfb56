"""Parts come back by themselves: of two Rasa processes the one that ends, and whatever hangs."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from cli.parts import ACTIONS, WEB
from tests.faults.crowd import cards, participant, talking
from tests.faults.test_crisis_answers import ready
from tests.journeys import running
from tests.journeys.coordinator import wait_until
from tests.journeys.running import Copy

PEOPLE = 6
# Longer than the time between two signs of life (core/pulse.py).
HUNG_AFTER = 15
PARTS = (WEB, ACTIONS, "cli.worker", "rasa run")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy with two Rasa processes."""
    folder = tmp_path_factory.mktemp("two") / "data"
    started = running.start(folder, {"CARA_RASA_PROCESSES": "2"}, HUNG_AFTER)
    yield started
    running.stop(started)


def rasas(copy: Copy) -> list[psutil.Process]:
    children = psutil.Process(copy.process.pid).children(recursive=True)
    return [each for each in children if "rasa run" in " ".join(each.cmdline())]


def test_who_talks_while_one_is_asked_to_end_is_answered_by_the_other(two: Copy) -> None:
    with two.client() as http:
        chats = [participant(http) for _ in range(PEOPLE)]
        assert all(cards(chat, "I drink too much") for chat in chats)
        first, second = rasas(two)
        with talking(chats) as talkers:
            first.terminate()
            first.wait(30)
        print(f"{sum(not each.helped for each in talkers)} of {PEOPLE} met it")
        # Each goes on where it was: the tracker is shared, and "nearer" is about what was shown.
        assert all(cards(chat, "I drink too much, what else is there") for chat in chats)
        assert second.is_running()
    wait_until(lambda: ready(two), 120)
    assert len(rasas(two)) == 2


def test_what_hangs_and_nobody_wakes_is_ended_and_starts_again(two: Copy) -> None:
    with two.client() as http:
        chat = participant(http)
        assert cards(chat, "I drink too much")
        hung = [two.part(words) for words in PARTS]
        for each in hung:
            each.suspend()
        # Nobody sends them on: whoever tends them sees that they give no sign of life.
        for each in hung:
            each.wait(60)
        wait_until(lambda: ready(two), 120)
        assert cards(chat, "I drink too much, what else is there")
    assert {two.part(words).pid for words in PARTS}.isdisjoint(each.pid for each in hung)
