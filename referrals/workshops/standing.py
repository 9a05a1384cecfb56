"""Where a case stands for whoever texts about it: its workshops' days, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.tables import Referral
from referrals.transitions import Status
from referrals.workshops.tables import WorkshopGroup, WorkshopSeat

# The days still to come of somebody who stands there: the first only before it was attended.
_TO_COME = {Status.booked: (True, True), Status.part_a_done: (False, True)}


@dataclass(frozen=True)
class CaseStanding:
    """The days of the workshops still to come, whether both were attended, and a worry.

    ``to_book``: it had a booking that came to nothing, and waits for another.
    """

    days: tuple[date, ...] = ()
    done: bool = False
    flagged: bool = False
    to_book: bool = False


def standing_of(session: Session, referral_id: str) -> CaseStanding | None:
    """How a case stands now; None where there is no such referral any more."""
    referral = session.get(Referral, referral_id)
    if referral is None:
        return None
    status = Status(referral.status)
    return CaseStanding(
        days=_days(session, referral_id, _TO_COME.get(status, (False, False))),
        done=status is Status.completed,
        flagged=referral.flagged_at is not None,
        to_book=status is Status.rebooking,
    )


def _days(session: Session, referral_id: str, to_come: tuple[bool, bool]) -> tuple[date, ...]:
    group = session.scalars(
        select(WorkshopGroup)
        .join(WorkshopSeat, WorkshopSeat.group_id == WorkshopGroup.id)
        .where(WorkshopSeat.referral_id == referral_id, WorkshopSeat.left_at.is_(None))
        .order_by(WorkshopSeat.id.desc())
    ).first()
    if group is None:
        return ()
    both = zip((group.part_a_on, group.part_b_on), to_come, strict=True)
    return tuple(day for day, coming in both if coming)
