"""Of two Rasa processes one is killed: nobody in a conversation notices, and it comes back."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.faults.test_crisis_answers import ready
from tests.journeys import running
from tests.journeys.coordinator import wait_until
from tests.journeys.people import Chat
from tests.journeys.running import Copy

PEOPLE = 6


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy with two Rasa processes."""
    folder = tmp_path_factory.mktemp("two") / "data"
    started = running.start(folder, {"CARA_RASA_PROCESSES": "2"})
    yield started
    running.stop(started)


def rasas(copy: Copy) -> list[psutil.Process]:
    children = psutil.Process(copy.process.pid).children(recursive=True)
    return [each for each in children if "rasa run" in " ".join(each.cmdline())]


def cards(chat: Chat, said: str) -> bool:
    return "listing" in {message["kind"] for message in chat.say(said)}


def test_who_talks_while_one_dies_is_answered_by_the_other(two: Copy) -> None:
    with two.client() as http:
        chats = [Chat.begin(http, site="hampshire", audience="participant") for _ in range(PEOPLE)]
        assert all(cards(chat, "I drink too much") for chat in chats)
        first, second = rasas(two)
        first.kill()
        first.wait(10)
        # Each goes on where it was: the tracker is shared, and "nearer" is about what was shown.
        assert all(cards(chat, "I drink too much, what else is there") for chat in chats)
        assert second.is_running()
    wait_until(lambda: ready(two), 120)
    assert len(rasas(two)) == 2
