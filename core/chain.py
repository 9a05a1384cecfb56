"""The chain of the audit: what a row's hash is made of, and where a chain of rows is broken.

Pure rules over rows. A row that was changed does not fit its own hash; where one was removed, put
in or moved, the row after it does not fit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What comes before the first row.
BEGINNING = ""
PURGE = "audit.purge"
_CONTENT = (
    *("id", "actor_kind", "actor_id", "site", "act", "record"),
    *("refused", "source", "request", "why"),
)


CHANGED, MISSING, UNANCHORED, HEAD, CUT = FAULTS = (
    *("changed", "missing", "unanchored", "head", "cut"),
)


@dataclass(frozen=True)
class Break:
    """A row at which the chain does not hold, and what is wrong there: one of :data:`FAULTS`."""

    row: int
    fault: str


@dataclass(frozen=True)
class Kept:
    """How long the chain was at some moment, and the hash of its last row then."""

    length: int
    head: str


def link(key: bytes, before: str, row: Mapping[str, Any]) -> str:
    """The keyed hash of a row after the row whose hash is ``before``."""
    content = [before, row["at"].isoformat(), *(row[name] for name in _CONTENT)]
    return hmac.new(key, json.dumps(content).encode(), hashlib.sha256).hexdigest()


class Walk:
    """Takes the rows in the order of their ``id`` and keeps every break that it comes upon."""

    def __init__(self, key: bytes) -> None:
        self.breaks: list[Break] = []
        self.last = Kept(0, BEGINNING)
        self._key = key
        self._first: Mapping[str, Any] | None = None
        self._anchors: dict[str, str] = {}

    @property
    def first(self) -> int:
        """The first row that is left; 1 where there is none."""
        return self._first["id"] if self._first else 1

    def take(self, row: Mapping[str, Any]) -> None:
        """Look whether this row follows from the one before it."""
        purged = self._first is None and row["id"] > 1
        fault = "" if purged else self._fault(row)
        self._first = self._first or row
        if fault:
            self.breaks.append(Break(row["id"], fault))
        elif row["act"] == PURGE:
            self._anchors[row["record"]] = row["why"]
        self.last = Kept(row["id"], row["hash"])

    def end(self, chain: Kept) -> list[Break]:
        """All breaks, once every row was taken; ``chain`` is what the chain says of itself.

        The first row that a purge has left has to follow the last one that it took: a later row of
        ours (``audit.purge``) names that one and its hash.
        """
        if self._first and self._first["id"] > 1:
            before = self._anchors.get(f"audit:{self._first['id'] - 1}")
            if before is None:
                self.breaks.append(Break(self._first["id"], UNANCHORED))
            elif not self._fits(before, self._first):
                self.breaks.append(Break(self._first["id"], CHANGED))
        if self.last != chain:
            self.breaks.append(Break(self.last.length, HEAD))
        return self.breaks

    def _fault(self, row: Mapping[str, Any]) -> str:
        if row["id"] != self.last.length + 1:
            return MISSING
        return "" if self._fits(self.last.head, row) else CHANGED

    def _fits(self, before: str, row: Mapping[str, Any]) -> bool:
        return hmac.compare_digest(link(self._key, before, row), row["hash"])
