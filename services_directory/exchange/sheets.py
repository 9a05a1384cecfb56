"""Our own columns, from a CSV or the first sheet of a workbook, row by row."""

from __future__ import annotations

import io
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services_directory.checks.finding import Finding, error
from services_directory.exchange import archives
from services_directory.exchange.faults import MOST_ROWS, ExchangeError, Row, Source
from services_directory.exchange.texts import as_meant, cells, decoded, too_many_rows
from services_directory.listing import COLUMNS

NEEDED = ("id", "organisation", "service_name", "needs")
# Excel holds 15 digits of a number; more are not those that were typed.
_DIGITS = 15
_BROKEN = (
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    ParseError,
    InvalidFileException,
    OSError,
    EOFError,
)


def from_csv(data: bytes, name: str) -> Source:
    """The rows of a CSV in our columns; raises :class:`ExchangeError`."""
    return _source(cells(decoded(data, name), name), name)


def from_xlsx(data: bytes, name: str) -> Source:
    """The rows of the first sheet, which has our columns; raises :class:`ExchangeError`."""
    archives.opened(data, name).close()
    try:
        # What a workbook lacks in styles or has in extensions is nothing to us.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _source(_sheet(data, name), name)
    except _BROKEN as fault:
        raise ExchangeError("xlsx", f"{name} is no workbook that can be read.") from fault


def _sheet(data: bytes, name: str) -> Iterator[list[str]]:
    book = load_workbook(io.BytesIO(data), read_only=True)
    try:
        if not book.worksheets:
            raise ExchangeError("xlsx", f"{name} has no sheet.")
        sheet = book.worksheets[0]
        # The size that a sheet claims may be that of every cell there could be.
        sheet.reset_dimensions()
        width = 0
        for count, row in enumerate(sheet.iter_rows(values_only=True)):
            if count > MOST_ROWS:
                raise too_many_rows(name)
            said = _trimmed([_said(value) for value in row])
            width = width or len(said)
            yield said + [""] * (width - len(said))
    finally:
        book.close()


def _source(rows: Iterator[list[str]], name: str) -> Source:
    header = _header(next(rows, []), name)
    notes = [
        f"The column “{each}” is not one of ours: it is left out."
        for each in header
        if each not in COLUMNS
    ]
    found = [_row(number, header, row) for number, row in enumerate(rows, 2) if any(row)]
    return Source(found, own=True, notes=notes)


def _header(row: Sequence[str], name: str) -> list[str]:
    header = [cell.strip().casefold() for cell in _trimmed(list(row))]
    if not set(header) & set(COLUMNS):
        message = f"{name} has no header: its first row names none of our columns."
        raise ExchangeError("header", message)
    if twice := [column for column, times in Counter(header).items() if times > 1]:
        raise ExchangeError("header", f"{name} has a column twice: {_quoted(twice)}.")
    if missing := [column for column in NEEDED if column not in header]:
        raise ExchangeError("header", f"{name} has no column {_quoted(missing)}.")
    return header


def _row(number: int, header: Sequence[str], row: Sequence[str]) -> Row:
    findings: list[Finding] = []
    if len(row) != len(header):
        words = f"The row has {len(row):,} cells and the header {len(header)}: a comma too many?"
        findings.append(error("cells", "", words))
    named = zip(header, row, strict=False)
    document = {column: as_meant(cell).strip() for column, cell in named if column in COLUMNS}
    return Row(number, document, tuple(findings))


def _said(value: Any) -> str:
    """A cell of a workbook as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if isinstance(value, float) and (not math.isfinite(value) or not value.is_integer()):
        return str(value)
    return str(int(value)) if abs(value) < 10**_DIGITS else f"{float(value):.6g}"


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
