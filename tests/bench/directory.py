"""The directory beside its floor, at each size and on each engine that was asked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from tests.bench.figures import Figure
from tests.bench.measuring import Asked, Effort, Size, measured
from tests.bench.tables import (
    IMPORT_S,
    LARGE,
    ONE_CLIENT_MS,
    REINDEX_S,
    TOGETHER_MS,
    TOGETHER_PER_SECOND,
)
from tests.bench.telling import Say


def on_sqlite(places: int, effort: Effort, say: Say) -> Size:
    """One size in a folder of its own."""
    with TemporaryDirectory(prefix="cara-bench-") as folder:
        return measured(places, Path(folder), {}, effort, say)


def on_postgresql(places: int, effort: Effort, say: Say, server: str) -> Size:
    """One size in a new database of that server."""
    with TemporaryDirectory(prefix="cara-bench-") as folder, _lent(server) as url:
        return measured(places, Path(folder), {"CARA_DATABASE_URL": url}, effort, say)


def figures(size: Size) -> Iterator[Figure]:
    """What of a size belongs beside everything else; the whole stands in tables of its own."""
    part, large = f"directory, {size.places:,} places, {size.engine}", size.places == LARGE
    for asked in size.asked:
        yield from _asked(part, asked, ONE_CLIENT_MS.get(size.places))
    reindex, whole = (REINDEX_S, IMPORT_S) if large else (None, None)
    floor = "the floor makes its full text alone"
    yield Figure(part, "re-index", size.reindex_s, size.rebuild_s, "s", target=reindex, note=floor)
    floor = "the floor inserts the file's rows as they are"
    yield Figure(part, "import", size.import_s, size.inserted_s, "s", target=whole, note=floor)
    yield Figure(part, "the first question, which reads it", size.first_s, unit="s")
    for kept in size.kept:
        yield Figure(
            part, f"found: {kept.what}", kept.ours, kept.floor, "", target=kept.of or None,
            at_least=True, note=f"of {kept.of:,}",
        )  # fmt: skip


def _asked(part: str, asked: Asked, one: float | None) -> Iterator[Figure]:
    note = "the floor is asked in process, ours over HTTP"
    about = f"{asked.kind}, 1 client"
    yield Figure(part, f"{about}: p50", asked.http.p50, asked.floor.p50, note=note)
    yield Figure(part, f"{about}: p95", asked.http.p95, asked.floor.p95, target=one, note=note)
    load = asked.load
    yield Figure(part, f"{asked.kind}, 8 clients: p95", load.p95, target=TOGETHER_MS)
    yield Figure(
        part, f"{asked.kind}, 8 clients", load.per_second, unit="/s",
        target=TOGETHER_PER_SECOND, at_least=True,
    )  # fmt: skip


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
