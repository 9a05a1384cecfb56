"""`make bench`: ours beside its peers in one run, as a table, as JSON and as a picture."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli import children
from core.settings import ROOT
from tests.bench import directory, quality, together
from tests.bench.figures import in_one_table, verdicts
from tests.bench.kept import NAME, PICTURE, keep
from tests.bench.measuring import Effort, Size
from tests.bench.reminders import REMINDED
from tests.bench.stock.project import EPOCHS, SAMPLE
from tests.bench.tables import in_words, machine
from tests.bench.texts import TEXTS
from tests.bench.together import PARTS, Found, Wanted

PLACES = (2_000, 20_000, 200_000)
EVERYTHING = (*PARTS, "quality", "directory")


def main(words: Sequence[str]) -> int:
    """Measure, print the table and keep the figures. Returns the exit status."""
    wanted, facts, found = _options(words), machine(), Found()
    children.stop_on_signals()
    status = 0
    try:
        _measure(wanted, found)
    except (RuntimeError, AssertionError) as error:
        print(error, file=sys.stderr)
        status = 1
    except children.Stopped:
        print("\nStopped.", file=sys.stderr)
        status = 130
    # What was measured until then is told all the same.
    facts |= {"load at the end": machine()["load"]}
    keep(_data_dir(), facts, found)
    print(_told(facts, found))
    return status


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "--only", type=lambda said: said.split(","), default=EVERYTHING, metavar="PART,PART",
        help=f"of {', '.join(EVERYTHING)}",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="of both peers, one after the other")
    parser.add_argument("--turns", type=int, default=96, help="of each kind in a round, alone")
    parser.add_argument("--starts", type=int, default=2, help="of each peer")
    parser.add_argument("--long", type=int, default=200, help="turns of a long conversation")
    parser.add_argument("--stock-epochs", type=int, default=EPOCHS, help="of the peer's learners")
    parser.add_argument(
        "--stock-texts", type=int, default=SAMPLE, help="that it learns; 0: all, which takes long"
    )
    parser.add_argument(
        "--texts", type=int, default=TEXTS, help="that come in, alone and eight at a time"
    )
    parser.add_argument("--reminders", type=int, default=REMINDED, help="that go out")
    parser.add_argument(
        "--places", type=int, nargs="+", default=PLACES,
        help="of each directory; 200,000 take longer than all else",
    )  # fmt: skip
    parser.add_argument("--searches", type=int, default=Effort.rounds, help="rounds at a directory")
    parser.add_argument(
        "--seconds", type=float, default=Effort.lasting, help="of eight clients, for each question"
    )
    parser.add_argument("--postgresql", metavar="URL", help="measure a directory there too")
    wanted = parser.parse_args(words)
    if unknown := set(wanted.only) - set(EVERYTHING):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return wanted


def _measure(wanted: argparse.Namespace, found: Found) -> None:
    parts = [part for part in PARTS if part in wanted.only]
    asked = Wanted(
        parts, wanted.rounds, wanted.turns, wanted.starts, wanted.long, wanted.stock_epochs,
        wanted.stock_texts, wanted.texts, wanted.reminders,
    )  # fmt: skip
    if "quality" in wanted.only:
        found.figures += quality.figures()
    together.measure(asked, found, _data_dir() / "bench", _say)
    if "directory" in wanted.only:
        for size in _directories(wanted):
            found.sizes.append(size)
            found.figures += directory.figures(size)


def _directories(wanted: argparse.Namespace) -> Iterator[Size]:
    effort = Effort(wanted.searches, wanted.seconds)
    yield from (directory.on_sqlite(places, effort, _say) for places in wanted.places)
    if server := wanted.postgresql:
        for places in wanted.places:
            yield directory.on_postgresql(places, effort, _say, server)


def _told(facts: dict[str, object], found: Found) -> str:
    lines = [in_words(facts, found.sizes), "", in_one_table(found.figures), ""]
    return "\n".join(
        [*lines, *verdicts(found.figures), f"Also in {_data_dir()}: {NAME}, {PICTURE}"]
    )


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve()


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
