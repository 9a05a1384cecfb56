"""What an operator changes of an account; each of it ends the sessions of its person at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from accounts import codes, passwords, second
from accounts.sessions import end_all
from accounts.staff import AccountError, called, may_work, set_password, unguessable
from accounts.tables import Role, Staff
from accounts.wording import said
from core.audit import SYSTEM, Actor, record
from core.clock import now

CODE_LASTS = timedelta(minutes=60)


def disable(session: Session, staff: Staff, by: Actor = SYSTEM) -> None:
    """Nobody gets in by this account any more, and who is in is out."""
    staff.disabled_at = staff.disabled_at or now()
    codes.forget(session, staff, "password")
    record(session, by, "staff.disable", f"staff:{staff.id}")
    end_all(session, staff, by)


def enable(session: Session, staff: Staff, by: Actor = SYSTEM) -> None:
    """The account may be used again, with the password and second factor that it had."""
    staff.disabled_at = None
    record(session, by, "staff.enable", f"staff:{staff.id}")


def change(session: Session, staff: Staff, role: Role, site: str, by: Actor = SYSTEM) -> None:
    """Give the account another role or site; a session of the old one is worth nothing."""
    if (staff.role, staff.site) == (role.value, site):
        return
    staff.role, staff.site = role.value, site
    record(session, by, "staff.change", f"staff:{staff.id}")
    end_all(session, staff, by)


def reset(
    session: Session, staff: Staff, by: Actor = SYSTEM, *, second_factor: bool = False
) -> str:
    """Take the password away and give a code to set another; with the second factor, that too.

    Raises :class:`AccountError` for an account whose password is not its own.
    """
    if staff.demonstration:
        raise AccountError(said("account", "demonstration"))
    if staff.force_id:
        raise AccountError(said("account", "force"))
    staff.password_hash = passwords.hashed(unguessable())
    if second_factor:
        second.forget(session, staff)
    record(session, by, "staff.reset", f"staff:{staff.id}")
    end_all(session, staff, by)
    (code,) = codes.make(session, staff, "password", 1, CODE_LASTS)
    return code


def set_by_code(session: Session, username: str, code: str, password: str) -> Staff | None:
    """Set a password by the code of :func:`reset`, which is used up; None where it does not fit.

    Raises :class:`AccountError` for a weak password, and the code may be used again.
    """
    fault = passwords.fault_of(password, (username,))
    if fault:
        raise AccountError(fault)
    staff = called(session, username)
    fits = codes.spend(session, staff.id if staff else "", "password", code)
    if staff is None or not fits or not may_work(staff):
        return None
    set_password(session, staff, password)
    return staff
