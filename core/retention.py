"""How long what is stored is kept, as ``docs/data.yml`` declares it, and the round that ends it.

A rule takes the rows of its tables that are past a period. Each runs in a transaction of its own:
what keeps one from it does not keep the others. How many rows went is on record, and nothing of
what stood in them.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import SYSTEM, record
from core.clock import now
from core.database import transaction
from core.settings import ROOT

FILE = ROOT / "docs" / "data.yml"
# Sections of the file that are no tables.
PERIODS, ELSEWHERE = "periods", "elsewhere"
log = logging.getLogger("cara.retention")


@dataclass(frozen=True)
class Period:
    """How long: so many ``days`` from what ``since`` says; None is as long as the installation."""

    letter: str
    name: str
    days: int | None
    since: str

    def ended(self, moment: datetime) -> datetime:
        """Of what began before this moment the period is over at ``moment``."""
        if self.days is None:
            raise ValueError(f"{self.letter} never ends")
        return moment - timedelta(days=self.days)


@lru_cache(maxsize=1)
def declared() -> Mapping[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def periods() -> Mapping[str, Period]:
    """Every period by its letter."""
    return {letter: Period(letter, **said) for letter, said in declared()[PERIODS].items()}


Gone = Counter[str]


@dataclass(frozen=True)
class Rule:
    """What takes the rows of ``tables`` whose period is over; ``run`` gives how many, by table.

    ``run`` is told the moment before which a period has to have begun to be over now.
    """

    letter: str
    tables: tuple[str, ...]
    run: Callable[[Session, datetime], Gone]


def purge(rules: Iterable[Rule]) -> Gone:
    """Run every rule now; gives how many rows went, by table. A database that is away can wait."""
    gone = Gone()
    for rule in rules:
        try:
            with transaction() as session:
                found = rule.run(session, _over(rule.letter))
                for table, count in sorted(found.items()):
                    record(session, SYSTEM, "retention.purge", f"{table}:*", why=str(count))
        except SQLAlchemyError as error:
            log.warning("%s: nothing was removed: %s", rule.tables[0], type(error).__name__)
        else:
            gone += found
    if gone:
        told = ", ".join(f"{count} {table}" for table, count in sorted(gone.items()))
        log.info("past their time: %s", told)
    return gone


def _over(letter: str) -> datetime:
    return periods()[letter].ended(now())


def schedule() -> str:
    """The retention schedule for people, as a table of Markdown, made from the file."""
    lines = ["| period | days | counted from | tables |", "|---|---|---|---|"]
    for letter, period in periods().items():
        days = "as long as needed" if period.days is None else str(period.days)
        named = ", ".join(f"`{each}`" for each in tables_of(letter))
        lines.append(f"| {letter} {period.name} | {days} | {period.since} | {named} |")
    return "\n".join(lines)


def tables_of(letter: str) -> list[str]:
    """The tables, and what lies elsewhere, of which something has that period."""
    found = []
    for table, rows in declared().items():
        if table == ELSEWHERE:
            found += [name for name, row in rows.items() if row[3] == letter]
        elif table != PERIODS and any(row[3] == letter for row in rows.values()):
            found.append(table)
    return found


if __name__ == "__main__":
    print(schedule())
