"""Both peers as their people meet them, over HTTP: what a turn is, and what it must bring."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import psutil

from tests.bench.turn.said import HELP
from tests.journeys.people import Chat, cards
from tests.journeys.running import Copy

PATIENCE_S = 120
# An answer to a criterion brings the next question, or reads back what was understood.
ASKED = ("question", "summary")
# Of the processor seconds that a process and its threads used: user and system.
CPU_PARTS = 2
# Each part by what stands in its command line.
NAMES = {
    "bot.web.app": "web",
    "actions.server": "actions",
    "cli.worker": "worker",
    "rasa_sdk": "actions",
    # What the SDK starts besides.
    "multiprocessing": "actions",
    "-m rasa run": "Rasa",
}


class Talk(Protocol):
    """One conversation."""

    def turn(self, text: str) -> bool:
        """Say it; whether the answer is the one that was asked for."""


class Peer(Protocol):
    """What is measured."""

    name: str

    def begin(self, http: httpx.Client, kind: str) -> Talk:
        """A conversation of this kind at the point where the first turn is timed."""

    def client(self) -> httpx.Client:
        """A client that keeps its connection."""

    def processes(self) -> Sequence[psutil.Process]:
        """Every process that it is made of."""


@dataclass
class Ours:
    """A whole copy, asked through its public interface."""

    copy: Copy
    token: str
    name: str = "ours"

    def begin(self, http: httpx.Client, kind: str) -> Talk:
        if kind == HELP:
            return _OurHelp(Chat.begin(http, site="hampshire", audience="participant"))
        chat = Chat.begin(http, self.token, site="hampshire", audience="officer")
        chat.choose("Start a referral")
        return _OurReferral(chat)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.copy.url, timeout=PATIENCE_S)

    def processes(self) -> Sequence[psutil.Process]:
        return whole(self.copy.process.pid)


@dataclass
class _OurHelp:
    chat: Chat

    def turn(self, text: str) -> bool:
        return bool(cards(_said(self.chat, text)))


@dataclass
class _OurReferral:
    chat: Chat

    def turn(self, text: str) -> bool:
        before = self.chat.question
        answer = _said(self.chat, text)
        return any(each["kind"] in ASKED and each["text"] != before for each in answer)


def _said(chat: Chat, text: str) -> list[dict[str, Any]]:
    """What was answered; nothing where the turn was refused, which counts as a failure."""
    answer = chat.post({"text": text})
    if answer.status_code != 200:
        return []
    messages: list[dict[str, Any]] = answer.json()["messages"]
    chat.messages = [*chat.messages[-8:], *messages]
    return messages


@dataclass
class Stock:
    """Rasa's own server and one action server, asked through the REST channel."""

    url: str
    pids: Sequence[int]
    name: str = "stock"

    def begin(self, http: httpx.Client, kind: str) -> Talk:
        if kind == HELP:
            return _StockTalk(http, "What next?")
        talk = _StockTalk(http, "What is known of the")
        talk.turn("/start_referral")
        return talk

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S)

    def processes(self) -> Sequence[psutil.Process]:
        return [each for pid in self.pids for each in whole(pid)]


@dataclass
class _StockTalk:
    http: httpx.Client
    wanted: str
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)

    def turn(self, text: str) -> bool:
        said = {"sender": self.sender, "message": text}
        answer = self.http.post("/webhooks/rest/webhook", json=said)
        return any(each.get("text", "").startswith(self.wanted) for each in answer.json())


def whole(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_of(peer: Peer) -> dict[str, float]:
    """Processor seconds that its processes have used so far, by part."""
    used: dict[str, float] = {}
    for each in peer.processes():
        line = " ".join(each.cmdline())
        part = next((name for words, name in NAMES.items() if words in line), "the rest")
        used[part] = used.get(part, 0.0) + sum(each.cpu_times()[:CPU_PARTS])
    return used


def memory_of(peer: Peer) -> dict[str, int]:
    """Bytes of each process: what it has to itself, and its share of what it holds with others."""
    return {
        f"{each.pid} {' '.join(each.cmdline())[:90]}": each.memory_full_info().pss
        for each in peer.processes()
    }
