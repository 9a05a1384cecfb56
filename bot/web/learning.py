"""What was not understood, on the screen of a site's coordinator, who says what it means.

What is said here stands in the template and in ``bot/learning/readings.yml``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from bot.learning import keeping
from bot.learning.apart import is_measured_on
from bot.learning.readings import OFFICER, Reading, ReadingError, words
from bot.learning.tables import UnclearMessage
from core.clock import LONDON
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals.rule_set import rule_set_of
from sites import site_of

router = APIRouter()

DONE = ("kept", "dropped")
# Which field of the page a fault belongs to; of the others the page as a whole is to blame.
FIELD_OF = {"no_intent": "intent", "not_confirmed": "confirmed", "answers_elsewhere": "intent"}


Reviews = Annotated[Staff, Depends(only("unclear.review"))]


@router.get("/unclear")
def list_page(request: Request, staff: Reviews, done: str = "") -> Response:
    """What waits for a reading, and what has one and will be learned."""
    with transaction() as session:
        waiting, read = keeping.messages_of(session, staff)
    return page(
        request,
        "unclear_list.html",
        staff=staff,
        site=site_of(staff.site),
        waiting=[_row(each) for each in waiting],
        read=[_row(each) for each in read],
        done=done if done in DONE else "",
        days=keeping.UNREAD_LASTS.days,
    )


@router.get("/unclear/{message_id}")
def one_page(request: Request, staff: Reviews, message_id: str) -> Response:
    """One message, and what it may mean."""
    with transaction() as session:
        message = _found(session, staff, message_id)
    given = Reading.of(message.reading) if message.reading else Reading("")
    return _shown(request, staff, message, given)


@router.post("/unclear/{message_id}/reading")
def give_reading(
    request: Request, staff: Reviews, message_id: str, form: forms.OwnForm
) -> Response:
    """It means this."""
    given = _given(form)
    confirmed = forms.said(form, "confirmed") == "yes"
    with transaction() as session:
        message = _found(session, staff, message_id)
        try:
            keeping.give_reading(session, staff, message, given, confirmed=confirmed)
        except ReadingError as error:
            return _shown(request, staff, message, given, error.fault, confirmed=confirmed)
    return RedirectResponse("/unclear?done=kept", 303)


@router.post("/unclear/{message_id}/drop")
def drop(staff: Reviews, message_id: str, form: forms.OwnForm) -> Response:
    """Nothing is to be learned from it."""
    with transaction() as session:
        keeping.drop(session, staff, _found(session, staff, message_id))
    return RedirectResponse("/unclear?done=dropped", 303)


def _found(session: Session, staff: Staff, message_id: str) -> UnclearMessage:
    found = keeping.message_for(session, staff, message_id)
    if found is None:
        raise HTTPException(404)
    return found


def _given(form: FormData) -> Reading:
    needs = tuple(each for each in form.getlist("needs") if isinstance(each, str))
    answers = {
        name.removeprefix("answer-"): value
        for name, value in form.items()
        if name.startswith("answer-") and isinstance(value, str) and value
    }
    return Reading(forms.said(form, "intent"), needs, answers)


def _shown(
    request: Request,
    staff: Staff,
    message: UnclearMessage,
    given: Reading,
    fault: str = "",
    *,
    confirmed: bool = False,
) -> Response:
    officers = message.audience == OFFICER
    return page(
        request,
        "unclear.html",
        status=422 if fault else 200,
        staff=staff,
        site=site_of(staff.site),
        message=_row(message),
        intents=_items(words()[message.audience], (given.intent,)),
        needs=[] if officers else _items(words()["needs"], given.needs),
        answers=_answers(message, given) if officers else [],
        answered=bool(given.criteria),
        measured=is_measured_on(message.said),
        confirmed=confirmed,
        fault=words()["faults"].get(fault, ""),
        field=FIELD_OF.get(fault, ""),
    )


def _items(labels: dict[str, str], chosen: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"value": value, "text": label, "checked": value in chosen}
        for value, label in labels.items()
    ]


def _answers(message: UnclearMessage, given: Reading) -> list[dict[str, Any]]:
    """Every criterion that officers are asked, with its answers; the one that was open first."""
    asked = rule_set_of(message.site).in_chat
    return [
        {
            "name": f"answer-{item.id}",
            "label": item.label,
            "open": item.id == message.asked,
            "codes": [
                {
                    "value": code,
                    "text": answer.label,
                    "selected": given.criteria.get(item.id) == code,
                }
                for code, answer in item.answers.items()
            ],
        }
        for item in sorted(asked, key=lambda item: item.id != message.asked)
    ]


def _row(message: UnclearMessage) -> dict[str, Any]:
    reading = Reading.of(message.reading) if message.reading else None
    return {
        "id": message.id,
        "said": message.said,
        "officer": message.audience == OFFICER,
        "why": words()["why"][message.why],
        "times": message.times,
        "at": f"{message.kept_at.astimezone(LONDON):%d %B %Y}",
        "means": words()[message.audience].get(reading.intent, reading.intent) if reading else "",
        "needs": [words()["needs"].get(code, code) for code in reading.needs] if reading else [],
        "answers": len(reading.criteria) if reading else 0,
    }
