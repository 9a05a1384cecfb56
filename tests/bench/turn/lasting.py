"""What a turn costs late in a long conversation, beside early turns of others at the same time."""

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
# A machine is faster and slower by a third from minute to minute, so late turns and early ones, of
# conversations that have just begun, are taken side by side, so many times.
TIMES = 4
# A conversation may take five turns a second (core/limiting.py).
PACE_S = 0.21


def figures(ours: Peer, stock: Peer, length: int, say: Say) -> Iterator[Figure]:
    """Turn 200 beside turn 5 of ours, and of the peer."""
    for peer in (ours, stock):
        say(f"{TALKS} conversations of {length} turns: {peer.name}")
        late, early = _talked(peer, length, say)
        yield Figure(
            "turn", f"{peer.name}: turn {length} beside turn {EARLY} of others", late, early,
            times=LATE if peer is ours else None, note="here the peer is the same, at turn 5",
        )  # fmt: skip


def _talked(peer: Peer, length: int, say: Say) -> tuple[float, float]:
    """Milliseconds of the turns around the last one of some, and around the fifth of others."""
    late: list[float] = []
    early: list[float] = []
    with peer.client() as http:
        old = [peer.begin(http, HELP) for _ in range(TALKS)]
        for at, text in enumerate(islice(cycle(ASKS), length - AROUND - 1)):
            if at % 50 == 0:
                say(f"{peer.name}: turn {at} of {length}")
            _taken(old, text)
        for at in range(TIMES):
            say(f"{peer.name}: turn {length} beside turn {EARLY}, {at + 1} of {TIMES}")
            new = [peer.begin(http, HELP) for _ in range(TALKS)]
            for text in islice(cycle(ASKS), EARLY - AROUND - 1):
                _taken(new, text)
            for text in islice(cycle(ASKS), 2 * AROUND + 1):
                late += _taken(old, text)
                early += _taken(new, text)
    return milliseconds(late), milliseconds(early)


def _taken(talks: Sequence[Talk], text: str) -> list[float]:
    """Seconds of this turn of each; they take turns, so none goes too fast."""
    since = time.perf_counter()
    times = [_timed(talk, text) for talk in talks]
    time.sleep(max(0.0, since + PACE_S - time.perf_counter()))
    return times


def _timed(talk: Talk, text: str) -> float:
    since = time.perf_counter()
    try:
        talk.turn(text)
    except httpx.HTTPError:
        return float("inf")
    return time.perf_counter() - since
