"""What a turn costs late in a long conversation, beside an early one of the same conversation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import httpx

from tests.bench.figures import Figure
from tests.bench.stock.training import Say
from tests.bench.turn.peers import Peer, Talk
from tests.bench.turn.rounds import milliseconds
from tests.bench.turn.said import ASKS, HELP

TALKS, AROUND = 2, 2
EARLY = 5
LATE = 1.2
# A conversation may take five turns a second (core/limiting.py).
PACE_S = 0.21


def figures(ours: Peer, stock: Peer, length: int, say: Say) -> Iterator[Figure]:
    """Turn 200 beside turn 5 of ours, and of the peer."""
    growth = {}
    for peer in (ours, stock):
        say(f"{TALKS} conversations of {length} turns: {peer.name}")
        times = _talked(peer, length, say)
        early, late = (_around(times, at) for at in (EARLY, length - AROUND))
        growth[peer.name] = late / early
        yield Figure(
            "turn", f"{peer.name}: turn {length} beside its turn {EARLY}", late, early,
            times=LATE if peer is ours else None, note="here the peer is the same, at its turn 5",
        )  # fmt: skip


def _talked(peer: Peer, length: int, say: Say) -> list[list[float]]:
    """Seconds of each turn of each conversation; they take turns, so none goes too fast."""
    with peer.client() as http:
        talks = [peer.begin(http, HELP) for _ in range(TALKS)]
        times: list[list[float]] = [[] for _ in talks]
        for at, text in enumerate(islice(cycle(ASKS), length)):
            if at % 50 == 0:
                say(f"{peer.name}: turn {at} of {length}")
            since = time.perf_counter()
            for talk, kept in zip(talks, times, strict=True):
                kept.append(_timed(talk, text))
            time.sleep(max(0.0, since + PACE_S - time.perf_counter()))
    return times


def _timed(talk: Talk, text: str) -> float:
    since = time.perf_counter()
    try:
        talk.turn(text)
    except httpx.HTTPError:
        return float("inf")
    return time.perf_counter() - since


def _around(times: Sequence[Sequence[float]], turn: int) -> float:
    """Milliseconds of the turns around this one, of all conversations: their middle."""
    near = slice(turn - 1 - AROUND, turn + AROUND)
    return milliseconds([one for each in times for one in each[near]])
