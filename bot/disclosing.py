"""What somebody is told who asks what is held about them: their own data, and nobody else's.

``docs/data.yml`` says of each column, and of each key of a JSON column, whose it is and whether it
is fact or opinion. Disclosed is what is theirs alone and a fact. What may tell of a victim, an
officer or anybody else, and what somebody thought, is held back and named, until a person has
looked at it and lets it go.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import tracker
from bot.traces import Person, where
from core.clock import now
from core.database import Base
from core.retention import declared, periods

Rows = list[dict[str, Any]]
# Numbers that join rows, and hashes: they tell nobody anything.
_NOBODY = "nobody"
THEIRS, FACT, NOTHING_PERSONAL = "suspect", "fact", "P0"


@dataclass
class Disclosure:
    """What of a person is disclosed, by table, and what a person has to look at first."""

    made_at: datetime
    tables: dict[str, Rows] = field(default_factory=dict)
    rasa: list[str] = field(default_factory=list)
    held_back: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON can hold it, each value with what it is for and how long it is kept."""
        return {
            "made_at": self.made_at.isoformat(),
            "held": {name: _told(name, rows) for name, rows in self.tables.items()},
            "held_by_the_dialogue": self.rasa,
            "held_back_for_review": self.held_back,
        }


def disclose(session: Session, person: Person, released: Collection[str] = ()) -> Disclosure:
    """Everything that is theirs. ``released`` are "table.column" that somebody has reviewed."""
    made = Disclosure(now())
    for name, theirs in where(person).items():
        table = Base.metadata.tables[name]
        rows = [dict(row._mapping) for row in session.execute(select(table).where(theirs))]
        shown = [_disclosed(made, name, row, released) for row in rows]
        if any(shown):
            made.tables[name] = [row for row in shown if row]
    made.rasa = list(_said(tracker.events_of(person.conversations)))
    return made


def _disclosed(
    made: Disclosure, table: str, row: Mapping[str, Any], released: Collection[str]
) -> dict[str, Any]:
    shown = {}
    for name, value in row.items():
        said = declared()[table][name]
        if value in (None, "", [], {}) or said[2] == _NOBODY or said[0] == "P1":
            continue
        column = f"{table}.{name}"
        if _may_be_told(said) or column in released:
            shown[name] = _part(made, column, value, released)
        else:
            made.held_back[column] = made.held_back.get(column, 0) + 1
    return shown


def _part(made: Disclosure, key: str, value: Any, released: Collection[str]) -> Any:
    """A value; of a JSON document the keys that may be told."""
    if isinstance(value, list):
        return [_part(made, key, each, released) for each in value]
    if not isinstance(value, dict):
        return value.isoformat() if isinstance(value, date) else value
    shown = {}
    for name, each in value.items():
        below = f"{key}.{name}"
        if _may_be_told(_row_of(below)) or below in released or key in released:
            shown[name] = _part(made, below, each, released)
        else:
            made.held_back[below] = made.held_back.get(below, 0) + 1
    return shown


def _row_of(key: str) -> list[str]:
    """How a key of a JSON column is classified; one that nobody has classified is held back."""
    table, _, name = key.partition(".")
    rows = declared()[table]
    fitting = [pattern for pattern in rows if "." in pattern and fnmatchcase(name, pattern)]
    return list(rows[max(fitting, key=len)]) if fitting else ["V", "", "", ""]


def _may_be_told(row: list[str]) -> bool:
    if row[0] == NOTHING_PERSONAL:
        return True
    *whose, said = row[4].split() if len(row) > 4 else ("",)
    return row[0] != "V" and whose == [THEIRS] and said == FACT


def _said(events: list[str]) -> Iterator[str]:
    """The masked words that Rasa keeps of them."""
    for each in events:
        event = json.loads(each)
        if event.get("event") == "user" and event.get("text"):
            yield event["text"]


def _told(table: str, rows: Rows) -> list[dict[str, Any]]:
    return [
        {
            name: {
                "value": value,
                "for": declared()[table][name][1],
                "kept": periods()[declared()[table][name][3]].name,
            }
            for name, value in row.items()
        }
        for row in rows
    ]
