"""The clock of one referral: the dates of its case, once the offence and its day are known."""

from __future__ import annotations

from datetime import date

from core.clock import today
from referrals import record
from referrals.tables import Referral
from referrals.time_limits import CaseDates, Clock, clock
from sites import site_of


def clock_of(referral: Referral) -> Clock | None:
    """As it stands today; a disposal that was not given yet counts as given today."""
    offence = record.answers_of(referral).get("B04_offence")
    detail = referral.detail
    if not offence or not detail.offence_date:
        return None
    statement = detail.first_statement_on
    dates = CaseDates(
        given_on=referral.given_on or today(),
        offence_date=date.fromisoformat(detail.offence_date),
        offence=offence,
        first_statement_on=date.fromisoformat(statement) if statement else None,
        condition_weeks=site_of(referral.site).condition_weeks,
    )
    return clock(dates, record.rules_of(referral).prosecution_limits, today=today())
