"""A group is changed or called off, on the screens of its coordinator."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record as on_record
from core.clock import today
from core.database import transaction
from core.web import forms
from core.words import words as approved
from referrals.moving import ReferralError
from referrals.transitions import GROUP_CALL_OFFS, IllegalMoveError
from referrals.web import agreements
from referrals.web.asked import code_in, words_of
from referrals.web.workshops import (
    Coordinates,
    asked_for,
    group_at,
    need_of,
    shown,
    typed_in,
    typed_of,
)
from referrals.workshops import booking
from referrals.workshops.changing import MisfitError, call_off_group, change_group
from referrals.workshops.rules import MOST_PLACES
from referrals.workshops.seats import people_of
from referrals.workshops.tables import WorkshopGroup
from sites import site_of

router = APIRouter()


@router.get("/groups/{group_id}/change")
def change_page(request: Request, group_id: str, staff: Coordinates) -> Response:
    """The group as its form would have it typed."""
    return _change(request, staff, group_id)


@router.post("/groups/{group_id}/change")
def change(request: Request, group_id: str, staff: Coordinates, form: forms.OwnForm) -> Response:
    """Change the group; whom the new days do not fit is shown first, and nothing typed is lost."""
    try:
        with transaction() as session:
            group = group_at(session, staff, group_id)
            asked = asked_for(_whole(form, group), site_of(staff.site))
            seen = forms.said(form, "anyway")
            moved = change_group(session, staff, group, asked, need_of, seen=seen)
            agreements.moved(session, group, moved)
    except ReferralError as fault:
        return _change(request, staff, group_id, fault=fault, form=form)
    done = "moved" if moved else "changed"
    return RedirectResponse(f"/groups/{group_id}?done={done}", 303)


@router.get("/groups/{group_id}/call-off")
def call_off_page(request: Request, group_id: str, staff: Coordinates) -> Response:
    """Who would have to be booked again, and why it is to be called off."""
    return _call_off(request, staff, group_id)


@router.post("/groups/{group_id}/call-off")
def call_off(request: Request, group_id: str, staff: Coordinates, form: forms.OwnForm) -> Response:
    """Call the group off; everybody who was booked has to be booked again."""
    reason, said = code_in(form, "reason"), forms.said(form, "said")
    try:
        with transaction() as session:
            group = group_at(session, staff, group_id)
            people = call_off_group(session, staff, group, reason, said)
            agreements.group_called_off(session, group, people)
    except ReferralError as fault:
        return _call_off(request, staff, group_id, fault=str(fault), form=form)
    except IllegalMoveError:
        return RedirectResponse(f"/groups/{group_id}", 303)
    return RedirectResponse(f"/groups?done={'called_off' if people else 'gone'}", 303)


def _whole(form: FormData, group: WorkshopGroup) -> FormData:
    """The form, with what the page did not ask because it stays as it is."""
    asked = form.multi_items()
    stays = [(name, said) for name, said in typed_of(group).items() if name not in form]
    return FormData([*asked, *stays])


def _change(
    request: Request,
    staff: Staff,
    group_id: str,
    *,
    fault: ReferralError | None = None,
    form: FormData | None = None,
) -> Response:
    with transaction() as session:
        group = _standing(session, staff, group_id)
        runs = booking.facilitators(session, staff.site)
        chosen = form.getlist("facilitator") if form else booking.run_by(session, group)
        typed = typed_in(_whole(form, group)) if form else typed_of(group)
        context: dict[str, Any] = {
            "group": group,
            "settled": bool(people_of(session, group)),
            "people": [(each.id, each.name) for each in runs],
            "chosen": chosen,
            "typed": typed,
        }
    misfits = fault if isinstance(fault, MisfitError) else None
    return shown(
        request,
        staff,
        "workshop_form.html",
        422 if fault else 200,
        fault=str(fault or ""),
        most=MOST_PLACES,
        misfits=[(each.reference, _why(each.why)) for each in misfits.people] if misfits else [],
        seen=misfits.seen if misfits else "",
        **context,
    )


def _call_off(
    request: Request,
    staff: Staff,
    group_id: str,
    *,
    fault: str = "",
    form: FormData | None = None,
) -> Response:
    with transaction() as session:
        group = _standing(session, staff, group_id)
        people = [each.reference for each in people_of(session, group, staff)]
    reasons = words_of("cases")["reasons"]
    return shown(
        request,
        staff,
        "workshop_call_off.html",
        422 if fault else 200,
        fault=fault,
        group=group,
        people=people,
        begun=group.part_a_on <= today(),
        reasons=[(code, reasons[code]) for code in GROUP_CALL_OFFS],
        typed={name: forms.said(form, name) for name in ("reason", "said")} if form else {},
    )


def _standing(session: Session, staff: Staff, group_id: str) -> WorkshopGroup:
    """The group, unless it was called off; kept on record, since its people are shown."""
    group = group_at(session, staff, group_id)
    if group.is_called_off:
        raise HTTPException(404)
    on_record(session, actor_of(staff), "workshop.view", f"workshop:{group.id}")
    return group


def _why(codes: tuple[str, ...]) -> str:
    return " ".join(approved(f"utter_group_{code}", "en").text for code in codes)
