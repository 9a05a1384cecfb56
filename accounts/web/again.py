"""Who decides something shows anew who they are, where they signed in a while ago (ASVS 7.5.3).

A local account types its password, with a code where it has a second factor; an account of the
force goes to the force's sign-in again (``/sign-in/again``).
"""

from __future__ import annotations

from datetime import timedelta

from limits.errors import StorageError
from starlette.datastructures import FormData
from starlette.requests import Request

from accounts.sessions import confirm, confirmed_at
from accounts.staff import hash_of
from accounts.tables import Staff
from accounts.web import proving
from accounts.web.session import COOKIE
from core.clock import now
from core.database import transaction
from core.web import forms

FRESH = timedelta(minutes=15)


def is_fresh(request: Request) -> bool:
    """Whether the person behind this request showed who they are in the last 15 minutes."""
    with transaction() as session:
        at = confirmed_at(session, request.cookies.get(COOKIE))
    return at is not None and now() - at <= FRESH


def shows(request: Request, staff: Staff, form: FormData) -> bool:
    """Whether the person showed it lately, or types password and code now; guesses are counted."""
    if is_fresh(request):
        return True
    password = forms.said(form, "password")
    if not password or staff.force_id:
        return False
    try:
        found = proving.proven(request, staff.username, password, forms.said(form, "code"))
    except StorageError:
        return False
    if found is None or found.id != staff.id:
        return False
    with transaction() as session:
        return confirm(session, hash_of(request.cookies.get(COOKIE, "")), staff)
