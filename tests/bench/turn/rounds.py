"""Rounds of turns, ours and the peer's one after the other, at one and at many conversations."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from threading import Barrier

import httpx

from tests.bench.figures import Figure, paired
from tests.bench.timing import Spread
from tests.bench.turn.peers import Peer, Talk, cpu_of
from tests.bench.turn.said import CRITERION, HELP, KINDS, SAID

MANY, WARM = 32, 12
P50, P95 = 0.4, 0.4
THROUGHPUT = 3.0
PROCESSES = ("web", "actions", "Rasa")
Say = Callable[[str], None]


@dataclass
class Taken:
    """Turns that were taken: seconds of each by kind, how many failed, and what the whole took."""

    times: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    failed: int = 0
    lasted: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many in all."""
        return sum(map(len, self.times.values()))

    def add(self, other: Taken) -> None:
        """Put another's turns to these."""
        self.failed += other.failed
        for kind, times in other.times.items():
            self.times[kind] += times


@dataclass(frozen=True)
class Round:
    """One round of one peer."""

    alone: Taken
    many: Taken


def rounds(ours: Peer, stock: Peer, count: int, turns: int, say: Say) -> list[tuple[Round, Round]]:
    """So many rounds of both, with a warm-up that is not counted."""
    for peer in (ours, stock):
        say(f"warming {peer.name} up")
        alone(peer, WARM)
        together(peer, MANY, 1)
    found = []
    # A criterion that is answered a second time brings no new question.
    each = min(*map(len, SAID.values()), max(2, turns // 8))
    for at in range(count):
        pair = []
        # Who is first changes, so that a machine that grows busier is unfair to nobody.
        for peer in (ours, stock) if at % 2 == 0 else (stock, ours):
            say(f"round {at + 1} of {count}: {peer.name}, one conversation, then {MANY}")
            pair.append(Round(alone(peer, turns), together(peer, MANY, each)))
        found.append((pair[0], pair[1]) if at % 2 == 0 else (pair[1], pair[0]))
    return found


def alone(peer: Peer, turns: int) -> Taken:
    """One conversation at a time, participants' and officers' in turn, so many turns of each."""
    taken, before = Taken(), cpu_of(peer)
    with peer.client() as http:
        for kind in KINDS:
            for said in _conversations(kind, turns):
                talk = peer.begin(http, kind)
                taken.add(_talked(talk, kind, said))
    taken.lasted = sum(map(sum, taken.times.values()))
    taken.cpu = _since(before, cpu_of(peer))
    return taken


def together(peer: Peer, people: int, turns: int) -> Taken:
    """So many conversations at the same time, of which each takes so many turns."""
    start = Barrier(people + 1)
    taken = Taken()
    with ThreadPoolExecutor(people) as pool:
        parts = [pool.submit(_one_of_many, peer, at, turns, start) for at in range(people)]
        # Beginnings are not counted: everybody waits here for the last one.
        start.wait()
        before, since = cpu_of(peer), time.perf_counter()
        for part in parts:
            taken.add(part.result())
        taken.lasted = time.perf_counter() - since
        taken.cpu = _since(before, cpu_of(peer))
    return taken


def _one_of_many(peer: Peer, at: int, turns: int, start: Barrier) -> Taken:
    kind = KINDS[at % len(KINDS)]
    with peer.client() as http:
        try:
            talk = peer.begin(http, kind)
        finally:
            start.wait()
        return _talked(talk, kind, list(islice(cycle(SAID[kind]), turns)))


def _conversations(kind: str, turns: int) -> Iterator[Sequence[str]]:
    said = SAID[kind]
    for first in range(0, turns, len(said)):
        yield said[: min(len(said), turns - first)]


def _talked(talk: Talk, kind: str, said: Sequence[str]) -> Taken:
    taken = Taken()
    for text in said:
        since = time.perf_counter()
        try:
            good = talk.turn(text)
        except httpx.HTTPError:
            good = False
        taken.times[kind].append(time.perf_counter() - since)
        taken.failed += not good
    return taken


def figures(found: Sequence[tuple[Round, Round]]) -> Iterator[Figure]:
    """What the rounds come to."""
    for kind in (HELP, CRITERION):
        yield from _of_kind(kind, [(o.alone, s.alone) for o, s in found], "1 conversation")
        yield from _of_kind(kind, [(o.many, s.many) for o, s in found], f"{MANY} conversations")
    many = [(o.many, s.many) for o, s in found]
    rates = [(rate(o), rate(s)) for o, s in many]
    yield paired(
        "turn", f"turns a second, {MANY} conversations", rates,
        unit="/s", times=THROUGHPUT, at_least=True,
    )  # fmt: skip
    costs = [(cost(o), cost(s)) for o, s in many]
    yield paired("turn", "processor time of a turn, all processes", costs)
    for part in PROCESSES:
        costs = [(cost(o, part), cost(s, part)) for o, s in many]
        yield paired("turn", f"processor time of a turn, {part}", costs)
    yield _failures([both for pair in found for both in zip(*map(_both, pair), strict=True)])


def _of_kind(kind: str, pairs: Sequence[tuple[Taken, Taken]], where: str) -> Iterator[Figure]:
    spreads = [(Spread.of(o.times[kind]), Spread.of(s.times[kind])) for o, s in pairs]
    about = f"{kind}, {where}"
    yield paired("turn", f"{about}: p50", [(o.p50, s.p50) for o, s in spreads], times=P50)
    yield paired("turn", f"{about}: p95", [(o.p95, s.p95) for o, s in spreads], times=P95)


def _both(each: Round) -> tuple[Taken, Taken]:
    return each.alone, each.many


def rate(taken: Taken) -> float:
    """Turns a second that were answered as they should be."""
    return (taken.count - taken.failed) / taken.lasted


def cost(taken: Taken, part: str = "") -> float:
    """Milliseconds of processors for each turn, of all parts or of one."""
    used = taken.cpu.get(part, 0.0) if part else sum(taken.cpu.values())
    return used / taken.count * 1000


def _since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    return {part: used - before.get(part, 0.0) for part, used in now.items()}


def _failures(pairs: Sequence[tuple[Taken, Taken]]) -> Figure:
    ours, stock = (sum(each.failed for each in side) for side in zip(*pairs, strict=True))
    whole = sum(each.count for each, _ in pairs)
    return Figure(
        "turn", f"of {whole:,} turns not answered as asked", ours, stock,
        unit="turns", target=0, note="ours waits 2.5 s for Rasa; the peer learned little",
    )  # fmt: skip


def milliseconds(times: Sequence[float]) -> float:
    """The middle of seconds, in milliseconds."""
    return statistics.median(times) * 1000
