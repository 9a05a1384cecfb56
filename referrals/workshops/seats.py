"""Seats in groups: taken with a booking, free again when a referral leaves its group."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import Session

from accounts.tables import Staff
from core.clock import now, today
from referrals.readers import readable
from referrals.tables import Referral
from referrals.transitions import Status
from referrals.workshops.tables import WorkshopGroup, WorkshopSeat

# While a referral stands here, its seat is its own; on hold too, for a hold ends where it began.
SEATED = frozenset({Status.booked, Status.part_a_done, Status.on_hold})


def take(session: Session, group: WorkshopGroup, referral: Referral) -> None:
    """A seat for this referral."""
    session.add(WorkshopSeat(group_id=group.id, referral_id=referral.id, taken_at=now()))


def leave(session: Session, referral: Referral) -> None:
    """Whatever seat it has is free again; without one nothing happens."""
    session.execute(
        update(WorkshopSeat)
        .where(WorkshopSeat.referral_id == referral.id, WorkshopSeat.left_at.is_(None))
        .values(left_at=now())
    )


def free(session: Session, group: WorkshopGroup) -> int:
    """How many seats are left."""
    taken = select(func.count()).select_from(WorkshopSeat).where(*_seated(group))
    return group.places - (session.scalar(taken) or 0)


def people_of(
    session: Session, group: WorkshopGroup, shown_to: Staff | None = None
) -> Sequence[Referral]:
    """The referrals that have a seat now, in the order in which they were booked.

    ``shown_to`` leaves out those that this person may not open.
    """
    asked = (
        select(Referral)
        .join(WorkshopSeat, WorkshopSeat.referral_id == Referral.id)
        .where(*_seated(group), true() if shown_to is None else readable(shown_to))
        .order_by(WorkshopSeat.id)
    )
    return session.scalars(asked).unique().all()


def was_ever_taken(session: Session, group: WorkshopGroup) -> bool:
    """Whether anybody has or had a seat."""
    seat = select(WorkshopSeat.id).where(WorkshopSeat.group_id == group.id).limit(1)
    return session.scalar(seat) is not None


def group_of(session: Session, referral: Referral) -> WorkshopGroup | None:
    """The group in which it has a seat now."""
    return session.scalar(
        select(WorkshopGroup)
        .join(WorkshopSeat, WorkshopSeat.group_id == WorkshopGroup.id)
        .where(WorkshopSeat.referral_id == referral.id, WorkshopSeat.left_at.is_(None))
    )


def begun(session: Session, referral: Referral) -> bool:
    """Whether the first day of its group has come: from then on the register says who missed it."""
    group = group_of(session, referral)
    return group is not None and group.part_a_on <= today()


def _seated(group: WorkshopGroup) -> tuple[ColumnElement[bool], ...]:
    return WorkshopSeat.group_id == group.id, WorkshopSeat.left_at.is_(None)
