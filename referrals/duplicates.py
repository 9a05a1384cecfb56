"""The same case referred before, found before work is done twice.

The same custody or crime number, or the same name and birth date, at the same site. Looked up by
keyed hash: what is compared is never read.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.tables import Staff
from core.crypto import lookup_hashes
from referrals.readers import not_closed_to
from referrals.tables import Referral, ReferralDetail
from referrals.transitions import Status

# A field whose answer may show that the case is known already.
TELLING = frozenset({"crime_reference", "custody_reference", "full_name", "date_of_birth"})
_OVER = (Status.expired, Status.withdrawn)


def same_case(session: Session, staff: Staff, referral: Referral) -> Referral | None:
    """The newest other referral of this case at this site, if there is one that counts still.

    Nobody is told of one that is closed to them.
    """
    mine = referral.detail
    numbers = ("crime_reference", "custody_reference")
    same = [_same(mine, name) for name in numbers if getattr(mine, name)]
    if mine.full_name and mine.date_of_birth:
        same.append(and_(_same(mine, "full_name"), _same(mine, "date_of_birth")))
    if not same:
        return None
    return session.scalar(
        select(Referral)
        .join(ReferralDetail, ReferralDetail.referral_id == Referral.id)
        .where(
            Referral.site == referral.site,
            not_closed_to(staff),
            Referral.id != referral.id,
            Referral.status.not_in(_OVER),
            or_(*same),
        )
        .order_by(Referral.created_at.desc())
        .limit(1)
    )


def same_person(session: Session, referral: Referral) -> list[Referral]:
    """The other referrals of the same name and birth date at this site, whatever became of them."""
    mine = referral.detail
    if not (mine and mine.full_name and mine.date_of_birth):
        return []
    found = (
        select(Referral)
        .join(ReferralDetail, ReferralDetail.referral_id == Referral.id)
        .where(
            Referral.site == referral.site,
            Referral.id != referral.id,
            _same(mine, "full_name"),
            _same(mine, "date_of_birth"),
        )
    )
    return list(session.scalars(found).unique())


def _same(mine: ReferralDetail, name: str) -> ColumnElement[bool]:
    """Whether a field of another is that of mine, whatever secret its hash was made under."""
    lookup: InstrumentedAttribute[str | None] = getattr(ReferralDetail, f"{name}_lookup")
    return lookup.in_(lookup_hashes(f"referral_detail.{name}_lookup", getattr(mine, name)))
