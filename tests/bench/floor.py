"""The floor: the least that can answer, plain Python over SQLite's own indexes, in process.

And the least that an import can be: the rows of the file as they are in a table.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, Text, insert

from core.clock import LONDON
from core.database import engine
from services_directory.hours import DAY
from services_directory.hours_text import read_hours
from services_directory.listing import COLUMNS
from services_directory.places import resolve_postcode
from tests.bench.asked import ROWS, Question
from tests.bench.timing import seconds

# Rows that are inserted at once.
BATCH = 1_000
_TABLES = """
CREATE TABLE service (
    number INTEGER PRIMARY KEY, id TEXT, name TEXT, organisation TEXT, eligibility TEXT,
    phone TEXT, postcode TEXT, hours TEXT, cost TEXT
);
CREATE VIRTUAL TABLE word USING fts5(
    name, organisation, eligibility, content=service, content_rowid=number, tokenize=porter
);
CREATE VIRTUAL TABLE point USING rtree_i32(number, west, east, south, north);
CREATE TABLE need (need TEXT, number INTEGER, PRIMARY KEY (need, number)) WITHOUT ROWID;
CREATE TABLE opening (
    number INTEGER, starts INTEGER, ends INTEGER, PRIMARY KEY (number, starts)
) WITHOUT ROWID;
"""
_NEAR = """
west BETWEEN :east - :metres AND :east + :metres
AND south BETWEEN :north - :metres AND :north + :metres
AND (west - :east) * (west - :east) + (south - :north) * (south - :north) <= :metres * :metres
"""
_OPEN = """
EXISTS (SELECT 1 FROM opening
        WHERE opening.number = best.number AND starts <= :minute AND ends > :minute)
"""
_NEAREST = "(west - :east) * (west - :east) + (south - :north) * (south - :north)"


class Floor:
    """Rows and their exact number for each question; nothing is ranked but words and distance."""

    def __init__(self, path: Path, documents: Iterable[Mapping[str, str]]) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_TABLES)
        with self._database:
            for number, document in enumerate(documents, 1):
                self._add(number, document)
            self.rebuild()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def rebuild(self) -> None:
        """Make the full-text index anew."""
        with self._database:
            self._database.execute("INSERT INTO word(word) VALUES ('rebuild')")

    def find(self, question: Question, limit: int = ROWS) -> tuple[list[tuple[Any, ...]], int]:
        """The rows, id first, and how many there are in all."""
        tables, wanted, order = _asked(question)
        values = _values(question) | {"limit": limit}
        from_ = f"FROM {' CROSS JOIN '.join(tables)} WHERE {' AND '.join(wanted)}"
        total = self._database.execute(f"SELECT count(*) {from_}", values).fetchone()[0]
        best = f"SELECT best.number, {order} AS place {from_} ORDER BY place LIMIT :limit"
        rows = f"SELECT id, service.* FROM ({best}) JOIN service USING (number) ORDER BY place"
        return self._database.execute(rows, values).fetchall(), total

    def _add(self, number: int, document: Mapping[str, str]) -> None:
        names = "id service_name organisation eligibility phone postcode opening_hours cost"
        said = [document[name] for name in names.split()]
        self._database.execute("INSERT INTO service VALUES (?,?,?,?,?,?,?,?,?)", [number, *said])
        needs = [(need, number) for need in document["needs"].split("|")]
        self._database.executemany("INSERT INTO need VALUES (?,?)", needs)
        week = [(number, *span) for span in week_of(document)]
        self._database.executemany("INSERT INTO opening VALUES (?,?,?)", week)
        if place := resolve_postcode(document["postcode"]):
            east, north = place.easting, place.northing
            point = (number, east, east, north, north)
            self._database.execute("INSERT INTO point VALUES (?,?,?,?,?)", point)


def inserted(path: Path) -> float:
    """Seconds for all rows of a file, unchecked, into our own database; nothing of them stays."""
    table = Table("bench_floor", MetaData(), *(Column(name, Text) for name in COLUMNS))
    table.create(engine())
    try:
        return seconds(lambda: _insert(path, table))
    finally:
        table.drop(engine())


def _insert(path: Path, table: Table) -> None:
    with path.open(newline="", encoding="utf-8") as file, engine().begin() as connection:
        rows = csv.DictReader(file)
        while some := list(islice(rows, BATCH)):
            connection.execute(insert(table), some)


def week_of(document: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    """The minutes of the week between which it is open; our reader of hours serves all peers."""
    hours = read_hours(document["opening_hours"])
    return ((0, 7 * DAY),) if hours.kind == "always" else hours.week


def _asked(question: Question) -> tuple[list[str], list[str], str]:
    """Tables, the one that leaves the fewest rows first as "best"; conditions; and the order."""
    tables, wanted, order = [], ["true"], "best.number"
    if question.text:
        tables.append("(SELECT rowid AS number, rank FROM word WHERE word MATCH :text)")
        order = "best.rank"
    if question.place:
        tables.append("point")
        wanted, order = [_NEAR], _NEAREST
    if question.need:
        tables.append("need")
        wanted.append("need = :need")
    if question.open_at:
        wanted.append(_OPEN)
    wanted += ["need.number = best.number"] if len(tables) > 1 else []
    return [f"{tables[0]} AS best", *tables[1:]], wanted, order


def _values(question: Question) -> dict[str, Any]:
    place, moment = question.place, question.open_at
    return {
        "text": question.text,
        "need": question.need,
        "east": place.easting if place else 0,
        "north": place.northing if place else 0,
        "metres": question.within_m,
        "minute": _minute(moment) if moment else 0,
    }


def _minute(moment: datetime) -> int:
    local = moment.astimezone(LONDON)
    return local.weekday() * DAY + local.hour * 60 + local.minute
