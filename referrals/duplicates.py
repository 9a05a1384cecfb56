"""The same case referred before, found before work is done twice.

The same custody or crime number, or the same name and birth date, at the same site. Looked up by
keyed hash: what is compared is never read.
"""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from referrals.tables import Referral, ReferralDetail
from referrals.transitions import Status

# A field whose answer may show that the case is known already.
TELLING = frozenset({"crime_reference", "custody_reference", "full_name", "date_of_birth"})
_OVER = (Status.expired, Status.withdrawn)


def same_case(session: Session, referral: Referral) -> Referral | None:
    """The newest other referral of this case at this site, if there is one that counts still."""
    mine = referral.detail
    pairs = (
        (ReferralDetail.crime_reference_lookup, mine.crime_reference_lookup),
        (ReferralDetail.custody_reference_lookup, mine.custody_reference_lookup),
    )
    same = [column == value for column, value in pairs if value]
    if mine.full_name_lookup and mine.date_of_birth_lookup:
        same.append(
            and_(
                ReferralDetail.full_name_lookup == mine.full_name_lookup,
                ReferralDetail.date_of_birth_lookup == mine.date_of_birth_lookup,
            )
        )
    if not same:
        return None
    return session.scalar(
        select(Referral)
        .join(ReferralDetail, ReferralDetail.referral_id == Referral.id)
        .where(
            Referral.site == referral.site,
            Referral.id != referral.id,
            Referral.status.not_in(_OVER),
            or_(*same),
        )
        .order_by(Referral.created_at.desc())
        .limit(1)
    )
