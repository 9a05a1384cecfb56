"""Who is signed in behind a request: the cookie holds a secret, the server all the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts.staff import signed_in
from accounts.tables import Role, Staff
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
        return signed_in(session, request.cookies.get(COOKIE))


def signed_in_staff(request: Request) -> Staff:
    """The same for pages that need one; raises :class:`SignInNeededError`."""
    staff = staff_of(request)
    if staff is None:
        raise SignInNeededError(request.url.path)
    return staff


SignedIn = Annotated[Staff, Depends(signed_in_staff)]


def only(roles: Collection[Role]) -> Callable[[Staff], Staff]:
    """For pages of some roles: for everybody else who is signed in there is no such page (404)."""

    def one_of_them(staff: SignedIn) -> Staff:
        if staff.role not in roles:
            raise HTTPException(404)
        return staff

    return one_of_them
