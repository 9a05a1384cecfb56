"""Who decides something shows anew who they are, where they signed in a while ago (ASVS 7.5.3)."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request

from accounts.staff import check_password, signed_in_at
from accounts.tables import Staff
from accounts.web import attempts
from accounts.web.session import COOKIE
from core.clock import now
from core.database import transaction

FRESH = timedelta(minutes=15)


def is_fresh(request: Request) -> bool:
    """Whether the sign-in behind this request is no older than 15 minutes."""
    with transaction() as session:
        at = signed_in_at(session, request.cookies.get(COOKIE))
    return at is not None and now() - at <= FRESH


def shows(request: Request, staff: Staff, password: str) -> bool:
    """Whether the person signed in lately, or types their password now; guesses are counted."""
    if is_fresh(request):
        return True
    if not password:
        return False
    address = request.client.host if request.client else ""
    try:
        attempts.refuse_guessing(staff.username, address)
    except attempts.TooManyAttemptsError:
        return False
    with transaction() as session:
        found = check_password(session, staff.username, password)
    if found is None or found.id != staff.id:
        attempts.count_miss(staff.username, address)
        return False
    attempts.forgive(staff.username, address)
    return True
