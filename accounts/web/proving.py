"""One place where a password and a code are looked at: counted, and the same whoever they name.

Unknown, wrong and locked do the same work and get the same answer (ASVS 6.3.8).
"""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request

from accounts import second
from accounts.staff import called, check_password
from accounts.tables import Staff
from accounts.web import attempts
from core.audit import Actor, record
from core.database import transaction
from core.keys import lookup_hash
from core.limiting import household


def address_of(request: Request) -> str:
    """Where somebody asks from, as far as they cannot choose it; the proxy in front says so."""
    return household(request.client.host) if request.client else ""


def proven(request: Request, username: str, password: str, code: str) -> Staff | None:
    """Whose password and code these are, if they are right and not too many were wrong.

    Raises ``StorageError`` where tries cannot be counted, and then nothing was used up.
    """
    address = address_of(request)
    barred = attempts.barred(username, address)
    with transaction() as database:
        right = check_password(database, username, password)
        found = None if barred or _codes_barred(right) else right
        if second.passes(database, found, code):
            attempts.forgive(username, address)
            return found
        attempts.count_miss(username, address)
        if found:
            attempts.count_code(found.id)
        if not barred:
            _refused(database, username, locks=attempts.barred(username, address))
    return None


def _codes_barred(staff: Staff | None) -> bool:
    return staff is not None and second.set_up(staff) and attempts.codes_barred(staff.id)


def _refused(database: Session, username: str, *, locks: bool) -> None:
    """On record, once for each try that counts: a locked door writes no more.

    A name that is nobody's is kept as a hash alone: it may be a password in the wrong field.
    """
    staff = called(database, username)
    tried = lookup_hash("audit.visitor", username)[:32]
    actor = Actor("visitor", tried, staff.site if staff else "")
    subject = f"staff:{staff.id if staff else 'unknown'}"
    why = "locked" if locks else "wrong"
    record(database, actor, "staff.sign_in", subject, refused=True, why=why)
