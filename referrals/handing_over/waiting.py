"""What did not leave or leaves late: for the coordinator to see, and to send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Staff
from core import outbox
from core.audit import record
from core.clock import now
from core.outbox import DEAD, HELD, SENT, WAITING, Outgoing
from referrals.handing_over.closed import not_of_closed
from referrals.handing_over.posting import authorised, letters_of, post_letters
from referrals.handing_over.ways import NO_ROUTE, PULL, Cause, Purpose, cause_of
from referrals.tables import Referral, ReferralEvent

LATE, UNFETCHED = timedelta(minutes=15), timedelta(hours=24)


class Trouble(StrEnum):
    """What is the matter with something that should have left."""

    no_route = "no_route"
    given_up = "given_up"
    late = "late"
    unfetched = "unfetched"


class Again(StrEnum):
    """What came of sending it again."""

    done = "again"
    no_route = "no_route"
    gone = "gone"
    queued = "queued"
    busy = "busy"


@dataclass(frozen=True)
class Stuck:
    """One thing that waits, as a coordinator sees it: codes alone, nobody's name or address."""

    id: str
    reference: str
    purpose: Purpose
    event: str
    trouble: Trouble
    since: datetime
    tries: int
    said: str


def stuck_at(session: Session, staff: Staff) -> list[Stuck]:
    """Everything of this site that needs somebody, what has waited longest first."""
    record(session, actor_of(staff), "hand_over.list", "outbox:*")
    rows = session.scalars(
        select(Outgoing)
        .where(Outgoing.site == staff.site, Outgoing.status != SENT, _ours(), not_of_closed(staff))
        .order_by(Outgoing.made_at)
    )
    moment = now()
    return [
        _shown(row, trouble)
        for row in rows
        if (trouble := trouble_of(row, moment)) and _is_known(session, row)
    ]


def troubles_at(session: Session, site: str = "") -> list[datetime]:
    """Since when each thing waits that needs somebody, of one site or of all, and nothing else."""
    asked = select(Outgoing).where(Outgoing.status != SENT, _ours())
    rows = session.scalars(asked.where(Outgoing.site == site) if site else asked)
    moment = now()
    return [row.made_at for row in rows if trouble_of(row, moment)]


def trouble_of(row: Outgoing, moment: datetime) -> Trouble | None:
    """What is the matter with a row, if anything."""
    age = moment - row.made_at
    found = {
        Trouble.no_route: row.kind == NO_ROUTE,
        Trouble.given_up: row.status == DEAD,
        Trouble.late: row.status == WAITING and age >= LATE,
        Trouble.unfetched: row.kind == PULL and row.status == HELD and age >= UNFETCHED,
    }
    return next((trouble for trouble, so in found.items() if so), None)


def send_again(session: Session, staff: Staff, row_id: str) -> Again | None:
    """Send it by the route that is confirmed now; None where this site has no such row.

    By the same way it is the same letter with the same key, so that a receiver who had it after
    all can tell. By another way it is another letter, which takes the place of the old row.
    """
    row = _locked(session, staff, row_id)
    if row is None or not _is_known(session, row):
        return None
    if row.status == SENT:
        return Again.gone
    cause = cause_of(row.payload)
    referral, event = _moved(session, cause)
    same = [each for each in letters_of(session, referral, event, cause) if each.key == row.key]
    if same:
        return _same_way(session, staff, row, same[0].payload)
    if row.claimed_until and row.claimed_until > now():
        return Again.busy
    if not post_letters(session, referral, event, cause):
        return Again.no_route
    record(session, actor_of(staff), "outbox.resend", f"outbox:{row.id}")
    session.delete(row)
    return Again.done


def _same_way(session: Session, staff: Staff, row: Outgoing, payload: dict[str, object]) -> Again:
    if row.kind == PULL:
        return Again.queued
    row.payload = payload
    session.flush()
    sent = outbox.resend(session, row.id, row.site, by=actor_of(staff))
    return Again.done if sent else Again.gone


def _locked(session: Session, staff: Staff, row_id: str) -> Outgoing | None:
    """The row, which no worker takes meanwhile; one that a worker holds is left to it."""
    # PostgreSQL refuses a zero byte before it looks.
    if not row_id.isprintable():
        return None
    return session.scalar(
        select(Outgoing)
        .where(Outgoing.id == row_id, Outgoing.site == staff.site, _ours(), not_of_closed(staff))
        .with_for_update()
    )


def _moved(session: Session, cause: Cause) -> tuple[Referral, ReferralEvent]:
    return (
        session.get_one(Referral, cause.referral),
        session.get_one(ReferralEvent, cause.event_id),
    )


def _is_known(session: Session, row: Outgoing) -> bool:
    """Whether the provider may know of it: a worry is told before authority too, to police."""
    cause = cause_of(row.payload)
    return cause.purpose is not Purpose.worry or authorised(session, cause.referral)


def _ours() -> ColumnElement[bool]:
    return or_(*(Outgoing.key.startswith(f"{purpose}:", autoescape=True) for purpose in Purpose))


def _shown(row: Outgoing, trouble: Trouble) -> Stuck:
    cause = cause_of(row.payload)
    return Stuck(
        id=row.id,
        reference=cause.reference,
        purpose=cause.purpose,
        event=cause.event,
        trouble=trouble,
        since=row.made_at,
        tries=row.tries,
        said=row.trouble,
    )
