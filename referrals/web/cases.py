"""A referral on the screens of its people: what waits for me, one case, and every move of it.

The buttons are those that the transition table gives to the person's role; what they say stands
in ``cases.yml``.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web.again import is_fresh, shows
from accounts.web.session import only
from core.audit import record as on_record
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals import moving
from referrals.after_sending import DATES, PLACE, keep_dates, place
from referrals.moving import FLAG, HAND_ON, ReferralError
from referrals.reference import read_reference
from referrals.tables import Referral
from referrals.transitions import Event, IllegalMoveError
from referrals.web import agreements
from referrals.web.asked import code_in, referral_or_draft_at
from referrals.web.case_shown import DECISIONS, ELSEWHERE, case_shown, said_of, words
from referrals.work import work_of
from referrals.workshops.seats import begun
from sites import site_of

router = APIRouter(prefix="/referrals")
Lists = Annotated[Staff, Depends(only("referral.list"))]
Reads = Annotated[Staff, Depends(only("referral.read"))]
Acts = Annotated[Staff, Depends(only("referral.act"))]


@router.get("")
def work_list(request: Request, staff: Lists, done: str = "") -> Response:
    """Everything that waits for this person, and what they have to do with besides."""
    with transaction() as session:
        groups = [
            {"title": words()["groups"][code], "rows": [said_of(session, each) for each in found]}
            for code, found in work_of(session, staff)
        ]
    titles = words()["titles"]
    return page(
        request,
        "cases.html",
        staff=staff,
        site=site_of(staff.site),
        title=titles.get(staff.role, titles["other"]),
        groups=groups,
        done=words()["events"].get(done, {}).get("done", ""),
    )


@router.get("/{key}")
def case(request: Request, key: str, staff: Reads, done: str = "") -> Response:
    """One referral: where it stands, its dates, its history, and what this person may do."""
    with transaction() as session:
        return _shown(request, session, staff, referral_or_draft_at(session, staff, key), done=done)


@router.post("/{key}/{event}")
def act(request: Request, key: str, event: str, staff: Acts, form: forms.OwnForm) -> Response:
    """Make a move; what stands in the way is said on the page, with what was typed."""
    if event not in words()["events"] or event in ELSEWHERE:
        raise HTTPException(404)
    if event in DECISIONS and not shows(request, staff, form):
        return _refused(request, staff, key, form, event, words()["faults"]["who"], 422)
    try:
        with transaction() as session:
            _carry_out(session, staff, referral_or_draft_at(session, staff, key), event, form)
    except ReferralError as error:
        return _refused(request, staff, key, form, event, str(error), 422)
    except IllegalMoveError:
        with transaction() as session:
            subject = f"referral:{referral_or_draft_at(session, staff, key).id}"
            on_record(session, actor_of(staff), f"referral.{event}", subject, refused=True)
        return _refused(request, staff, key, form, event, words()["faults"]["gone"], 409)
    except (IntegrityError, StaleDataError):
        return _refused(request, staff, key, form, event, words()["faults"]["gone"], 409)
    gone = event == HAND_ON or (event == Event.withdraw and read_reference(key) is None)
    return RedirectResponse(
        f"/referrals?done={event}" if gone else f"/referrals/{key}?done={event}", 303
    )


def _carry_out(
    session: Session, staff: Staff, referral: Referral, event: str, form: FormData
) -> None:
    key, said = code_in(form, "key") or str(uuid.uuid4()), forms.said(form, "said")
    if event == FLAG:
        moving.flag(session, staff, referral, key=key, said=said)
    elif event == HAND_ON:
        colleague = session.get(Staff, code_in(form, "colleague"))
        if colleague is None:
            raise ReferralError(words()["faults"]["colleague"])
        moving.hand_on(session, staff, referral, colleague, key=key)
    elif event == DATES:
        given, statement = forms.said(form, "given"), forms.said(form, "statement")
        keep_dates(session, staff, referral, given=given, statement=statement, key=key)
    elif event == PLACE:
        place(session, staff, referral, code_in(form, "place"), key=key)
    elif event == Event.call_off and begun(session, referral):
        raise ReferralError(words()["faults"]["begun"])
    else:
        version = code_in(form, "version")[:9]
        moving.move(
            session,
            staff,
            referral,
            Event(event),
            key=key,
            reason=code_in(form, "reason"),
            said=said,
            version=int(version) if version.isdecimal() else None,
        )
        if event == Event.call_off:
            agreements.called_off(session, [referral])


def _refused(
    request: Request, staff: Staff, key: str, form: FormData, event: str, why: str, status: int
) -> Response:
    with transaction() as session:
        found = referral_or_draft_at(session, staff, key)
        return _shown(
            request, session, staff, found, fault=why, tried=event, form=form, status=status
        )


def _shown(
    request: Request,
    session: Session,
    staff: Staff,
    referral: Referral,
    *,
    done: str = "",
    fault: str = "",
    tried: str = "",
    form: FormData | None = None,
    status: int = 200,
) -> Response:
    typed = (
        {name: forms.said(form, name) for name in ("reason", "said", "given", "statement")}
        if form
        else {}
    )
    return page(
        request,
        "case.html",
        status=status,
        staff=staff,
        site=site_of(staff.site),
        done=words()["events"].get(done, {}).get("done", ""),
        fault=fault,
        tried=tried,
        typed=typed,
        key=str(uuid.uuid4()),
        ask_password=not is_fresh(request),
        **case_shown(session, staff, referral),
    )
