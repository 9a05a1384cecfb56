"""Drafts that nobody finishes: their officer is warned, then what they hold is removed.

Thirty days after the last change, warned at twenty-one: periods of this project, until the force's
records manager signs others (docs/data.yml, letter D).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import SYSTEM
from core.clock import now
from referrals import victim
from referrals.fields import FIELDS
from referrals.moving import apply
from referrals.tables import Referral, ReferralAnswer
from referrals.transitions import Event, Status

WARNED_AFTER, KEPT = timedelta(days=21), timedelta(days=30)


def days_left(referral: Referral) -> int | None:
    """In how many days a draft runs out; None while there is nothing to warn of."""
    if referral.status != Status.draft or now() - referral.updated_at < WARNED_AFTER:
        return None
    return max(0, (referral.updated_at + KEPT - now()).days)


def expire_drafts(session: Session) -> int:
    """Let the drafts run out whose time is over, and remove who they were about; gives how many.

    A draft that a sergeant gave back was sent once: its reference and frozen copy stay with it.
    """
    late = select(Referral).where(
        Referral.status == Status.draft, Referral.updated_at <= now() - KEPT
    )
    found = list(session.scalars(late).unique())
    for referral in found:
        apply(session, SYSTEM, referral, Event.expire, key=f"expire:{referral.id}")
        for field in FIELDS:
            setattr(referral.detail, field.name, None)
        for name in ("crime_reference", "custody_reference", "full_name", "date_of_birth"):
            setattr(referral.detail, f"{name}_lookup", None)
        referral.detail.text_consent_words = referral.detail.text_consent_at = None
        victim.remove(session, referral)
        session.execute(delete(ReferralAnswer).where(ReferralAnswer.referral_id == referral.id))
    return len(found)
