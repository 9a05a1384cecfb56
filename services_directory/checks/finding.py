"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Characters of a sentence; a value that was pasted into the wrong field may be far longer.
MOST_WORDS = 300
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """A fault in one field of a listing: ``words`` is one plain sentence to a coordinator.

    An "error" keeps an edit from being submitted; a "warning" is shown and leaves the choice to
    the coordinator. ``check`` is the code by which findings are counted.
    """

    check: str
    field: str
    severity: Severity
    words: str


def error(check: str, field: str, words: str) -> Finding:
    """A fault that must be put right before the listing is submitted."""
    return Finding(check, field, "error", _cut(words))


def warning(check: str, field: str, words: str) -> Finding:
    """A fault that a person has to look at and may leave."""
    return Finding(check, field, "warning", _cut(words))


def _cut(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
