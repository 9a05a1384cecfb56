"""Who keeps a referral to named readers and who opens it again, each with a reason on record."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, false, select
from sqlalchemy.orm import Session

from accounts.policy import allows, roles_for
from accounts.staff import actor_of
from accounts.tables import Staff
from core.clock import now
from core.words import words
from referrals.moving import ReferralError, made_before, note
from referrals.readers import readable, within
from referrals.tables import Referral, ReferralReader
from referrals.transitions import IllegalMoveError

RESTRICT, OPEN_AGAIN = "restrict", "open_again"
OPENS = "referral.read"


def to_restrict(staff: Staff) -> ColumnElement[bool]:
    """What this person may restrict: what they may open, or, who opens none, what was ever sent.

    Of what they cannot open they see its reference and its readers alone.
    """
    if not allows(staff.role, "referral.restrict"):
        return false()
    return readable(staff) if allows(staff.role, OPENS) else within(staff, "restriction")


def readers_of(session: Session, referral: Referral) -> set[str]:
    """The ids of the named readers."""
    named = select(ReferralReader.staff_id).where(ReferralReader.referral_id == referral.id)
    return set(session.scalars(named))


def possible_readers(session: Session, site: str) -> list[Staff]:
    """Who of a site could be named: everybody at work there whose role opens referrals."""
    found = session.scalars(
        select(Staff).where(
            Staff.site == site, Staff.role.in_(roles_for(OPENS)), Staff.disabled_at.is_(None)
        )
    )
    return sorted(found, key=lambda each: each.name)


def restrict(
    session: Session,
    staff: Staff,
    referral: Referral,
    readers: Collection[str],
    *,
    said: str,
    key: str,
) -> None:
    """Keep it to these readers (ids) and its own people; raises :class:`ReferralError`.

    Who restricts what they work on stays among the readers, or could not open it again.
    """
    _refuse(session, staff, referral, said)
    able = {each.id for each in possible_readers(session, referral.site)}
    if made_before(session, referral, key):
        return
    session.execute(delete(ReferralReader).where(ReferralReader.referral_id == referral.id))
    for reader in sorted(able & {*readers, staff.id}):
        session.add(
            ReferralReader(
                referral_id=referral.id, staff_id=reader, added_by=staff.id, added_at=now()
            )
        )
    referral.restricted_at = referral.restricted_at or now()
    note(session, actor_of(staff), referral, RESTRICT, key=key, said=said)


def open_again(session: Session, staff: Staff, referral: Referral, *, said: str, key: str) -> None:
    """Let everybody open it again whom the matrix lets; raises :class:`ReferralError`."""
    _refuse(session, staff, referral, said)
    if made_before(session, referral, key):
        return
    session.execute(delete(ReferralReader).where(ReferralReader.referral_id == referral.id))
    referral.restricted_at = None
    note(session, actor_of(staff), referral, OPEN_AGAIN, key=key, said=said)


def _refuse(session: Session, staff: Staff, referral: Referral, said: str) -> None:
    may = select(Referral.id).where(Referral.id == referral.id, to_restrict(staff))
    if session.scalar(may) is None:
        raise IllegalMoveError("not a referral that this person restricts")
    if not said.strip():
        raise ReferralError(words("utter_referral_say_why", "en").text)
