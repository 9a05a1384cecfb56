"""Which referrals somebody may open, as a condition of the query itself.

The matrix says what a role may open. A restricted referral is besides for its own officers, the
authoriser who was named, and its named readers: in lists, searches, groups, queues and extracts
alike, because the condition stands in their SQL and not after it.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from accounts.policy import ANY, Scope, statuses_by_scope
from accounts.tables import Staff
from referrals.tables import Referral, ReferralDetail, ReferralEvent, ReferralReader
from referrals.transitions import Event


def readable(staff: Staff) -> ColumnElement[bool]:
    """The referrals that this person may open."""
    return and_(within(staff, "referral"), not_closed_to(staff))


def may_read(session: Session, staff: Staff, referral: Referral) -> bool:
    """Whether this one is among them."""
    mine = select(Referral.id).where(Referral.id == referral.id, readable(staff))
    return session.scalar(mine) is not None


def not_closed_to(staff: Staff) -> ColumnElement[bool]:
    """Every referral that is not restricted, and of the others those whose reader this is."""
    named = select(ReferralDetail.referral_id).where(ReferralDetail.authoriser == staff.id)
    readers = select(ReferralReader.referral_id).where(ReferralReader.staff_id == staff.id)
    return or_(
        Referral.restricted_at.is_(None),
        Referral.owner == staff.id,
        Referral.created_by == staff.id,
        Referral.id.in_(named),
        Referral.id.in_(readers),
    )


def is_closed(session: Session, staff: Staff, referral_id: str) -> bool:
    """Whether this one is restricted, and this person is no reader of it."""
    closed = select(Referral.id).where(Referral.id == referral_id, ~not_closed_to(staff))
    return session.scalar(closed) is not None


def within(staff: Staff, kind: str) -> ColumnElement[bool]:
    """What the matrix lets a role open of its own site, whatever is restricted."""
    scopes = {
        Scope.own: or_(
            Referral.owner == staff.id,
            # A draft that was handed on, and never sent, is the colleague's alone.
            and_(Referral.created_by == staff.id, Referral.reference.is_not(None)),
        ),
        Scope.sent: Referral.reference.is_not(None),
        Scope.authorised: exists().where(
            ReferralEvent.referral_id == Referral.id, ReferralEvent.event == Event.authorise
        ),
    }
    by_scope = statuses_by_scope(kind, staff.role)
    able = [
        and_(_stands_in(by_scope[scope]), condition)
        for scope, condition in scopes.items()
        if scope in by_scope
    ]
    return and_(Referral.site == staff.site, or_(false(), *able))


def _stands_in(statuses: frozenset[str]) -> ColumnElement[bool]:
    return true() if ANY in statuses else Referral.status.in_(sorted(statuses))
