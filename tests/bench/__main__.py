"""`make bench`: our directory beside its peers in one run, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from core.settings import ROOT
from tests.bench.measuring import Effort, Size, measured
from tests.bench.tables import in_words, machine

BOTH = (2_000, 20_000)


def main(words: Sequence[str]) -> int:
    """Measure, print the table and keep the figures. Returns the exit status."""
    wanted, facts = _options(words), machine()
    effort = Effort(wanted.rounds, wanted.seconds)
    sizes = [_sqlite(places, effort) for places in wanted.places]
    if wanted.postgresql:
        sizes += [_postgresql(places, effort, wanted.postgresql) for places in wanted.places]
    kept = Path(os.environ.get("DATA_DIR") or ROOT / "var") / "bench.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": facts, "sizes": [asdict(each) for each in sizes]}
    kept.write_text(json.dumps(figures, indent=1) + "\n")
    print(in_words(facts, sizes))
    return 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--places", type=int, nargs="+", default=BOTH)
    parser.add_argument("--rounds", type=int, default=Effort.rounds)
    parser.add_argument(
        "--seconds", type=float, default=Effort.lasting, help="of eight clients, for each question"
    )
    parser.add_argument("--postgresql", metavar="URL", help="measure there too, in a new database")
    return parser.parse_args(words)


def _sqlite(places: int, effort: Effort) -> Size:
    with TemporaryDirectory(prefix="cara-bench-") as folder:
        return measured(places, Path(folder), {}, effort, _say)


def _postgresql(places: int, effort: Effort, server: str) -> Size:
    with TemporaryDirectory(prefix="cara-bench-") as folder, _lent(server) as url:
        extra = {"CARA_DATABASE_URL": url}
        return measured(places, Path(folder), extra, effort, _say)


@contextmanager
def _lent(server: str) -> Iterator[str]:
    """A database of the bench's own, which is gone at the end; gives its address."""
    name = f"cara_bench_{uuid.uuid4().hex}"
    _administer(server, "CREATE DATABASE {}", name)
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
