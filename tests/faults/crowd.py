"""Those who talk to the shape of production: people in a chat, many at once, and what they take."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event

import httpx
import psutil

from bot.channels.rasa_client import RasaProcesses
from tests.bench.turn.said import HELP, SAID
from tests.faults.shape import PATIENCE, TICK, Shape, wait_until
from tests.journeys.people import Chat

# Who asks how often.
CROWD, TURNS = 12, 4
RASAS = ("rasa-1", "rasa-2")


def participant(http: httpx.Client) -> Chat:
    return Chat.begin(http, site="hampshire", audience="participant")


def cards(chat: Chat, said: str) -> bool:
    return "listing" in {message["kind"] for message in chat.say(said)}


# Who goes on talking, whatever happens meanwhile


@dataclass
class Talker:
    """Somebody whose page asks the same again, under the same key, where nobody has answered."""

    chat: Chat
    turns: int = 0
    kinds: list[set[str]] = field(default_factory=list)
    unanswered: int = 0

    def talk(self, over: Event) -> None:
        """Turn after turn, until it is over."""
        while not over.is_set():
            key, until = uuid.uuid4().hex, time.monotonic() + PATIENCE
            while not (kinds := self._asked(key)):
                assert time.monotonic() < until, "nobody answered"
                self.unanswered += 1
                over.wait(TICK)
            self.kinds.append(kinds)
            self.turns += 1

    def _asked(self, key: str) -> set[str]:
        with suppress(httpx.TransportError):
            answer = self.chat.post({"text": "I drink too much"}, **{"Idempotency-Key": key})
            assert answer.status_code in (200, 502, 503, 504), answer.text
            if answer.status_code == 200:
                return {each["kind"] for each in answer.json()["messages"]}
        return set()

    @property
    def helped(self) -> bool:
        """Whether every turn brought help."""
        return all("listing" in kinds for kinds in self.kinds)

    def kept(self) -> int:
        """How often the person has said something, by the record."""
        said = self.chat.http.get(
            f"/api/v1/conversations/{self.chat.id}/messages",
            headers={"Authorization": f"Bearer {self.chat.token}"},
        ).json()["messages"]
        return [each["from"] for each in said].count("person")


@contextmanager
def talking(chats: Sequence[Chat]) -> Iterator[list[Talker]]:
    """They are in the middle of turns, and each has two more answered after the block.

    None of their turns is lost, or taken twice.
    """
    over, talkers = Event(), [Talker(chat) for chat in chats]
    before = [each.kept() for each in talkers]
    with ThreadPoolExecutor(len(talkers)) as pool:
        under_way = [pool.submit(each.talk, over) for each in talkers]
        try:
            further(talkers, under_way, 1)
            yield talkers
            further(talkers, under_way, 2)
        finally:
            over.set()
        for each in under_way:
            each.result()
    said = [each.kept() - one for each, one in zip(talkers, before, strict=True)]
    assert said == [each.turns for each in talkers]


def further(talkers: Sequence[Talker], under_way: Sequence[Future[None]], turns: int) -> None:
    """Wait until each has had so many more turns, or one has given up."""
    wanted = [each.turns + turns for each in talkers]

    def had() -> bool:
        enough = all(each.turns >= one for each, one in zip(talkers, wanted, strict=True))
        return enough or any(each.done() for each in under_way)

    wait_until(had, "everybody is answered")


# What turns take


@dataclass(frozen=True)
class Taken:
    """Turns that were answered with help, and what they took."""

    turns: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of processors for a turn."""
        return self.cpu / self.turns


def taken(copy: Shape, rasas: Sequence[str]) -> Taken:
    """Turns of people who ask at the same time, all of whom are with these Rasa."""
    idle = {name for name in RASAS if copy.rasa_url(name) not in rasas}
    with ExitStack() as stack, ThreadPoolExecutor(CROWD) as pool:
        clients = [stack.enter_context(copy.client()) for _ in range(CROWD)]
        chats = [
            each for some in zip(*with_each(copy, rasas, clients), strict=True) for each in some
        ]
        processes = copy.whole(without=idle)
        used, since = cpu(processes), time.perf_counter()
        turns = sum(pool.map(helped, chats))
        return Taken(turns, time.perf_counter() - since, cpu(processes) - used)


def with_each(
    copy: Shape, rasas: Sequence[str], clients: Sequence[httpx.Client]
) -> list[list[Chat]]:
    """As many people of each of these Rasa, which is else a matter of chance; of others none."""
    order = RasaProcesses(copy.environment["CARA_RASA_URL"].split(","))
    found: dict[str, list[Chat]] = {url: [] for url in rasas}
    free = list(clients)
    while free:
        chat = participant(free[-1])
        of_one = found.get(order._in_order(chat.id)[0].url)
        if of_one is not None and len(of_one) < len(clients) // len(rasas):
            of_one.append(chat)
            free.pop()
    return list(found.values())


def helped(chat: Chat) -> int:
    """How many of their turns brought help."""
    return sum(cards(chat, said) for said in SAID[HELP][:TURNS])


def cpu(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in processes)
