"""The second factor of a local account: codes of an authenticator app, and ten to recover with.

An account of the force has its second factor at the force.
"""

from __future__ import annotations

import hmac

import pyotp
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from accounts import codes
from accounts.staff import actor_of, check_password
from accounts.tables import Staff
from core.audit import record
from core.clock import now
from core.settings import settings

ISSUER = "Referral assistant"
RECOVERY_CODES = 10
DIGITS = 6
# A telephone's clock may be one step of 30 seconds out, so a code lives for 90 seconds at most.
STEPS = (-1, 0, 1)


def needed(staff: Staff) -> bool:
    """Whether this account has to have one: every local account in production."""
    return not settings().demo and staff.force_id is None


def set_up(staff: Staff) -> bool:
    """Whether this account has one."""
    return staff.totp_secret is not None


def new_secret() -> str:
    """A secret for an app, of 160 bits; it counts once a code has shown that the app has it."""
    return pyotp.random_base32()


def address_of(staff: Staff, secret: str) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff.username, issuer_name=ISSUER)


def enrol(session: Session, staff: Staff, secret: str, code: str) -> list[str] | None:
    """Take the app on if it shows a right code, and give the recovery codes; else None."""
    step = _step_of(secret, code)
    if step is None or not _takes(staff):
        return None
    session.execute(
        update(Staff).where(Staff.id == staff.id).values(totp_secret=secret, totp_step=step)
    )
    record(session, actor_of(staff), "staff.second_factor.set_up", f"staff:{staff.id}")
    return new_recovery_codes(session, staff)


def new_recovery_codes(session: Session, staff: Staff) -> list[str]:
    """Ten in place of those before."""
    record(session, actor_of(staff), "staff.recovery_codes", f"staff:{staff.id}")
    return codes.make(session, staff, "recovery", RECOVERY_CODES)


def forget(session: Session, staff: Staff) -> None:
    """The app and the recovery codes of this account work no more."""
    staff.totp_secret = staff.totp_step = None
    codes.forget(session, staff, "recovery")


def passes(session: Session, staff: Staff | None, code: str) -> bool:
    """Whether somebody whose password was right passes the second factor too, which uses a code up.

    Without one set up there is nothing to pass: where one is needed, the sign-in leads only to
    setting it up. Nobody passes nothing, at the same cost.
    """
    recovered = codes.spend(session, staff.id if staff else "", "recovery", code)
    if staff is None:
        return False
    if staff.totp_secret is None:
        return True
    if recovered:
        record(session, actor_of(staff), "staff.recovery_code.used", f"staff:{staff.id}")
    return recovered or _counts(session, staff, _step_of(staff.totp_secret, code))


def proven(session: Session, username: str, password: str, code: str) -> Staff | None:
    """Whose password and code these are, at a terminal; nobody without the second factor due."""
    staff = check_password(session, username, password)
    passed = passes(session, staff, code)
    due = staff is not None and needed(staff) and not set_up(staff)
    return staff if passed and not due else None


def _takes(staff: Staff) -> bool:
    return not staff.demonstration and staff.force_id is None


def _step_of(secret: str, code: str) -> int | None:
    """The step of 30 seconds to which a typed code belongs."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    app, here = pyotp.TOTP(secret), int(now().timestamp()) // 30
    fitting = [
        here + step for step in STEPS if hmac.compare_digest(app.generate_otp(here + step), typed)
    ]
    return fitting[0] if fitting else None


def _counts(session: Session, staff: Staff, step: int | None) -> bool:
    """Whether the code of this step was not used yet; of two who use it at once, one succeeds."""
    if step is None:
        return False
    unused = or_(Staff.totp_step.is_(None), Staff.totp_step < step)
    taken = (
        update(Staff)
        .where(Staff.id == staff.id, unused)
        .values(totp_step=step)
        .returning(Staff.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(taken) is not None
