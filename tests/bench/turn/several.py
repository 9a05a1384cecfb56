"""Two Rasa processes beside one, on the same machine and in the same rounds."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure, paired
from tests.bench.stock.training import Say
from tests.bench.turn import narrow
from tests.bench.turn.peers import Peer
from tests.bench.turn.rounds import WARM, Taken, alone, cost, rate, together

# Fewer than one Rasa takes at once, so that nobody is told to wait (bot/channels/rasa_client.py).
PEOPLE = 16
FASTER, COST = 1.3, 1.1


# Of a core, for each Rasa: with it one Rasa is what a turn waits for.
NARROW = 0.15
Pair = tuple[Taken, Taken]


def figures(two: Peer, one: Peer, rounds: int, turns: int, say: Say) -> Iterator[Figure]:
    """Turns a second of both, and what a turn costs the processors."""
    for peer in (one, two):
        alone(peer, WARM)
    note = f"the peer is ours with one Rasa; {PEOPLE} conversations"
    say("one Rasa and two, on these cores")
    yield from _compared("two Rasa processes", _taken(two, one, rounds, turns, say), note)
    if not narrow.possible():
        say("not with slow Rasa: no process may be held to a part of a core here")
        return
    say(f"one Rasa and two, each with {NARROW:.0%} of a core")
    with narrow.narrowed((*one.processes(), *two.processes()), NARROW):
        taken = _taken(two, one, rounds, turns, say)
    what = f"two Rasa processes, each with {NARROW:.0%} of a core"
    yield from _compared(what, taken, note)


def _taken(two: Peer, one: Peer, rounds: int, turns: int, say: Say) -> list[Pair]:
    taken = []
    for at in range(rounds):
        say(f"round {at + 1} of {rounds}: {PEOPLE} conversations, one Rasa and two")
        first, second = (one, two) if at % 2 else (two, one)
        pair = {each.name: together(each, PEOPLE, turns) for each in (first, second)}
        taken.append((pair[two.name], pair[one.name]))
    return taken


def _compared(what: str, taken: list[Pair], note: str) -> Iterator[Figure]:
    yield paired(
        "several", f"{what}: turns a second", [(rate(t), rate(o)) for t, o in taken],
        unit="/s", times=FASTER, at_least=True, note=note,
    )  # fmt: skip
    yield paired(
        "several", f"{what}: processor time of a turn", [(cost(t), cost(o)) for t, o in taken],
        times=COST, note=note,
    )  # fmt: skip
