"""The receipt: what was sent and frozen, for officer and authoriser, to read and to print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import phonenumbers
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import LONDON
from core.database import transaction
from core.web.pages import page
from core.words import words
from referrals import record, victim
from referrals.fields import BY_NAME
from referrals.reference import read_aloud, read_reference
from referrals.tables import Referral
from referrals.transitions import Status
from referrals.web.case_shown import dates_of
from referrals.web.case_shown import words as words_of_cases
from sites import site_of

router = APIRouter(prefix="/referrals")
Prints = Annotated[Staff, Depends(only("referral.receipt"))]

NOT_GIVEN = words("utter_not_given", "en").text
OUTCOMES = {
    "appears_to_meet": "Appears to meet the criteria",
    "needs_supervisor": "A supervisor has to look at it",
    "does_not_meet": "Does not meet every criterion: the officer asks to consider it all the same",
}


@dataclass(frozen=True)
class Line:
    """One question as it was worded, and its answer as a person reads it."""

    question: str
    answer: str


@router.get("/{reference}/receipt")
def receipt(request: Request, reference: str, staff: Prints) -> Response:
    """The receipt for its officer and its authoriser; for anybody else there is none (404)."""
    with transaction() as session:
        held = read_reference(reference)
        found = record.by_reference(session, staff, held) if held else None
        if held is None or found is None or found.frozen is None or found.submitted_at is None:
            raise HTTPException(404)
        sent = found.submitted_at.astimezone(LONDON)
        return page(
            request,
            "receipt.html",
            staff=staff,
            site=site_of(found.site).name,
            reference=found.reference,
            spoken=read_aloud(held),
            sent=f"{_day(sent.date())}, {sent:%H:%M}",
            stands=words_of_cases()["statuses"][found.status],
            dates=dates_of(found),
            undecided=found.status == Status.awaiting_authority,
            outcome=OUTCOMES.get(found.outcome or "", ""),
            authoriser=_person(session, found.detail.authoriser),
            officer=_person(session, found.created_by),
            rule_set=found.rule_set,
            criteria=[Line(each["question"], each["words"]) for each in victim.whole(found)],
            fields=_fields(session, found),
        )


def _fields(session: Session, referral: Referral) -> list[Line]:
    return [
        Line(each["question"], _answer(session, each)) for each in (referral.frozen or {})["fields"]
    ]


def _answer(session: Session, given: dict[str, Any]) -> str:
    field, value = BY_NAME.get(given["name"]), given["answer"]
    if not value:
        return NOT_GIVEN
    if field is None:
        return str(value)
    if field.kind == "staff":
        return _person(session, value)
    if field.kind == "date":
        return _day(date.fromisoformat(value))
    if field.kind == "tel":
        number = phonenumbers.parse(value, "GB")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return field.words_for(value)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _person(session: Session, staff_id: str | None) -> str:
    found = session.get(Staff, staff_id) if staff_id else None
    if found is None:
        return NOT_GIVEN
    return " ".join(part for part in (found.rank, found.name, found.collar_number) if part)
