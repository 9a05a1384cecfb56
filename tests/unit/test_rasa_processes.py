"""Several Rasa processes over HTTP: a conversation keeps to one; a dead one is passed over."""

from __future__ import annotations

import json
import socket
import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import numpy as np
import pytest

from bot.channels import rasa_client
from bot.channels.rasa_client import RasaAwayError, RasaProcesses
from bot.safety import screen

pytestmark = pytest.mark.usefixtures("sqlite")
CHATS = [f"chat-{number}" for number in range(60)]


@dataclass
class Process:
    """A stand-in for one Rasa process: how many turns it was asked, and whether it answers."""

    url: str
    asked: list[str] = field(default_factory=list)
    bodies: list[dict[str, str]] = field(default_factory=list)
    hangs: bool = False
    model: bool = True
    let_go: Event = field(default_factory=Event)


@contextmanager
def serving() -> Iterator[Process]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            process.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            process.asked.append(self.path)
            if process.hangs:
                process.let_go.wait(20)
            self._say({"utterances": [{"by": process.url}]})

        def do_GET(self) -> None:
            self._say({"model": process.model})

        def _say(self, told: object) -> None:
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    process = Process(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield process
    finally:
        process.let_go.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def three() -> Iterator[list[Process]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving()) for _ in range(3)]


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def answered_by(rasas: RasaProcesses, chat: str) -> str:
    (told,) = rasas.turn("hello", {"sender": chat})
    return str(told["by"])


def test_a_conversation_keeps_to_one_and_they_share_the_work(three: list[Process]) -> None:
    urls = [each.url for each in three]
    first = {chat: answered_by(RasaProcesses(urls), chat) for chat in CHATS}
    # Another web process with the addresses in another order, and the next turn of each.
    again = RasaProcesses(urls[::-1])
    assert {chat: answered_by(again, chat) for chat in CHATS} == first
    assert all(len(each.asked) > len(CHATS) * 2 / 3 / 3 for each in three)


def test_one_more_process_moves_few_conversations(three: list[Process]) -> None:
    urls = [each.url for each in three]
    two = {chat: answered_by(RasaProcesses(urls[:2]), chat) for chat in CHATS}
    now = {chat: answered_by(RasaProcesses(urls), chat) for chat in CHATS}
    moved = [chat for chat in CHATS if now[chat] != two[chat]]
    assert {now[chat] for chat in moved} == {urls[2]}
    assert len(moved) < len(CHATS) / 2


def test_where_nobody_listens_the_next_one_answers(three: list[Process]) -> None:
    rasas = RasaProcesses([free_address(), three[0].url])
    assert {answered_by(rasas, chat) for chat in CHATS} == {three[0].url}


def test_a_turn_that_may_have_begun_is_not_begun_elsewhere(
    three: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rasa_client, "LONGEST_WAIT", 0.3)
    urls = [each.url for each in three]
    theirs = answered_by(RasaProcesses(urls), "chat-1")
    (hung,) = [each for each in three if each.url == theirs]
    hung.hangs = True
    before = sum(len(each.asked) for each in three)
    with pytest.raises(RasaAwayError):
        RasaProcesses(urls).turn("hello", {"sender": "chat-1"})
    assert sum(len(each.asked) for each in three) == before + 1


def test_where_none_listens_it_is_away() -> None:
    with pytest.raises(RasaAwayError):
        RasaProcesses([free_address(), free_address()]).turn("hello", {"sender": "chat-1"})


def test_each_process_is_told_by_itself_and_is_there_when_it_has_its_model(
    three: list[Process],
) -> None:
    rasas = RasaProcesses([each.url for each in three] + [free_address()])
    three[1].model = False
    assert rasas.answering() == [True, False, True, False]


def test_where_every_place_is_taken_the_next_is_told_at_once(
    three: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rasa_client, "MOST_AT_ONCE", 3)
    process = three[0]
    process.hangs = True
    rasas = RasaProcesses([process.url])
    with ThreadPoolExecutor(3) as people:
        waiting = [people.submit(answered_by, rasas, chat) for chat in CHATS[:3]]
        until = time.monotonic() + 10
        while len(process.asked) < 3:
            assert time.monotonic() < until
        with pytest.raises(RasaAwayError):
            answered_by(rasas, "one more")
        assert len(process.asked) == 3, "Rasa heard of a turn that nobody waits for"
        process.let_go.set()
        assert {each.result() for each in waiting} == {process.url}
    assert answered_by(rasas, "one more") == process.url


def test_what_the_screen_found_a_message_to_mean_is_told_with_it(three: list[Process]) -> None:
    processes = RasaProcesses([three[0].url])
    said = "I drink too much these days"
    screen(said)
    for text in (said, "somebody drinks too much these days"):
        processes.turn(text, {"sender": "chat"})
    heard, masked = three[0].bodies
    told = np.frombuffer(b64decode(heard["meaning"]), dtype="<f4")
    assert (heard["text"], told.shape) == (said, (512,))
    assert np.linalg.norm(told) == pytest.approx(1, abs=1e-3)
    # What was masked since then means something else.
    assert masked == {"text": "somebody drinks too much these days"}
