"""The database server restarts: in turns, in a submit, and while a letter is handed over.

PostgreSQL with a folder of its own, restarted as an administrator does it (``fast``: whoever is in
the middle is cut off) and as a crash is (``immediate``: nothing is written down first).
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx
import psutil
import pytest

from core.settings import ROOT
from tests.faults.conftest import name_people
from tests.faults.receivers import Inbox, on_call
from tests.faults.servers import OURS, TRACKER, Server, own_server
from tests.faults.shape import wait_until
from tests.faults.test_crisis_answers import LONGEST, answer_times, p99, ready
from tests.faults.test_killed_in_the_middle import STRUCK, Blow, Persistent, at_each
from tests.journeys import running
from tests.journeys.people import (
    Chat,
    Message,
    answer_all_criteria,
    cards,
    fill_in_booking,
    reference_in,
    words_of,
)
from tests.journeys.running import Copy, environment

WAYS = ("fast", "immediate")
PEOPLE = 4
DANGERS = 100
WHO = {"site": "hampshire", "audience": "participant"}
ALARM = "I am going to kill myself tonight"
AWAY = "I cannot answer just now."


@dataclass
class Striking(Inbox):
    """An on-call system at whose next call something happens before it answers."""

    strike: Callable[[], None] | None = None

    def arrived(self, add: Callable[[], None]) -> None:
        super().arrived(add)
        strike, self.strike = self.strike, None
        if strike:
            strike()


@pytest.fixture(scope="module")
def inbox() -> Striking:
    return Striking()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as made:
        yield made


@pytest.fixture(scope="module")
def told(
    server: Server, inbox: Striking, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """What the copy is told: its server, and a site whose alerts go to an on-call system."""
    sites = tmp_path_factory.mktemp("sites") / "sites"
    shutil.copytree(ROOT / "sites", sites)
    with on_call(inbox) as webhook:
        name_people(sites / "hampshire/site.yml", webhook)
        yield {
            "CARA_SITES_DIR": str(sites),
            "CARA_WEBHOOK_SECRET": "a secret between us and the on-call system",
            "CARA_DATABASE_URL": server.url(OURS),
            "CARA_TRACKER_URL": server.url(TRACKER),
        }


@pytest.fixture(scope="module")
def started(told: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = running.start(tmp_path_factory.mktemp("restarted"), told)
    yield copy
    running.stop(copy)


@pytest.fixture
def copy(started: Copy) -> Iterator[Copy]:
    """The copy, well before and after; no part of it ended, and nobody started anything by hand."""
    before = parts(started)
    wait_until(lambda: ready(started), "it is ready")
    with started.client() as http:
        wait_until(lambda: bool(cards(begun(http).say("I drink too much"))), "it answers")
    yield started
    wait_until(lambda: ready(started), "it is ready again")
    assert parts(started) == before


def parts(copy: Copy) -> set[int]:
    """The processes of a copy, of which the supervisor starts anew what ends."""
    return {child.pid for child in psutil.Process(copy.process.pid).children()}


def begun(http: httpx.Client) -> Chat:
    return Chat.begin(http, **WHO)


def is_plain(messages: list[dict[str, Any]]) -> bool:
    """The sentence that we cannot answer just now, with numbers to ring."""
    return len(messages) == 1 and all(n in words_of(messages) for n in ("116 123", "999"))


# Turns


@pytest.mark.parametrize("way", WAYS)
def test_everybody_is_answered_while_it_restarts_and_the_chat_goes_on(
    copy: Copy, server: Server, way: str
) -> None:
    back = Event()

    def talk(chat: Chat) -> list[bool]:
        """Whether each turn meanwhile got cards; every other answer is the plain sentence."""
        found = []
        while not back.is_set():
            found.append(helped(chat))
        return found

    with copy.client() as http, ThreadPoolExecutor(PEOPLE) as pool:
        chats = [begun(http) for _ in range(PEOPLE)]
        talking = [pool.submit(talk, chat) for chat in chats]
        try:
            server.restart(way)
        finally:
            back.set()
        turns = [turn for each in talking for turn in each.result()]
        after = [helped(chat) for chat in chats for _ in range(2)]
        print(f"{way}: {turns.count(False)} plain sentences of {len(turns)}, {after} after it")
        # Rasa may find out once for each of its connections.
        assert after.count(False) <= 2
        assert all(helped(chat) for chat in chats)


def helped(chat: Chat) -> bool:
    said = chat.say("I drink too much")
    assert cards(said) or is_plain(said), words_of(said)
    return bool(cards(said))


@pytest.mark.parametrize("way", WAYS)
def test_danger_is_answered_from_memory_and_kept_once_it_is_back(
    copy: Copy, server: Server, inbox: Striking, way: str
) -> None:
    before = len(inbox.calls)
    with copy.client() as http:
        chat, other = begun(http), begun(http)
        with server.away(way):
            times = answer_times(lambda text: chat.post({"text": text}), DANGERS)
            assert is_plain(other.say("I drink too much"))
            assert inbox.wait(lambda: len(inbox.calls) > before, 45), "nobody was told meanwhile"
        print(f"{way}: danger answered in {p99(times):.3f} s (99 of 100) without a server")
        assert p99(times) <= LONGEST
        wait_until(lambda: kept(server, chat) == DANGERS, "what was said is kept", 60)
        wait_until(lambda: bool(cards(other.say("I drink too much"))), "it goes on", 60)


def kept(server: Server, chat: Chat) -> int:
    """How many messages of this person the database has."""
    asked = "SELECT count(*) FROM chat_message WHERE sender = 'person' AND conversation_id = %s"
    return int(server.ask(asked, chat.id))


# A referral


@dataclass
class Restarting(Persistent):
    """An officer who does not give up, and a server that restarts while turns are answered."""

    server: Server | None = None
    way: str = ""

    def _strike(self, _blows: tuple[Blow, ...]) -> None:
        assert self.server
        self.server.restart(self.way)

    def _sent(self, body: dict[str, Any], key: str) -> list[Message] | None:
        """Where nobody could keep what "Try again" means the officer does the same again."""
        while replies := super()._sent(body, key):
            if not replies[0]["text"].startswith(AWAY) or replies[0].get("choices"):
                return replies
            self.plain += 1
            key = uuid.uuid4().hex
            Event().wait(0.1)
        return replies


@pytest.mark.parametrize("way", WAYS)
def test_a_referral_is_finished_and_sent_once(
    copy: Copy, server: Server, told: Mapping[str, str], way: str
) -> None:
    waiting = "SELECT count(*) FROM referral WHERE status = 'awaiting_authority'"
    before, restarts = server.ask(waiting), server.restarts
    with copy.client() as http:
        officer = Restarting.begin(http, token(copy, told), site="hampshire", audience="officer")
        assert isinstance(officer, Restarting)
        officer.server, officer.way, officer.blows = server, way, at_each()
        officer.choose("Start a referral")
        answer_all_criteria(officer)
        fill_in_booking(officer)
        officer.strike_soon()
        reference = reference_in(officer.choose("Confirm and send"))
        for timer in officer.timers:
            timer.join()
    assert server.restarts - restarts == len(STRUCK)
    assert server.ask("SELECT count(*) FROM referral WHERE reference = %s", reference) == 1
    assert server.ask(waiting) == before + 1
    print(
        f"{way}: {officer.plain} plain sentences, {officer.unanswered} calls without an answer;"
        " sent once"
    )


def token(copy: Copy, told: Mapping[str, str]) -> str:
    """An officer's, from the command line on the same server."""
    done = subprocess.run(
        [ROOT / ".venv/bin/cara", "token", "--role", "officer", "--site", "hampshire"],
        env=environment(copy.data_dir, 0) | dict(told),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# A letter


@pytest.mark.parametrize("way", WAYS)
def test_each_alert_leaves_once_though_it_restarts_while_one_is_handed_over(
    copy: Copy, server: Server, inbox: Striking, way: str
) -> None:
    before = len(inbox.calls)
    with copy.client() as http:
        chats = [begun(http) for _ in range(PEOPLE)]
        inbox.strike = lambda: server.restart(way)
        assert all(chat.say(ALARM) for chat in chats)
    assert inbox.wait(lambda: len(inbox.calls) >= before + PEOPLE, 60)
    all_left(server)
    assert repeats(inbox, before) == 0
    assert len(inbox.calls) == before + PEOPLE


@pytest.mark.parametrize("way", WAYS)
def test_where_nobody_could_note_that_it_left_the_receiver_knows_the_second_copy(
    copy: Copy, server: Server, inbox: Striking, way: str
) -> None:
    before = len(inbox.calls)
    with copy.client() as http:
        chat = begun(http)
        inbox.strike = lambda: server.stop(way)
        assert chat.say(ALARM)
        wait_until(lambda: not ready(copy), "the server is gone", 60)
        refused = http.post("/api/v1/conversations", json=WHO)
        server.start()
    assert refused.status_code == 503
    assert "116 123" in refused.text
    all_left(server)
    print(f"{way}: {repeats(inbox, before)} came a second time, under the same key")
    assert len(inbox.calls) > before
    assert repeats(inbox, before) <= 1


def all_left(server: Server) -> None:
    waits = "SELECT count(*) FROM outbox WHERE kind = 'webhook' AND status <> 'sent'"
    wait_until(lambda: server.ask(waits) == 0, "everything has left", 90)


def repeats(inbox: Striking, since: int) -> int:
    """How many calls were copies; fails where one letter has two keys."""
    calls = inbox.calls[since:]
    keys = [call["headers"]["Idempotency-Key"] for call in calls]
    assert len(set(keys)) == len({call["body"]["id"] for call in calls})
    return len(keys) - len(set(keys))
