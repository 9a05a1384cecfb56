"""Who is signed in behind a request: the cookie holds a secret, the server all the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts.policy import roles_for
from accounts.staff import BROWSER, ENROLLING, signed_in
from accounts.tables import Staff
from accounts.web.declared import naming
from core.database import transaction

COOKIE = "__Host-cara_staff"


class SignInNeededError(Exception):
    """A page for staff, asked for by nobody who is signed in; ``path`` is where to go on after."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def staff_of(request: Request) -> Staff | None:
    """The member of staff behind the session cookie, if it is still worth anything."""
    with transaction() as session:
        return signed_in(session, request.cookies.get(COOKIE), (BROWSER,))


def signed_in_staff(request: Request) -> Staff:
    """The same for pages that need one; raises :class:`SignInNeededError`."""
    staff = staff_of(request)
    if staff is None:
        raise SignInNeededError(request.url.path)
    return staff


def enrolling(request: Request) -> Staff:
    """Who is signed in, or has only the second factor left to set up; raises the same."""
    with transaction() as session:
        staff = signed_in(session, request.cookies.get(COOKIE), (BROWSER, ENROLLING))
    if staff is None:
        raise SignInNeededError(request.url.path)
    return staff


# A page of one's own account is for everybody; any other names its act by `only`.
SignedIn = Annotated[Staff, Depends(naming("account.own", signed_in_staff))]
Enrolling = Annotated[Staff, Depends(naming("enrolling", enrolling))]


def only(act: str) -> Callable[[Staff], Staff]:
    """For pages of those who may do ``act`` of the matrix.

    For everybody else who is signed in there is no such page (404).
    """
    roles = roles_for(act)

    def one_of_them(staff: SignedIn) -> Staff:
        if staff.role not in roles:
            raise HTTPException(404)
        return staff

    return naming(act, one_of_them)
