"""Searching the audit by person, record, act and day; each search is on record itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from accounts.staff import called
from accounts.tables import Staff
from core.audit import Actor, AuditRow, record
from core.clock import LONDON

SEARCH = "audit.search"


@dataclass(frozen=True)
class Wanted:
    """What is searched for; whatever is empty does not narrow it.

    ``person`` is a user name or the number of any actor, ``record`` a whole record or only its
    number, ``act`` an act or the beginning of one, ``request`` what an error page showed.
    """

    person: str = ""
    record: str = ""
    act: str = ""
    request: str = ""
    day: date | None = None
    refused: bool = False


def acts(session: Session, wanted: Wanted, *, by: Actor, most: int) -> Sequence[AuditRow]:
    """The rows that fit, the newest first, at most so many; that somebody looked is on record."""
    newest_first = _asked(session, wanted).order_by(AuditRow.id.desc()).limit(most)
    found = session.scalars(newest_first).all()
    record(session, by, SEARCH, "audit:*", why=_by_what(wanted))
    return found


def names(session: Session, rows: Sequence[AuditRow]) -> Mapping[str, str]:
    """The user names behind the rows, by the number of the account."""
    ids = {row.actor_id for row in rows if row.actor_kind == "staff"}
    found = session.scalars(select(Staff).where(Staff.id.in_(ids)))
    return {each.id: each.username for each in found}


def _asked(session: Session, wanted: Wanted) -> Select[AuditRow]:
    asked = select(AuditRow)
    if wanted.person:
        staff = called(session, wanted.person)
        asked = asked.where(AuditRow.actor_id == (staff.id if staff else _plain(wanted.person)))
    if about := _plain(wanted.record):
        ends_so = AuditRow.record.endswith(f":{about}", autoescape=True)
        asked = asked.where(or_(AuditRow.record == about, ends_so))
    if act := _plain(wanted.act):
        asked = asked.where(AuditRow.act.startswith(act, autoescape=True))
    if wanted.request:
        asked = asked.where(AuditRow.request == _plain(wanted.request))
    if wanted.refused:
        asked = asked.where(AuditRow.refused)
    if wanted.day:
        first, after = _bounds(wanted.day)
        asked = asked.where(AuditRow.at >= first, AuditRow.at < after)
    return asked


def _bounds(day: date) -> tuple[datetime, datetime]:
    """A day where our people are, whatever the clocks do in it."""
    return (
        datetime.combine(day, time(), LONDON),
        datetime.combine(day + timedelta(days=1), time(), LONDON),
    )


def _plain(typed: str) -> str:
    # PostgreSQL refuses a NUL character outright, and no record holds one.
    return typed.strip().replace("\x00", "")


def _by_what(wanted: Wanted) -> str:
    return "+".join(name for name, value in vars(wanted).items() if value)
