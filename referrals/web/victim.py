"""The victim's part of a referral on a page of its own, for police alone (design D13)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import today
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals import record, victim
from referrals.transitions import IllegalMoveError
from referrals.validation import day_as_typed
from referrals.web.asked import referral_or_draft_at, words_of
from sites import site_of

router = APIRouter(prefix="/referrals")
Sees = Annotated[Staff, Depends(only("referral.victim"))]


def words() -> dict[str, Any]:
    """What the page says."""
    return words_of("victim")


@router.get("/{key}/victim")
def victim_page(request: Request, key: str, staff: Sees, done: str = "") -> Response:
    """What is held; that it was read is on record."""
    return _shown(request, staff, key, done=words()["done"] if done else "")


@router.post("/{key}/victim")
def keep(request: Request, key: str, staff: Sees, form: forms.OwnForm) -> Response:
    """Keep the day and the reference; for anybody but its officer there is no such form (404)."""
    typed = forms.said(form, "asked_on").strip()
    day = day_as_typed(typed)
    if typed and (day is None or day > today()):
        return _shown(request, staff, key, fault="day", form=form)
    try:
        with transaction() as session:
            found = referral_or_draft_at(session, staff, key)
            victim.keep(session, staff, found, day, forms.said(form, "reference"))
    except victim.NoReferenceError:
        return _shown(request, staff, key, fault="reference", form=form)
    except IllegalMoveError:
        raise HTTPException(404) from None
    return RedirectResponse(f"/referrals/{key}/victim?done=1", 303)


def _shown(
    request: Request,
    staff: Staff,
    key: str,
    *,
    done: str = "",
    fault: str = "",
    form: FormData | None = None,
) -> Response:
    with transaction() as session:
        found = referral_or_draft_at(session, staff, key)
        held = victim.record_for(session, staff, found)
        rules = record.rules_of(found)
    rows = []
    for criterion in (each for each in rules.in_chat if each.id in victim.COLUMNS):
        value = getattr(held, victim.COLUMNS[criterion.id])
        known = criterion.answers.get(value or "")
        said = known.label if known else words()["none" if value is None else "not_known"]
        rows.append((criterion.label, said))
    typed = {name: forms.said(form, name) for name in ("asked_on", "reference")} if form else {}
    on = date.fromisoformat(held.consulted_on) if held.consulted_on else None
    return page(
        request,
        "victim.html",
        status=422 if fault else 200,
        staff=staff,
        site=site_of(staff.site),
        words=words(),
        key=found.reference or found.id,
        name=found.reference or "",
        rows=rows,
        writes=found.owner == staff.id,
        asked_on=typed.get("asked_on", f"{on.day} {on.month} {on.year}" if on else ""),
        reference=typed.get("reference", held.support_reference or ""),
        fault=fault,
        done=done,
    )
