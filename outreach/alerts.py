"""Alerts: taken from the spool, told to people, taken on by one of them, or told to more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from accounts.policy import roles_for
from accounts.tables import Role, Staff
from core.audit import SYSTEM, Actor, record
from core.clock import AHEAD, now
from core.outbox import Letter, post
from core.settings import settings
from outreach.entries import ASKED
from outreach.notices import AGAIN, FIRST, UNREACHED, letters, people_of
from outreach.tables import Alert, AlertRepeat, AlertStatus
from sites import Person, site_of

SEE, READ_WORDS = roles_for("alerts.read"), roles_for("alerts.answer")
OUTCOMES = ("reached", "passed_on", "no_risk_found", "could_not_reach")
UNTAKEN = (AlertStatus.open, AlertStatus.escalated)
NOT_CLOSED = (*UNTAKEN, AlertStatus.acknowledged)
SHOWN = 200


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
    kept = ("id", "site", "kind", "level", "why", "audience", "channel", "conversation", "said")
    session.add(
        Alert(
            **{key: entry[key] for key in kept},
            reach=entry["reach"],
            status=AlertStatus.open,
            raised_at=raised,
            said_last=raised,
            escalate_at=_escalates(entry, raised),
        )
    )
    record(session, _actor(entry), "alert.raise", f"alert:{entry['id']}")
    _post(session, entry, FIRST, told)


def _escalates(entry: dict[str, Any], raised: datetime) -> datetime:
    """When more people are told: of a danger by the site's minutes, else by when we promised."""
    if entry.get("answer_by"):
        return datetime.fromisoformat(entry["answer_by"])
    return raised + timedelta(minutes=site_of(entry["site"]).alerts.escalate_after_minutes)


def _said_again(session: Session, entry: dict[str, Any]) -> bool:
    if session.get(AlertRepeat, entry["id"]):
        return True
    # Who has a person already and asks for one is the same request; a new danger is a new alert.
    same = NOT_CLOSED if entry["kind"] == ASKED else UNTAKEN
    known = session.scalar(
        select(Alert)
        .where(
            Alert.conversation == entry["conversation"],
            Alert.kind == entry["kind"],
            Alert.status.in_(same),
        )
        .limit(1)
    )
    if known is None:
        return False
    known.repeats, known.said_last = known.repeats + 1, datetime.fromisoformat(entry["at"])
    session.add(AlertRepeat(id=entry["id"], alert_id=known.id))
    record(session, _actor(entry), "alert.again", f"alert:{known.id}")
    return True


def escalate_overdue(session: Session) -> int:
    """Tell more people of every alert that nobody has taken in time, once each.

    Where the clock was set back nobody knows how long a danger has waited: too early is better.
    """
    moment = now()
    waited = and_(Alert.kind != ASKED, Alert.raised_at > moment + AHEAD)
    late = session.scalars(
        select(Alert)
        .where(Alert.status == AlertStatus.open, or_(Alert.escalate_at <= moment, waited))
        .order_by(Alert.escalate_at)
    ).all()
    # Somebody may take one on between our look and our writing.
    told = [a for a in late if _moved(session, a, (AlertStatus.open,), AlertStatus.escalated)]
    for alert in told:
        alert.escalated_at = now()
        record(session, SYSTEM, "alert.escalate", f"alert:{alert.id}")
        _post(session, as_entry(alert), AGAIN)
    return len(told)


def not_reached(session: Session, *conversations: str) -> int:
    """A text of ours did not arrive: tell people of each alert that it left alone, once each.

    Whoever was in danger may have had no answer at all. Gives how many alerts that is.
    """
    standing = select(Alert).where(
        Alert.conversation.in_(conversations),
        Alert.status.in_(NOT_CLOSED),
        Alert.unreached_at.is_(None),
    )
    alone = session.scalars(standing).all()
    for alert in alone:
        alert.unreached_at = now()
        record(session, SYSTEM, "alert.unreached", f"alert:{alert.id}")
        _post(session, as_entry(alert), UNREACHED)
    return len(alone)


def reached(session: Session, sent_at: datetime, *conversations: str) -> None:
    """A text that left at ``sent_at`` arrived, so what went wrong before it is no trouble now."""
    mended = (
        update(Alert)
        .where(Alert.conversation.in_(conversations), Alert.unreached_at <= sent_at)
        .values(unreached_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(mended)


def alerts_of(session: Session, staff: Staff) -> list[Alert]:
    """The alerts of this person's site: all that wait, danger first; then the newest others."""
    if staff.role not in SEE:
        return []
    mine = select(Alert).where(Alert.site == staff.site)
    first = (Alert.kind == ASKED, Alert.raised_at)
    waiting = session.scalars(mine.where(Alert.status.in_(UNTAKEN)).order_by(*first)).all()
    others = session.scalars(
        mine.where(Alert.status.not_in(UNTAKEN)).order_by(Alert.raised_at.desc()).limit(SHOWN)
    ).all()
    record(session, Actor("staff", staff.id, staff.site), "alert.list", "alert:*")
    return [*waiting, *others]


def alert_for(session: Session, staff: Staff, alert_id: str) -> Alert | None:
    """One alert of this person's own site; that it was read is on record."""
    # PostgreSQL refuses a zero byte before it looks.
    found = session.get(Alert, alert_id) if alert_id.isprintable() else None
    if found is None or staff.role not in SEE or found.site != staff.site:
        return None
    record(session, Actor("staff", staff.id, staff.site), "alert.read", f"alert:{alert_id}")
    return found


def acknowledge(session: Session, staff: Staff, alert: Alert) -> None:
    """One person takes it on, which stops the clock; raises :class:`TakenError`."""
    if not _moved(session, alert, UNTAKEN, AlertStatus.acknowledged):
        raise TakenError
    alert.acknowledged_at, alert.acknowledged_by = now(), staff.id
    record(session, Actor("staff", staff.id, staff.site), "alert.acknowledge", f"alert:{alert.id}")


def close(session: Session, staff: Staff, alert: Alert, outcome: str) -> None:
    """Done, with one of :data:`OUTCOMES`; messages that we begin may go on after it.

    Raises :class:`TakenError` where nobody has taken it on or it is closed, and ``ValueError``
    for an outcome that is none.
    """
    if outcome not in OUTCOMES:
        raise ValueError(outcome)
    if not _moved(session, alert, (AlertStatus.acknowledged,), AlertStatus.closed):
        raise TakenError
    alert.closed_at, alert.closed_as = now(), outcome
    record(session, Actor("staff", staff.id, staff.site), "alert.close", f"alert:{alert.id}")


def paused(session: Session, *conversations: str) -> bool:
    """Whether messages that we begin have to wait: an alert of danger to them is not closed.

    Somebody who only asked for a person gets their reminders all the same.
    """
    waiting = select(Alert.id).where(
        Alert.conversation.in_(conversations),
        Alert.status != AlertStatus.closed,
        Alert.kind != ASKED,
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
    return {key: getattr(alert, key) for key in told} | {
        "at": alert.raised_at.isoformat(),
        "answer_by": alert.escalate_at.isoformat(),
    }


def _moved(
    session: Session, alert: Alert, before: Sequence[AlertStatus], after: AlertStatus
) -> bool:
    """Move an alert on, unless somebody else has moved it since it was read."""
    move = (
        update(Alert)
        .where(Alert.id == alert.id, Alert.status.in_(before))
        .values(status=after)
        .execution_options(synchronize_session=False)
    )
    moved = session.connection().execute(move).rowcount == 1
    session.refresh(alert)
    return moved


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
    # The demonstration's people are nobody's in production.
    real = [each for each in staff if settings().demo or not each.demonstration]
    return tuple(Person(name=each.name, email=each.email) for each in real if each.email)


def _actor(entry: dict[str, Any]) -> Actor:
    return Actor("conversation", entry["conversation"], entry["site"])
