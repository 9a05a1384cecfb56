"""Codes that work once and are kept only as a hash: to recover a second factor, to set a password.

80 random bits each, so that a plain hash gives nothing away.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from accounts.tables import Staff, StaffCode
from core.clock import now

Purpose = Literal["recovery", "password"]
# Without the letters and figures that are taken for each other: 32 of them, 5 bits each.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH, GROUP = 16, 4


def make(
    session: Session, staff: Staff, purpose: Purpose, count: int, lasts: timedelta | None = None
) -> list[str]:
    """New codes in place of all older ones for this purpose; they are shown now and never again."""
    forget(session, staff, purpose)
    made = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(count)]
    ends_at = now() + lasts if lasts else None
    session.add_all(
        StaffCode(
            code_hash=_hash(staff.id, purpose, code),
            staff_id=staff.id,
            purpose=purpose,
            ends_at=ends_at,
        )
        for code in made
    )
    return [_shown(code) for code in made]


def spend(session: Session, staff_id: str, purpose: Purpose, typed: str) -> bool:
    """Use a code up; of two who try it at once, one succeeds."""
    kept = StaffCode.code_hash == _hash(staff_id, purpose, _folded(typed))
    lasting = or_(StaffCode.ends_at.is_(None), StaffCode.ends_at > now())
    taken = delete(StaffCode).where(kept, lasting).returning(StaffCode.staff_id)
    return session.scalar(taken) is not None


def forget(session: Session, staff: Staff, purpose: Purpose) -> None:
    """No code of this purpose works for them any more."""
    session.execute(
        delete(StaffCode).where(StaffCode.staff_id == staff.id, StaffCode.purpose == purpose)
    )


def _folded(typed: str) -> str:
    return "".join(ch for ch in typed.upper() if ch in LETTERS)[: LENGTH + 1]


def _shown(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _hash(staff_id: str, purpose: str, code: str) -> str:
    return hashlib.sha256(f"{purpose} {staff_id} {code}".encode()).hexdigest()
