"""What is said of a restricted referral in the outbox is closed to the same people as itself."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from accounts.tables import Staff
from core.outbox import Outgoing
from referrals.readers import not_closed_to
from referrals.tables import Referral


def not_of_closed(staff: Staff) -> ColumnElement[bool]:
    """For a query of the outbox: no letter about a referral that this person may not open.

    The key of each letter names its referral (``Cause.key``); no other key holds such an id.
    """
    return ~exists().where(
        Referral.site == staff.site,
        ~not_closed_to(staff),
        Outgoing.key.contains(Referral.id),
    )
