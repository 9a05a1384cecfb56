"""Ours and stock Rasa in the same minutes: started, trained, asked, and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.bench import reminders, starting, texts
from tests.bench.figures import Figure
from tests.bench.measuring import Size
from tests.bench.stock import running, training
from tests.bench.stock.training import Say
from tests.bench.telling import told
from tests.bench.turn import lasting, rounds, several, shares
from tests.bench.turn.peers import Ours, Stock
from tests.journeys.running import Copy, start, stop

PARTS = ("turn", "memory", "long", "shares", "texts", "several", "start", "training")
# What needs no peer.
OURS_ALONE = ("shares", "texts", "several")


@dataclass
class Found:
    """What was measured so far; ``memory`` is in megabytes, of each process of each peer."""

    figures: list[Figure] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What is to be measured, and with how much effort."""

    parts: Sequence[str]
    rounds: int
    turns: int
    starts: int
    long: int
    epochs: int
    sample: int
    texts: int
    reminders: int


def measure(wanted: Wanted, found: Found, kept: Path, say: Say) -> None:
    """Measure all parts; models are kept in ``kept``."""
    if not wanted.parts:
        return
    say(f"load average {starting.load()}")
    alone = set(wanted.parts) <= set(OURS_ALONE)
    model, took = (
        (Path(), None) if alone else training.trained(kept, wanted.epochs, wanted.sample, say)
    )
    with TemporaryDirectory(prefix="cara-bench-") as folder:
        ours, stock = Path(folder) / "ours", Path(folder) / "stock"
        if not alone:
            running.prepare(stock)
        _ask(wanted, found, (ours, stock, model), say)
        if "start" in wanted.parts:
            found.figures.append(starting.starts(ours, model, stock, wanted.starts, say))
    if "training" in wanted.parts and took:
        found.figures += starting.trainings(kept, took, say)
    say(f"load average {starting.load()}")


def _ask(wanted: Wanted, found: Found, where: tuple[Path, Path, Path], say: Say) -> None:
    """What is asked of both while they run."""
    ours, stock, model = where
    with ExitStack() as stack:
        copy = _started(ours, say, "starting ours")
        stack.callback(stop, copy)
        one = Ours(copy, copy.staff_token())
        if set(wanted.parts) - {*OURS_ALONE, "start", "training"}:
            with told(say, "starting the peer"):
                peer = stack.enter_context(running.running(model, stock))
            _ask_both(wanted, found, one, peer, say)
        if "shares" in wanted.parts:
            found.figures += shares.shares(one, say)
        if "texts" in wanted.parts:
            found.figures += texts.figures(one, wanted.texts, say)
            found.figures += reminders.figures(ours.with_name("sent"), wanted.reminders, say)
        if "several" in wanted.parts:
            words, extra = "starting ours with two Rasa processes", {"CARA_RASA_PROCESSES": "2"}
            other = _started(ours.with_name("two"), say, words, extra)
            stack.callback(stop, other)
            two = Ours(other, other.staff_token(), name="ours with two Rasa")
            found.figures += several.figures(two, one, wanted.rounds, wanted.turns // 4, say)


def _started(folder: Path, say: Say, words: str, extra: Mapping[str, str] | None = None) -> Copy:
    """A copy; where we are stopped while it starts, nothing of it is left."""
    try:
        with told(say, words):
            return start(folder, extra)
    except BaseException:
        for each in psutil.Process().children():
            each.terminate()
        raise


def _ask_both(wanted: Wanted, found: Found, ours: Ours, stock: Stock, say: Say) -> None:
    if "turn" in wanted.parts:
        taken = rounds.rounds(ours, stock, wanted.rounds, wanted.turns, say)
        found.figures += rounds.figures(taken)
    if "memory" in wanted.parts:
        figure, found.memory = starting.memories(ours, stock)
        found.figures.append(figure)
    if "long" in wanted.parts:
        found.figures += lasting.figures(ours, stock, wanted.long, say)
