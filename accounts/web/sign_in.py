"""The sign-in page, the way to show anew who one is, and the way out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from limits.errors import StorageError
from sqlalchemy import select
from starlette.datastructures import FormData

from accounts import second, staff
from accounts.demonstration import PASSWORD
from accounts.tables import Role, Staff
from accounts.web import again, proving, session
from accounts.web.declared import way
from accounts.wording import said
from core.database import transaction
from core.metrics import SIGN_INS
from core.settings import settings
from core.web import forms
from core.web.pages import page

router = APIRouter()

FIRST = "/officer"
SECOND_FACTOR = "/account/second-factor"
# A path of ours, of plain letters, so that no address of anybody else can be written in it.
_OWN = re.compile(r"(?:/[\w~.-]+)+(?:\?[\w~.=&-]*)?", re.ASCII)
# What signs in, signs out or ends a chat is nowhere to go on to.
_NEVER = re.compile(r"/(?:sign-|exit\b)|.*/\.{1,2}(?:[/?]|$)")
LONGEST = 300


class SignInRefusedError(Exception):
    """Nobody was signed in; the status and the words say why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@dataclass(frozen=True)
class Entry:
    """Somebody who came in: who, the secret of the session, and where it leads if not everywhere.

    ``only`` is the one page that is open to them, where their second factor is not set up yet.
    """

    staff: Staff
    secret: str
    only: str = ""

    def leads(self, response: Response) -> Response:
        """The answer, with the cookie of this session."""
        forms.set_cookie(response, session.COOKIE, self.secret)
        return response


@router.get("/sign-in", dependencies=[way("public")])
def sign_in_page(
    request: Request,
    next: Annotated[str, Query()] = "",
    done: Annotated[str, Query()] = "",
) -> Response:
    """Ask for user name, password and code."""
    if session.staff_of(request):
        return RedirectResponse(after(next), 303)
    return form_page(request, "/sign-in", after=after(next), done=done)


@router.post("/sign-in", dependencies=[way("public")])
def sign_in(request: Request, form: forms.OwnForm) -> Response:
    """Check them and start a session under a new secret."""
    wanted = after(forms.said(form, "next"))
    try:
        entry = signed_in_by(request, form)
    except SignInRefusedError as refused:
        SIGN_INS.labels("uncounted" if refused.status == 503 else "wrong").inc()
        username = forms.said(form, "username")
        return form_page(request, "/sign-in", refused=refused, username=username, after=wanted)
    return entry.leads(RedirectResponse(entry.only or wanted, 303))


@router.get("/sign-in/again")
def again_page(
    request: Request, who: session.SignedIn, next: Annotated[str, Query()] = ""
) -> Response:
    """Ask somebody who signed in a while ago to show anew who they are."""
    return page(request, "again.html", staff=who, after=after(next))


@router.post("/sign-in/again")
def show_again(request: Request, who: session.SignedIn, form: forms.OwnForm) -> Response:
    """Take the password and the code, and go on to what asked for them."""
    wanted = after(forms.said(form, "next"))
    if again.shows(request, who, form):
        return RedirectResponse(wanted, 303)
    problem = said("sign_in", "wrong")
    return page(request, "again.html", status=422, staff=who, after=wanted, problem=problem)


@router.post("/sign-out", dependencies=[way("public")])
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
        by_force=bool(settings().oidc_issuer),
        people=_demonstration_people() if settings().demo else [],
        password=PASSWORD if settings().demo else "",
        **context,
    )


def signed_in_by(request: Request, form: FormData) -> Entry:
    """Who the form is from, with the secret of a new session; the old one ends.

    Raises :class:`SignInRefusedError`, with the same words for unknown, wrong and locked.
    """
    try:
        found = proving.proven(
            request,
            forms.said(form, "username"),
            forms.said(form, "password"),
            forms.said(form, "code"),
        )
    except StorageError:
        raise SignInRefusedError(503, said("sign_in", "away")) from None
    if found is None:
        raise SignInRefusedError(422, said("sign_in", "wrong"))
    return enter(request, found)


def enter(request: Request, found: Staff) -> Entry:
    """A new session for somebody who has shown who they are, in place of this browser's old one."""
    waits = second.needed(found) and not second.set_up(found)
    with transaction() as database:
        staff.sign_out(database, request.cookies.get(session.COOKIE))
        if waits:
            lasts = staff.ENROLLING_LASTS
            secret = staff.sign_in(database, found, kind=staff.ENROLLING, lasts=lasts)
        else:
            secret = staff.sign_in(database, found)
    return Entry(found, secret, SECOND_FACTOR if waits else "")


def after(asked: str) -> str:
    """Where to go on after signing in: a path of ours, never an address of anybody else."""
    ours = len(asked) <= LONGEST and _OWN.fullmatch(asked) and not _NEVER.match(asked)
    return asked if ours else FIRST


def _demonstration_people() -> list[str]:
    with transaction() as database:
        people = (
            select(Staff.username)
            .where(Staff.demonstration, Staff.disabled_at.is_(None))
            .order_by(Staff.role != Role.officer, Staff.username)
        )
        return list(database.scalars(people))


__all__ = ["SignInRefusedError", "after", "enter", "form_page", "router", "signed_in_by"]
