"""Drafts for the tests of the record: one officer's at Hampshire, empty or complete."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.demonstration import demonstration_account
from accounts.tables import Role, Staff
from core.audit import AuditRow
from core.database import transaction
from referrals import record
from referrals.tables import Referral, ReferralEvent

FIELDS = {
    "crime_reference": "44260123456",
    "custody_reference": "HA/04417/26",
    "offence_date": "20 11 2025",
    "first_statement_on": "",
    "risk_tool": "dash",
    "officer_phone": "",
    "officer_in_case": "",
    "full_name": "Alex Example",
    "date_of_birth": "14 9 1991",
    "postcode_district": "SO14 2AA",
    "living_with_victim_now": "no",
    "mobile": "",
    "second_contact": "",
    "interpreter_language": "none",
    "access_needs": "",
    "when_unavailable": "",
    "support_needs_seen": "alcohol|work",
}


def person(session: Session, role: Role = Role.officer, site: str = "hampshire") -> Staff:
    """The demonstration's member of staff, made if the sign-in page does not show the role."""
    return demonstration_account(session, role, site)


def new_draft() -> str:
    """The id of an empty draft."""
    with transaction() as session:
        return record.start(session, person(session)).id


def draft(session: Session, referral_id: str) -> Referral:
    """The officer's own referral."""
    found = record.own(session, person(session), referral_id)
    assert found is not None
    return found


def answer(referral_id: str, source: str = "choice", **values: str | None) -> None:
    """One turn's answers, in a transaction of their own."""
    with transaction() as session:
        record.answer(session, person(session), draft(session, referral_id), values, source)


def give(referral_id: str, name: str, raw: str) -> None:
    """One field, in a transaction of its own."""
    with transaction() as session:
        record.give_field(session, person(session), draft(session, referral_id), name, raw)


def clear_answers(session: Session, referral: Referral) -> dict[str, str | None]:
    """An answer to every criterion with which a case goes on."""
    return {item.id: next(iter(item.answers)) for item in record.rules_of(referral).in_chat}


def full_draft(**changed: str | None) -> str:
    """A draft with everything answered; ``changed`` are answers that are not the clear ones."""
    with transaction() as session:
        officer = person(session)
        referral = record.start(session, officer)
        answers = clear_answers(session, referral) | changed
        record.answer(session, officer, referral, answers, "choice")
        for name, raw in FIELDS.items():
            record.give_field(session, officer, referral, name, raw)
        sergeant = person(session, Role.authoriser)
        record.give_field(session, officer, referral, "authoriser", sergeant.id)
        return referral.id


def submit(referral_id: str, key: str = "first press") -> str:
    """The officer sends it; gives the reference."""
    with transaction() as session:
        return record.submit(session, person(session), draft(session, referral_id), key)


def close(referral_id: str, key: str = "first press") -> None:
    """The officer closes it as not meeting the criteria."""
    with transaction() as session:
        record.close_as_not_met(session, person(session), draft(session, referral_id), key)


def acts(referral_id: str) -> list[str]:
    """What the audit says was done to a referral, in order."""
    with transaction() as session:
        rows = session.scalars(
            select(AuditRow)
            .where(AuditRow.record == f"referral:{referral_id}")
            .order_by(AuditRow.id)
        )
        return [row.act for row in rows]


def events(referral_id: str) -> list[tuple[str, str, str, str]]:
    """How a referral moved, and why."""
    with transaction() as session:
        rows = session.scalars(
            select(ReferralEvent).where(ReferralEvent.referral_id == referral_id)
        )
        return [(row.event, row.from_status, row.to_status, row.reason) for row in rows]
