"""Alerts: taken from the spool, told to people, taken on by one of them, or told to more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.tables import Role, Staff
from core.audit import SYSTEM, Actor, record
from core.clock import now
from core.outbox import Letter, post
from outreach.notices import AGAIN, FIRST, letters, people_of
from outreach.tables import Alert, AlertStatus
from sites import Person, site_of

SEE = frozenset({Role.coordinator, Role.site_admin, Role.facilitator, Role.navigator})
READ_WORDS = frozenset({Role.coordinator, Role.site_admin})
OUTCOMES = ("reached", "passed_on", "no_risk_found", "could_not_reach")
UNTAKEN = (AlertStatus.open, AlertStatus.escalated)


class TakenError(Exception):
    """Somebody else has it already, or it is closed."""


def take_in(session: Session, entry: dict[str, Any], told: Sequence[str] = ()) -> None:
    """Make an alert of a spooled entry, and letters to everybody who has to know.

    ``told`` lists the keys of letters that went out while the database was away. The same entry
    again changes nothing. Somebody who says it again before anybody has taken it on is the same
    alert, so that ten messages are not ten letters.
    """
    if session.get(Alert, entry["id"]) or _said_again(session, entry):
        return
    raised = datetime.fromisoformat(entry["at"])
    wait = timedelta(minutes=site_of(entry["site"]).alerts.escalate_after_minutes)
    kept = ("id", "site", "kind", "level", "why", "audience", "channel", "conversation", "said")
    session.add(
        Alert(
            **{key: entry[key] for key in kept},
            reach=entry["reach"],
            status=AlertStatus.open,
            raised_at=raised,
            said_last=raised,
            escalate_at=raised + wait,
        )
    )
    record(session, _actor(entry), "alert.raise", f"alert:{entry['id']}")
    _post(session, entry, FIRST, told)


def _said_again(session: Session, entry: dict[str, Any]) -> bool:
    known = session.scalar(
        select(Alert)
        .where(
            Alert.conversation == entry["conversation"],
            Alert.kind == entry["kind"],
            Alert.status.in_(UNTAKEN),
        )
        .limit(1)
    )
    if known is None:
        return False
    known.repeats, known.said_last = known.repeats + 1, datetime.fromisoformat(entry["at"])
    record(session, _actor(entry), "alert.again", f"alert:{known.id}")
    return True


def escalate_overdue(session: Session) -> int:
    """Tell more people of every alert that nobody has taken in time, once each."""
    late = session.scalars(
        select(Alert)
        .where(Alert.status == AlertStatus.open, Alert.escalate_at <= now())
        .order_by(Alert.escalate_at)
    ).all()
    for alert in late:
        alert.status, alert.escalated_at = AlertStatus.escalated, now()
        record(session, SYSTEM, "alert.escalate", f"alert:{alert.id}")
        _post(session, as_entry(alert), AGAIN)
    return len(late)


def alerts_of(session: Session, staff: Staff) -> list[Alert]:
    """The alerts of this person's site: those that wait first, oldest first; then the newest."""
    if staff.role not in SEE:
        return []
    found = session.scalars(
        select(Alert).where(Alert.site == staff.site).order_by(Alert.raised_at.desc()).limit(200)
    ).all()
    record(session, Actor("staff", staff.id, staff.site), "alert.list", "alert:*")
    waiting = [alert for alert in found if alert.status in UNTAKEN]
    return list(reversed(waiting)) + [alert for alert in found if alert.status not in UNTAKEN]


def alert_for(session: Session, staff: Staff, alert_id: str) -> Alert | None:
    """One alert of this person's own site; that it was read is on record."""
    found = session.get(Alert, alert_id)
    if found is None or staff.role not in SEE or found.site != staff.site:
        return None
    record(session, Actor("staff", staff.id, staff.site), "alert.read", f"alert:{alert_id}")
    return found


def acknowledge(session: Session, staff: Staff, alert: Alert) -> None:
    """One person takes it on, which stops the clock; raises :class:`TakenError`."""
    if alert.status not in UNTAKEN:
        raise TakenError
    alert.status = AlertStatus.acknowledged
    alert.acknowledged_at, alert.acknowledged_by = now(), staff.id
    record(session, Actor("staff", staff.id, staff.site), "alert.acknowledge", f"alert:{alert.id}")


def close(session: Session, staff: Staff, alert: Alert, outcome: str) -> None:
    """Done, with one of :data:`OUTCOMES`; messages that we begin may go on after it.

    Raises :class:`TakenError` where nobody has taken it on or it is closed, and ``ValueError``
    for an outcome that is none.
    """
    if outcome not in OUTCOMES:
        raise ValueError(outcome)
    if alert.status != AlertStatus.acknowledged:
        raise TakenError
    alert.status, alert.closed_at, alert.closed_as = AlertStatus.closed, now(), outcome
    record(session, Actor("staff", staff.id, staff.site), "alert.close", f"alert:{alert.id}")


def paused(session: Session, conversation: str) -> bool:
    """Whether messages that we begin have to wait: an alert about this person is not closed."""
    waiting = select(Alert.id).where(
        Alert.conversation == conversation, Alert.status != AlertStatus.closed
    )
    return session.scalar(waiting.limit(1)) is not None


def waiting_count(session: Session, staff: Staff) -> int:
    """How many alerts of this person's site nobody has taken."""
    if staff.role not in SEE:
        return 0
    waiting = select(Alert.id).where(Alert.site == staff.site, Alert.status.in_(UNTAKEN))
    return len(session.scalars(waiting).all())


def as_entry(alert: Alert) -> dict[str, Any]:
    """What a notice says of an alert."""
    told = ("id", "site", "kind", "level", "audience", "channel")
    return {key: getattr(alert, key) for key in told} | {"at": alert.raised_at.isoformat()}


def _post(session: Session, entry: dict[str, Any], turn: str, told: Sequence[str] = ()) -> None:
    people = people_of(entry["site"], turn) + _coordinators(session, entry["site"])
    for letter in _once_each(letters(entry, people, turn)):
        post(session, letter, site=entry["site"], sent=letter.key in told)


def _once_each(made: Iterable[Letter]) -> list[Letter]:
    return list({letter.key: letter for letter in made}.values())


def _coordinators(session: Session, site: str) -> tuple[Person, ...]:
    staff = session.scalars(
        select(Staff).where(
            Staff.site == site, Staff.role == Role.coordinator, Staff.disabled_at.is_(None)
        )
    )
    return tuple(Person(name=each.name, email=each.email) for each in staff if each.email)


def _actor(entry: dict[str, Any]) -> Actor:
    return Actor("conversation", entry["conversation"], entry["site"])
