"""The sign-in page and the way out."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from accounts import staff
from accounts.demonstration import PASSWORD
from accounts.tables import Role, Staff
from accounts.web import attempts, session
from core.database import transaction
from core.settings import settings
from core.web import forms
from core.web.pages import page

router = APIRouter()

# The pages that may ask to sign in first; anything else in "next" leads to the first of them.
_AFTER = re.compile(
    r"/officer(?:/chat)?|/referrals(?:/[A-Z0-9-]{1,20}(?:/receipt)?)?|/hand-over(?:/[A-Z0-9-]{1,20})?|/alerts(?:/[\w-]{1,36})?|/outbox"
)
WRONG = "The user name or the password is not right."
TOO_OFTEN = "Too many tries from here. Wait 15 minutes and try again."


class SignInRefusedError(Exception):
    """Nobody was signed in; the status and the words say why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@router.get("/sign-in")
def sign_in_page(request: Request, next: Annotated[str, Query()] = "") -> Response:
    """Ask for user name and password."""
    if session.staff_of(request):
        return RedirectResponse(after(next), 303)
    return form_page(request, "/sign-in", after=after(next))


@router.post("/sign-in")
def sign_in(request: Request, form: forms.OwnForm) -> Response:
    """Check them and start a session under a new secret."""
    wanted = after(forms.said(form, "next"))
    try:
        _, secret = signed_in_by(request, form)
    except SignInRefusedError as refused:
        username = forms.said(form, "username")
        return form_page(request, "/sign-in", refused=refused, username=username, after=wanted)
    response = RedirectResponse(wanted, 303)
    forms.set_cookie(response, session.COOKIE, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, form: forms.OwnForm) -> Response:
    """End the session on the server, and leave nothing of it in the browser."""
    with transaction() as database:
        staff.sign_out(database, request.cookies.get(session.COOKIE))
    response = page(request, "signed_out.html", cookies=False)
    forms.forget_cookie(response, session.COOKIE)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def form_page(
    request: Request, action: str, *, refused: SignInRefusedError | None = None, **context: Any
) -> HTMLResponse:
    """The form, which posts to ``action``; the demonstration shows its accounts beside it."""
    return page(
        request,
        "sign_in.html",
        status=refused.status if refused else 200,
        action=action,
        problem=refused.words if refused else "",
        people=_demonstration_people() if settings().demo else [],
        password=PASSWORD if settings().demo else "",
        **context,
    )


def signed_in_by(request: Request, form: FormData) -> tuple[Staff, str]:
    """Who the form is from, with the secret of a new session; the old one ends.

    Raises :class:`SignInRefusedError`, with the same words for unknown and wrong.
    """
    username, address = forms.said(form, "username"), request.client.host if request.client else ""
    try:
        attempts.refuse_guessing(username, address)
    except attempts.TooManyAttemptsError:
        raise SignInRefusedError(429, TOO_OFTEN) from None
    with transaction() as database:
        found = staff.check_password(database, username, forms.said(form, "password"))
        if found is None:
            attempts.count_miss(username, address)
            raise SignInRefusedError(422, WRONG)
        attempts.forgive(username, address)
        staff.sign_out(database, request.cookies.get(session.COOKIE))
        return found, staff.sign_in(database, found)


def after(asked: str) -> str:
    """Where to go on after signing in, never anywhere that the address alone decides."""
    return asked if _AFTER.fullmatch(asked) else "/officer"


def _demonstration_people() -> list[str]:
    with transaction() as database:
        people = (
            select(Staff.username)
            .where(Staff.demonstration, Staff.disabled_at.is_(None))
            .order_by(Staff.role != Role.officer, Staff.username)
        )
        return list(database.scalars(people))


__all__ = ["SignInRefusedError", "after", "form_page", "router", "signed_in_by"]
