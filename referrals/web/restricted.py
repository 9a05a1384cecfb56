"""Restricted referrals: the list of them, and who may open one, for those who restrict.

Who restricts without reading referrals sees a reference here and nothing of the case.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web.session import only
from core.audit import record as on_record
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals import restricting
from referrals.moving import ReferralError
from referrals.reference import read_reference
from referrals.tables import Referral
from referrals.web.asked import code_in, words_of
from sites import site_of

router = APIRouter(prefix="/restricted")
Restricts = Annotated[Staff, Depends(only("referral.restrict"))]


def words() -> dict[str, Any]:
    """What the pages say."""
    return words_of("restricted")


@router.get("")
def list_page(request: Request, staff: Restricts) -> Response:
    """The restricted referrals of the site, and the way to one that is not restricted yet."""
    return _listed(request, staff)


@router.post("")
def find(request: Request, staff: Restricts, form: forms.OwnForm) -> Response:
    """To the referral of a reference; the list again where there is none that is theirs."""
    typed = forms.said(form, "reference")
    with transaction() as session:
        found = _found(session, staff, typed)
    if found is None:
        return _listed(request, staff, fault=True, typed=typed)
    return RedirectResponse(f"/restricted/{found.reference}", 303)


@router.get("/{reference}")
def one_page(request: Request, staff: Restricts, reference: str, done: str = "") -> Response:
    """Who may open this one."""
    return _shown(request, staff, reference, done=done)


@router.post("/{reference}")
def restrict(request: Request, staff: Restricts, reference: str, form: forms.OwnForm) -> Response:
    """Keep it to the people who were ticked."""
    readers = [str(each) for each in form.getlist("reader")]
    return _done(request, staff, reference, form, restricting.RESTRICT, readers)


@router.post("/{reference}/open")
def open_again(request: Request, staff: Restricts, reference: str, form: forms.OwnForm) -> Response:
    """Let everybody open it again whom the matrix lets."""
    return _done(request, staff, reference, form, restricting.OPEN_AGAIN, [])


def _listed(request: Request, staff: Staff, *, fault: bool = False, typed: str = "") -> Response:
    with transaction() as session:
        rows = session.scalars(
            select(Referral.reference).where(
                restricting.to_restrict(staff), Referral.restricted_at.is_not(None)
            )
        ).all()
        on_record(session, actor_of(staff), "referral.restricted.list", "referral:*")
    return page(
        request,
        "restricted_list.html",
        status=422 if fault else 200,
        staff=staff,
        site=site_of(staff.site),
        words=words(),
        rows=sorted(each for each in rows if each),
        fault=fault,
        typed=typed[:20],
    )


def _done(
    request: Request, staff: Staff, reference: str, form: FormData, act: str, readers: list[str]
) -> Response:
    key, said = code_in(form, "key") or str(uuid.uuid4()), forms.said(form, "said")
    try:
        with transaction() as session:
            found = _at(session, staff, reference)
            if act == restricting.RESTRICT:
                restricting.restrict(session, staff, found, readers, said=said, key=key)
            else:
                restricting.open_again(session, staff, found, said=said, key=key)
    except ReferralError as fault:
        return _shown(request, staff, reference, fault=str(fault), form=form)
    return RedirectResponse(f"/restricted/{reference}?done={act}", 303)


def _shown(
    request: Request,
    staff: Staff,
    reference: str,
    *,
    done: str = "",
    fault: str = "",
    form: FormData | None = None,
) -> Response:
    with transaction() as session:
        found = _at(session, staff, reference)
        on_record(session, actor_of(staff), "referral.readers.view", f"referral:{found.id}")
        named = restricting.readers_of(session, found)
        people = restricting.possible_readers(session, found.site)
    chosen = {str(each) for each in form.getlist("reader")} if form else named
    return page(
        request,
        "restricted.html",
        status=422 if fault else 200,
        staff=staff,
        site=site_of(staff.site),
        words=words(),
        reference=found.reference,
        restricted=found.restricted_at is not None,
        people=[
            (each.id, f"{each.rank} {each.name}".strip(), each.id in chosen) for each in people
        ],
        back=allows(staff.role, restricting.OPENS),
        done=words()["done"].get(done, ""),
        fault=fault,
        typed=forms.said(form, "said") if form else "",
        key=str(uuid.uuid4()),
    )


def _at(session: Session, staff: Staff, reference: str) -> Referral:
    found = _found(session, staff, reference)
    if found is None:
        raise HTTPException(404)
    return found


def _found(session: Session, staff: Staff, typed: str) -> Referral | None:
    reference = read_reference(typed)
    asked = select(Referral).where(Referral.reference == reference, restricting.to_restrict(staff))
    return session.scalar(asked) if reference else None
