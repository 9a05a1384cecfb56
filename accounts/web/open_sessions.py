"""Who is signed in at a site, for its administrator and the operator, and the end of a session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from accounts import sessions
from accounts.policy import ANY, Scope, scope_of
from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web import shown
from accounts.web.session import COOKIE, SignedIn, only
from core.audit import record
from core.database import transaction
from core.web import forms
from core.web.pages import page
from sites import site_of

router = APIRouter()

Watches = Annotated[Staff, Depends(only("account.sessions"))]


@router.get("/sessions")
def list_page(
    request: Request, staff: Watches, done: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """Every session and token that this person may end; the look is on record."""
    with transaction() as session:
        found = shown.rows(sessions.seen_by(session, staff))
        record(session, actor_of(staff), "staff.sessions.list", f"site:{staff.site}")
    everywhere = scope_of("account", ANY, staff.role) is Scope.everywhere
    where = site_of(staff.site)
    return page(
        request,
        "sessions.html",
        staff=staff,
        site=where,
        sessions=found,
        everywhere=everywhere,
        done=done,
    )


@router.post("/sessions/{handle}/end")
def end_one(request: Request, staff: Watches, handle: str, form: forms.OwnForm) -> Response:
    """End somebody else's; what is not this person's to end is not there (404)."""
    with transaction() as session:
        if not sessions.end(session, handle, sessions.seen_by(session, staff), actor_of(staff)):
            raise HTTPException(404)
    return RedirectResponse("/sessions?done=ended", 303)


@router.post("/account/sessions/{handle}/end")
def end_own(request: Request, staff: SignedIn, handle: str, form: forms.OwnForm) -> Response:
    """End one of one's own; ending the one in this browser is signing out."""
    with transaction() as session:
        if handle == sessions.handle_of(session, request.cookies.get(COOKIE)):
            raise HTTPException(404)
        if not sessions.end(session, handle, sessions.own(session, staff), actor_of(staff)):
            raise HTTPException(404)
    return RedirectResponse("/account?done=ended", 303)
