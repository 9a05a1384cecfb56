"""Files that an evaluator brings, read row by row, with what is wrong in them named by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

MOST_ERRORS = 50
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class SheetError(ValueError):
    """A file that cannot be taken: ``lines`` says why, one line each, for its evaluator."""

    def __init__(self, lines: Sequence[str]) -> None:
        shown = list(lines[:MOST_ERRORS])
        if len(lines) > MOST_ERRORS:
            shown.append(f"and {len(lines) - MOST_ERRORS:,} more.")
        super().__init__("\n".join(shown))
        self.lines = tuple(shown)


class CellError(ValueError):
    """A cell that cannot be read; the message says why, without the line."""


@dataclass
class Faults:
    """What was found wrong in one file so far, so that all of it is told at once."""

    name: str
    found: list[str] = field(default_factory=list)

    def add(self, line: int, why: str) -> None:
        """Keep a fault of a line."""
        self.found.append(f"{self.name}, line {line}: {why}")

    def stop(self) -> None:
        """Raise :class:`SheetError` if anything was found."""
        if self.found:
            raise SheetError(self.found)


def read_csv(
    data: bytes, name: str, *, needs: Collection[str], may_have: Collection[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers; raises :class:`SheetError`.

    Cells are stripped. A column that nobody knows is refused, because it may be a slip.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetError([f"{name}, line {line}: it is not UTF-8; save it as CSV UTF-8."]) from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        check_columns(reader.fieldnames or (), name, needs=needs, may_have=may_have)
        for row in reader:
            yield reader.line_num, _cells(row, name, reader.line_num)
    except csv.Error as error:
        raise SheetError([f"{name}, line {reader.line_num}: it is no CSV: {error}."]) from None


def check_columns(
    columns: Sequence[str], name: str, *, needs: Collection[str], may_have: Collection[str]
) -> None:
    """Raises :class:`SheetError` where a column is missing, unknown or there twice."""
    missing = [each for each in needs if each not in columns]
    strange = [each for each in columns if each not in needs and each not in may_have]
    twice = sorted({each for each in columns if list(columns).count(each) > 1})
    faults = [
        *(f"{name}: the column {each} is missing." for each in missing),
        *(f"{name}: there is no column called “{each}”." for each in strange),
        *(f"{name}: the column {each} is there twice." for each in twice),
    ]
    if faults:
        raise SheetError(faults)


def day(cell: str) -> date:
    """A day as 2026-03-27; raises :class:`CellError`."""
    try:
        if _DAY.fullmatch(cell):
            return date.fromisoformat(cell)
    except ValueError:
        raise CellError(f"there is no day {cell}.") from None
    raise CellError(f"“{cell}” is no date: write it as 2026-03-27.")


def yes_no(cell: str) -> bool:
    """Yes or no; raises :class:`CellError`."""
    try:
        return _YES_NO[cell.casefold()]
    except KeyError:
        raise CellError(f"“{cell}” is neither yes nor no.") from None


def number(cell: str) -> float:
    """A number of at least 0; raises :class:`CellError`."""
    try:
        found = float(cell)
    except ValueError:
        raise CellError(f"“{cell}” is no number.") from None
    if not 0 <= found < float("inf"):
        raise CellError(f"{cell} cannot be: it has to be 0 or more.")
    return found


def whole(cell: str) -> int:
    """A whole number, which may be below 0; raises :class:`CellError`."""
    if re.fullmatch(r"-?\d{1,6}", cell):
        return int(cell)
    raise CellError(f"“{cell}” is no whole number.")


def _cells(
    row: Mapping[str | None, str | list[str] | None], name: str, line: int
) -> dict[str, str]:
    if None in row or None in row.values():
        raise SheetError([f"{name}, line {line}: it has more or fewer cells than the header."])
    return {str(column): str(cell).strip() for column, cell in row.items()}
