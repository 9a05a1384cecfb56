"""Values of JSON from outside, whatever type they have: a wrong type is nothing, never an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entity = Mapping[str, Any]


def text(value: Any) -> str:
    """A value as text; "" for what is none."""
    if isinstance(value, str):
        # An official example writes a number with its quotation marks inside.
        return " ".join(value.split()).strip('"').strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return ""


def one(value: Any) -> Entity:
    """A nested entity; {} for what is none."""
    return value if isinstance(value, Mapping) else {}


def many(value: Any) -> list[Entity]:
    """A list of nested entities, without what is none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def first(texts: Iterable[Any]) -> str:
    """The first that says anything."""
    return next((said for each in texts if (said := text(each))), "")
