"""Rows as CSV (RFC 4180, UTF-8) and as Parquet: one after the other, never all at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import islice
from typing import IO, Any, Literal

from referrals.evaluation.row import COLUMNS, KINDS, Row

Form = Literal["csv", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "parquet")
BETWEEN, NOTHING = "|", "none"
# What a spreadsheet would run, or take for the end of a cell.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS_AT_A_TIME = 2_000


def write(rows: Iterable[Row], out: IO[bytes], form: Form) -> int:
    """Write the rows in one of the forms; gives how many there were."""
    return write_csv(rows, out) if form == "csv" else write_parquet(rows, out)


def write_csv(rows: Iterable[Row], out: IO[bytes]) -> int:
    """A header and a line a row; no cell is one that a spreadsheet runs."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(cell(getattr(row, name)) for name in COLUMNS)
        count += 1
    # The file stays open: it belongs to whoever gave it.
    text.detach()
    return count


def write_parquet(rows: Iterable[Row], out: IO[bytes]) -> int:
    """The same with types: days, numbers, yes and no, and lists of codes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, left, types = 0, iter(rows), schema()
    with pq.ParquetWriter(out, types) as writer:
        while chunk := list(islice(left, _ROWS_AT_A_TIME)):
            held = {name: [getattr(row, name) for row in chunk] for name in COLUMNS}
            writer.write_table(pa.table(held, schema=types))
            count += len(chunk)
    return count


@cache
def schema() -> Any:
    """The types of the columns in Parquet. Arrow is loaded where it is used: few pages do."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "date": pa.date32(),
        "yes/no": pa.bool_(),
        "whole number": pa.int32(),
        "number": pa.float64(),
        "codes": pa.list_(pa.string()),
    }
    return pa.schema([(name, types[kind]) for name, kind in KINDS.items()])


def cell(value: object) -> str:
    """A value as CSV has it; an empty list is not the same as no list."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
        case tuple():
            return BETWEEN.join(value) or NOTHING
        case str():
            return harmless(value)
        case _:
            return str(value)


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe goes before what would be a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text


def read_parquet(data: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file as plain values; raises ``ValueError`` where it is none."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(data))
    for chunk in file.iter_batches(batch_size=_ROWS_AT_A_TIME):
        yield from chunk.to_pylist()
