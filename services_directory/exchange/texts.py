"""Bytes of a file as text, and text as cells: what Excel and others get wrong is named here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from services_directory.exchange.faults import MOST_BYTES, MOST_ROWS, ExchangeError

_WIDE = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_LOOKED_AT = 1_000
# Every second byte of English in UTF-16 is NUL; a stray NUL is one in a thousand.
_NULS_OF_WIDE = 0.2
# A spreadsheet runs what begins so (OWASP, "CSV Injection"); a plain number it only shows.
_RUNS = re.compile(r"'*[=+\-@\t\r]")
_KEPT = re.compile(r"'+[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def file_bytes(path: Path) -> bytes:
    """A file whole; raises :class:`ExchangeError` for one that is too large or cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise too_large(path.name)
        with path.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}."
        raise ExchangeError("unreadable", message) from error
    if len(data) > MOST_BYTES:
        raise too_large(path.name)
    return data


def too_large(name: str) -> ExchangeError:
    """The refusal of more than ``MOST_BYTES``."""
    most = MOST_BYTES // 1_000_000
    return ExchangeError("too_large", f"{name} is larger than {most} MB: split it into parts.")


def decoded(data: bytes, name: str) -> str:
    """The text of a UTF-8 file; raises :class:`ExchangeError` that says which encoding it has."""
    wide = next((code for mark, code in _WIDE.items() if data.startswith(mark)), "")
    head = data[:_LOOKED_AT]
    if wide or (head and head.count(0) > _NULS_OF_WIDE * len(head)):
        message = f"{name} is written in {wide or 'UTF-16'}: save it as UTF-8."
        raise ExchangeError("encoding", message)
    if (at := data.find(b"\0")) >= 0:
        message = f"{name} holds a NUL character, {_where(data, at)}: it is damaged, or no text."
        raise ExchangeError("nul", message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExchangeError("encoding", _not_utf8(data, error.start, name)) from error


def cells(text: str, name: str) -> Iterator[list[str]]:
    """The rows of a CSV; raises :class:`ExchangeError` for quotation marks that do not match."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for count, row in enumerate(reader):
            if count > MOST_ROWS:
                raise too_many_rows(name)
            yield row
    except csv.Error as error:
        message = f"{name} is no CSV from line {reader.line_num} on: {error}."
        raise ExchangeError("csv", message) from error


def too_many_rows(name: str) -> ExchangeError:
    """The refusal of more than ``MOST_ROWS``."""
    message = f"{name} has more than {MOST_ROWS:,} rows: split it, or delete the empty ones."
    return ExchangeError("too_many_rows", message)


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe goes before what would be a formula."""
    if _RUNS.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def as_meant(cell: str) -> str:
    """What :func:`harmless` was given: its apostrophe, or a spreadsheet's own, is taken off."""
    return cell[1:] if _KEPT.match(cell) else cell


def _where(data: bytes, at: int) -> str:
    line_begins = data.rfind(b"\n", 0, at) + 1
    column = len(data[line_begins:at].decode("utf-8", "replace")) + 1
    line = data.count(b"\n", 0, at) + 1
    return f"line {line}, character {column}"


def _not_utf8(data: bytes, at: int, name: str) -> str:
    shown = data[at : at + 1].decode("cp1252", "replace")
    looks = "" if shown == "�" else f" (“{shown}” in Windows-1252)"
    return (
        f"{name} is not UTF-8: {_where(data, at)} holds the byte 0x{data[at]:02X}{looks}."
        " Save it as “CSV UTF-8”."
    )
