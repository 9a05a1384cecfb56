"""What is known of a referral only later: when the conditional caution was given, and where to."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Role, Staff
from core.clock import today
from core.words import words
from referrals.moving import ReferralError, made_before, note
from referrals.tables import Referral
from referrals.transitions import BEFORE_AUTHORITY, TERMINAL, IllegalMoveError, Status
from referrals.validation import FieldError, past_day
from sites import site_of

# They stand among the events of a referral, and move nothing.
DATES, PLACE = "dates", "place"


def may_date(staff: Staff, referral: Referral) -> bool:
    """Its officer knows the dates, until it has come to its end."""
    return staff.id == referral.owner and Status(referral.status) not in TERMINAL


def is_decided(referral: Referral) -> bool:
    """Whether the conditional caution may have been given: it follows authority."""
    return Status(referral.status) not in BEFORE_AUTHORITY


def keep_dates(
    session: Session, staff: Staff, referral: Referral, *, given: str, statement: str, key: str
) -> None:
    """The day it was given, and that of the first statement, as typed; an empty one says nothing.

    Raises :class:`ReferralError` for what is no day, lies ahead or lies before the offence.
    """
    if not may_date(staff, referral):
        raise IllegalMoveError("only its officer gives the dates")
    if made_before(session, referral, key) or not (given.strip() or statement.strip()):
        return
    offence = referral.detail.offence_date
    first = date.fromisoformat(offence) if offence else None
    if given.strip() and is_decided(referral):
        referral.given_on = _day(given, first)
    if statement.strip():
        referral.detail.first_statement_on = _day(statement, first).isoformat()
    note(session, actor_of(staff), referral, DATES, key=key)


def may_place(staff: Staff, referral: Referral) -> bool:
    """The provider chooses among the site's delivery sites, where it has some."""
    here = bool(site_of(referral.site).delivery_sites) and staff.site == referral.site
    return here and staff.role == Role.coordinator and Status(referral.status) not in TERMINAL


def place(session: Session, staff: Staff, referral: Referral, code: str, *, key: str) -> None:
    """Where the workshops are to be; raises :class:`ReferralError` for no place of the site's."""
    if not may_place(staff, referral):
        raise IllegalMoveError("only a coordinator of the site chooses the place")
    if made_before(session, referral, key):
        return
    if site_of(referral.site).delivery_site(code) is None:
        raise ReferralError(words("utter_referral_choose_place", "en").text)
    referral.delivery_site = code
    note(session, actor_of(staff), referral, PLACE, key=key, reason=code)


def _day(text: str, first: date | None) -> date:
    try:
        found = past_day(text.strip(), today())
    except FieldError as fault:
        raise ReferralError(str(fault)) from None
    if first and found < first:
        raise ReferralError(words("utter_field_before_offence", "en").text)
    return found
