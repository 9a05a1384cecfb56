"""Two Rasa processes beside one, on the same machine and in the same rounds."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure, paired
from tests.bench.stock.training import Say
from tests.bench.turn.peers import Peer
from tests.bench.turn.rounds import WARM, alone, cost, rate, together

# Fewer than one Rasa takes at once, so that nobody is told to wait (bot/channels/rasa_client.py).
PEOPLE = 16
FASTER, COST = 1.3, 1.1


def figures(two: Peer, one: Peer, rounds: int, turns: int, say: Say) -> Iterator[Figure]:
    """Turns a second of both, and what a turn costs the processors."""
    taken = []
    for peer in (one, two):
        alone(peer, WARM)
    for at in range(rounds):
        say(f"round {at + 1} of {rounds}: {PEOPLE} conversations, one Rasa and two")
        first, second = (one, two) if at % 2 else (two, one)
        pair = {each.name: together(each, PEOPLE, turns) for each in (first, second)}
        taken.append((pair[two.name], pair[one.name]))
    note = f"the peer is ours with one Rasa; {PEOPLE} conversations"
    yield paired(
        "several", "two Rasa processes: turns a second", [(rate(t), rate(o)) for t, o in taken],
        unit="/s", times=FASTER, at_least=True, note=note,
    )  # fmt: skip
    yield paired(
        "several", "two Rasa processes: processor time of a turn",
        [(cost(t), cost(o)) for t, o in taken], times=COST, note=note,
    )  # fmt: skip
