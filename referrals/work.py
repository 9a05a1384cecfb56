"""What waits for whom: the referrals on one person's list, by what they have to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from accounts.tables import Role, Staff
from core.clock import now
from referrals.readers import readable
from referrals.support import not_assessed
from referrals.tables import Referral, ReferralDetail
from referrals.transitions import TERMINAL, Status

ENDED_STAYS = timedelta(days=30)
MOST = 200
IN_HAND = (
    Status.accepted,
    Status.booked,
    Status.part_a_done,
    Status.rebooking,
    Status.on_hold,
)


def work_of(session: Session, staff: Staff) -> list[tuple[str, list[Referral]]]:
    """The groups of this person's list, each with its code; a group without a referral is left out.

    The site is part of every question, so that no list ever shows another site's people.
    """
    groups = [
        (code, _asked(session, staff, Referral.status.in_(statuses), *more))
        for code, statuses, more in _groups(staff)
    ]
    return [(code, found) for code, found in groups if found]


def _groups(
    staff: Staff,
) -> Sequence[tuple[str, Sequence[Status], tuple[ColumnElement[bool], ...]]]:
    # A draft that was handed on, and never sent, is the colleague's alone.
    sent = and_(Referral.created_by == staff.id, Referral.reference.is_not(None))
    mine = (or_(Referral.owner == staff.id, sent),)
    named = ReferralDetail.authoriser == staff.id
    ended = (*TERMINAL,)
    lately = Referral.updated_at >= now() - ENDED_STAYS
    if staff.role == Role.officer:
        waits = (Status.information_requested,)
        under_way = tuple(set(Status) - TERMINAL - {Status.draft, *waits})
        return [
            ("answer", waits, mine),
            ("drafts", (Status.draft,), (Referral.owner == staff.id,)),
            ("under_way", under_way, mine),
            ("ended", ended, (*mine, lately)),
        ]
    if staff.role == Role.authoriser:
        return [
            ("decide", (Status.awaiting_authority,), (named,)),
            ("decide_for_others", (Status.awaiting_authority,), (~named,)),
        ]
    if staff.role in (Role.coordinator, Role.navigator, Role.facilitator):
        unseen = [("to_assess", IN_HAND, (not_assessed(),))] * (staff.role == Role.navigator)
        seen = (~not_assessed(),) if unseen else ()
        return [
            ("new", (Status.submitted,), ()),
            ("asked", (Status.information_requested,), ()),
            *unseen,
            ("in_hand", IN_HAND, seen),
            ("ended", (Status.completed, Status.returned_to_police), (lately,)),
        ]
    return []


def _asked(session: Session, staff: Staff, *where: ColumnElement[bool]) -> list[Referral]:
    asked = (
        select(Referral)
        .join(ReferralDetail, ReferralDetail.referral_id == Referral.id)
        .where(readable(staff), *where)
        .order_by(Referral.flagged_at.is_(None), Referral.updated_at)
        .limit(MOST)
    )
    return list(session.scalars(asked).unique())
