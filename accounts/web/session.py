"""Who is signed in behind a request: the cookie holds a secret, the server all the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts.policy import roles_for
from accounts.staff import BROWSER, ENROLLING, signed_in, who
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
    return who(request.cookies.get(COOKIE), (BROWSER,))


def signed_in_staff(request: Request) -> Staff:
    """The same for pages that need one; raises :class:`SignInNeededError`."""
    return _there(request, staff_of(request))


def oneself(request: Request) -> Staff:
    """The same for pages that change who it is; raises the same."""
    return _there(request, _read_anew(request, BROWSER))


def enrolling(request: Request) -> Staff:
    """Who is signed in, or has only the second factor left to set up; raises the same."""
    return _there(request, _read_anew(request, BROWSER, ENROLLING))


def _read_anew(request: Request, *kinds: str) -> Staff | None:
    with transaction() as session:
        return signed_in(session, request.cookies.get(COOKIE), kinds)


def _there(request: Request, staff: Staff | None) -> Staff:
    if staff is None:
        raise SignInNeededError(request.url.path)
    return staff


# A page of one's own account is for everybody; any other names its act by `only`.
SignedIn = Annotated[Staff, Depends(naming("account.own", oneself))]
Enrolling = Annotated[Staff, Depends(naming("enrolling", enrolling))]


def only(act: str) -> Callable[[Staff], Staff]:
    """For pages of those who may do ``act`` of the matrix.

    For everybody else who is signed in there is no such page (404).
    """
    roles = roles_for(act)

    def one_of_them(staff: Annotated[Staff, Depends(signed_in_staff)]) -> Staff:
        if staff.role not in roles:
            raise HTTPException(404)
        return staff

    return naming(act, one_of_them)
