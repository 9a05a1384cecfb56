"""Which keys of JSON are written: every test that writes one that docs/data.yml lacks fails."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from core.crypto import EncryptedJSON
from core.retention import ELSEWHERE, PERIODS, declared


def watch() -> None:
    """From now on whoever writes a JSON column is looked at, in this process."""
    if not event.contains(Session, "before_flush", _look):
        event.listen(Session, "before_flush", _look)


def _look(session: Session, _context: Any, _instances: Any) -> None:
    for row in {*session.new, *session.dirty}:
        for attribute in inspect(type(row)).column_attrs:
            column = attribute.columns[0]
            if isinstance(column.type, EncryptedJSON):
                name = f"{column.table.name}.{column.name}"
                found = unclassified(name, getattr(row, attribute.key))
                assert not found, f"docs/data.yml lacks {', '.join(sorted(found))}"


def unclassified(column: str, document: Any) -> set[str]:
    """The keys of a document of "table.column" that the classification does not know."""
    return {key for key in keys_of(column, document) if not _is_known(key)}


def keys_of(name: str, document: Any) -> Iterator[str]:
    """Every key under ``name``, with dots between them; items of a list have the list's name."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield f"{name}.{key}"
            yield from keys_of(f"{name}.{key}", value)
    elif isinstance(document, list):
        for each in document:
            yield from keys_of(name, each)


@lru_cache(maxsize=4096)
def _is_known(key: str) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in _patterns())


@lru_cache(maxsize=1)
def _patterns() -> frozenset[str]:
    return frozenset(
        f"{table}.{name}"
        for table, rows in declared().items()
        if table not in (PERIODS, ELSEWHERE)
        for name in rows
        if "." in name
    )
