"""`make soak`: thousands of turns against one real copy; passes if it does not grow.

Memory is what a process has to itself, and its share of what it holds with others (PSS).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread

import httpx
import psutil

from core.pulse import HUNG_AFTER
from core.settings import ROOT
from sites import all_sites
from tests.bench.tables import machine
from tests.journeys import running
from tests.journeys.running import Copy
from tests.soak.people import RefusedError, turns

TURNS, FIRST = 20_000, 2_000
AT_ONCE = 4
# By how much it may grow between the two looks.
GROWTH = 0.05
# Seconds for what was begun to end before anything is measured.
REST = 10
SAY_EVERY = 5.0
PARTS = {"bot.web.app": "web", "cli.worker": "worker", "actions.server": "actions", "rasa": "rasa"}


@dataclass(frozen=True)
class Held:
    """What one part holds: bytes of memory, and open files and sockets."""

    memory: int
    files: int


Look = dict[str, Held]


class Counter:
    """How many turns were answered; every talker adds to it and ends at its end."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.done, self.until, self.failed = 0, 0, ""
        self.reached = Event()

    def take(self) -> bool:
        """Whether one more turn is wanted; it is counted."""
        with self._lock:
            if self.done >= self.until or self.failed:
                self.reached.set()
                return False
            self.done += 1
            return True


def main(words: Sequence[str]) -> int:
    """Talk, look twice, and say whether it grew. Returns the exit status."""
    wanted = _options(words)
    with TemporaryDirectory(prefix="cara-soak-") as folder:
        copy = running.start(Path(folder), hung_after=HUNG_AFTER)
        try:
            began = time.monotonic()
            first, last = _soaked(copy, wanted.first, wanted.turns)
            took = time.monotonic() - began
        finally:
            running.stop(copy)
    grown = {"memory": _growth(first, last, "memory"), "files": _growth(first, last, "files")}
    _keep(wanted, first, last, grown, took)
    print(_table(wanted, first, last, grown, took))
    return 0 if max(grown.values()) <= GROWTH else 1


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--first", type=int, default=FIRST, help="turns before the first look")
    wanted = parser.parse_args(words)
    if not 0 < wanted.first < wanted.turns:
        parser.error("the first look comes after some of the turns, and before the last")
    return wanted


def _soaked(copy: Copy, first: int, whole: int) -> tuple[Look, Look]:
    """What the copy holds after so many turns, and after all of them."""
    counter, token = Counter(), copy.staff_token()
    texted = all_sites()["hampshire"].text_number
    with httpx.Client(base_url=copy.url, timeout=60) as http:
        people = [turns(http, token, texted, seed) for seed in range(AT_ONCE)]
        looks = []
        for until in (first, whole):
            _talk(counter, people, until)
            looks.append(_look(copy))
    return looks[0], looks[1]


def _talk(counter: Counter, people: Sequence[Iterator[None]], until: int) -> None:
    """Let everybody talk until so many turns are done; raises ``SystemExit`` at the first fault."""
    counter.until = until
    counter.reached.clear()
    talkers = [Thread(target=_talker, args=(counter, each), daemon=True) for each in people]
    began, before = time.monotonic(), counter.done
    for each in talkers:
        each.start()
    while not counter.reached.wait(SAY_EVERY):
        rate = (counter.done - before) / (time.monotonic() - began)
        print(f"{counter.done:>6} of {until} turns, {rate:.0f} a second", flush=True)
    for each in talkers:
        each.join()
    if counter.failed:
        raise SystemExit(f"After {counter.done} turns: {counter.failed}")


def _talker(counter: Counter, person: Iterator[None]) -> None:
    while counter.take():
        try:
            next(person)
        except (RefusedError, httpx.HTTPError, AssertionError) as error:
            counter.failed = f"{type(error).__name__}: {error}"


def _look(copy: Copy) -> Look:
    """What every process holds now that it rests."""
    time.sleep(REST)
    whole = psutil.Process(copy.process.pid)
    seen: dict[str, list[psutil.Process]] = {}
    for each in [whole, *whole.children(recursive=True)]:
        line = " ".join(each.cmdline())
        name = next((part for words, part in PARTS.items() if words in line), "supervisor")
        seen.setdefault(name, []).append(each)
    return {
        name: Held(
            sum(each.memory_full_info().pss for each in processes),
            sum(each.num_fds() for each in processes),
        )
        for name, processes in seen.items()
    }


def _growth(first: Look, last: Look, what: str) -> float:
    """By which part of itself the whole copy grew."""
    before, after = (sum(asdict(each)[what] for each in look.values()) for look in (first, last))
    return float(after / before - 1)


def _keep(
    wanted: argparse.Namespace, first: Look, last: Look, grown: dict[str, float], took: float
) -> None:
    kept = Path(os.environ.get("DATA_DIR") or ROOT / "var") / "soak.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    figures = {
        "machine": machine(),
        "turns": {"first": wanted.first, "whole": wanted.turns, "seconds": round(took)},
        "first": {name: asdict(each) for name, each in first.items()},
        "last": {name: asdict(each) for name, each in last.items()},
        "growth": grown,
        "allowed": GROWTH,
    }
    kept.write_text(json.dumps(figures, indent=1) + "\n")


def _table(
    wanted: argparse.Namespace, first: Look, last: Look, grown: dict[str, float], took: float
) -> str:
    lines = [
        f"{wanted.turns} turns in {took / 60:.0f} min; looked at after {wanted.first} and the last",
        "part          memory MB         open files",
    ]
    for name in sorted(last):
        one, two = first.get(name, Held(0, 0)), last[name]
        memory = f"{one.memory / 1e6:8.1f} {two.memory / 1e6:8.1f}"
        lines.append(f"{name:<12}{memory}   {one.files:6} {two.files:6}")
    said = "within" if max(grown.values()) <= GROWTH else "NOT within"
    memory, files = f"{grown['memory']:+.1%}", f"{grown['files']:+.1%}"
    lines.append(f"memory {memory}, open files {files}: {said} {GROWTH:.0%}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
