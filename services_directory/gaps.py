"""Counts what people asked for and did not find near home: no words of theirs, no postcode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services_directory.query import Query
from services_directory.results import Found
from services_directory.tables import Gap

NOTHING = "nothing"
# What, of all that can give way in a search, shows that a service is missing.
TELLING = ("national_only", "nearer", "distance", "words", "wishes")


@dataclass(frozen=True)
class Missing:
    """A need at a place (an outward code, or "" where none was named), and how often."""

    need: str
    area: str
    relaxed: str
    times: int


def note(session: Session, query: Query, found: Found, on: date) -> None:
    """Count a search that found nothing, or only what is further away or otherwise than wished."""
    why = next((each for each in TELLING if each in found.relaxed), "")
    if found.results and not why:
        return
    area = query.place.outward if query.place else ""
    for need in query.needs:
        key = (query.site, on, need, area, why or NOTHING)
        counted = session.get(Gap, key)
        if counted is None:
            columns = dict(zip(("site", "day", "need", "area", "relaxed"), key, strict=True))
            session.add(Gap(**columns, times=1))
        else:
            counted.times += 1
    session.flush()


def missing(session: Session, site: str, on: date, *, days: int = 90) -> list[Missing]:
    """What was missing in the last ``days``, the most asked for first."""
    times = func.sum(Gap.times)
    rows = session.execute(
        select(Gap.need, Gap.area, Gap.relaxed, times)
        .where(Gap.site == site, Gap.day > on - timedelta(days=days))
        .group_by(Gap.need, Gap.area, Gap.relaxed)
        .order_by(times.desc(), Gap.need, Gap.area)
    )
    return [Missing(need, area, relaxed, count) for need, area, relaxed, count in rows]
