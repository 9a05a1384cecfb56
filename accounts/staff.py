"""Accounts and sessions: the one way in for staff."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.tables import Role, Staff, StaffSession
from core.audit import SYSTEM, Actor, record
from core.clock import now
from core.settings import settings
from sites import site_of

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SHORTEST_PASSWORD = 12
MAY_AUTHORISE = (Role.authoriser,)
# From the lowest that may authorise anywhere; a name further on outranks one before it.
RANKS = ("sergeant", "inspector", "chief inspector", "superintendent", "commander")
ABOVE = ("chief constable", "constable, chief")
SPECIALLY = "specially authorised"

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_urlsafe(16))


class AccountError(Exception):
    """Something about an account that its person can put right; the message is for them."""


def actor_of(staff: Staff) -> Actor:
    """Staff as the audit knows them."""
    return Actor("staff", staff.id, staff.site)


def add_staff(
    session: Session,
    *,
    username: str,
    password: str,
    role: Role,
    site: str,
    name: str,
    rank: str = "",
    collar_number: str = "",
    email: str = "",
    demonstration: bool = False,
    by: Actor = SYSTEM,
) -> Staff:
    """Make an account; raises :class:`AccountError` for a taken name or a short password."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(f"The password needs {SHORTEST_PASSWORD} characters or more.")
    if _called(session, username):
        raise AccountError(f"There is already an account called {username}.")
    staff = Staff(
        id=str(uuid.uuid4()),
        username=username.strip().lower(),
        role=role.value,
        site=site,
        name=name,
        rank=rank,
        collar_number=collar_number,
        email=email,
        password_hash=_hasher.hash(password),
        demonstration=demonstration,
        created_at=now(),
    )
    session.add(staff)
    record(session, by, "staff.add", f"staff:{staff.id}")
    return staff


def check_password(session: Session, username: str, password: str) -> Staff | None:
    """The member of staff, or None; an unknown name takes as long as a wrong password."""
    staff = _called(session, username)
    try:
        _hasher.verify(staff.password_hash if staff else _nobody, password)
    except VerificationError:
        staff = None
    return staff if staff and _may_work(staff) else None


def sign_in(session: Session, staff: Staff, *, kind: str = "browser") -> str:
    """Start a session and return its secret (256 bits), which is kept only as a hash."""
    secret, moment = secrets.token_urlsafe(32), now()
    session.add(
        StaffSession(
            token_hash=_hash(secret),
            staff_id=staff.id,
            kind=kind,
            started_at=moment,
            seen_at=moment,
            ends_at=moment + LONGEST,
        )
    )
    record(session, actor_of(staff), "staff.sign_in", f"staff:{staff.id}")
    return secret


def signed_in(session: Session, secret: str | None) -> Staff | None:
    """Whose session this is, or None when it is unknown, idle for 30 minutes, or 12 hours old.

    Tokens for scripts (kind "token") have no idle limit, only the end.
    """
    found = session.get(StaffSession, _hash(secret)) if secret else None
    if found is None or not _may_work(found.staff) or found.ends_at <= now():
        return None
    if found.kind == "browser" and found.seen_at + IDLE <= now():
        return None
    if found.seen_at + timedelta(minutes=1) <= now():
        found.seen_at = now()
    return found.staff


def signed_in_at(session: Session, secret: str | None) -> datetime | None:
    """When this session began; None where it is worth nothing any more."""
    if signed_in(session, secret) is None or secret is None:
        return None
    return session.get_one(StaffSession, _hash(secret)).started_at


def sign_out(session: Session, secret: str | None) -> None:
    """End the session on the server, so that its cookie is worth nothing."""
    staff = signed_in(session, secret)
    if staff and secret:
        session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(secret)))
        record(session, actor_of(staff), "staff.sign_out", f"staff:{staff.id}")


def may_authorise(staff: Staff) -> bool:
    """Whether somebody may authorise at their site by rank: not below sergeant, or what it asks.

    Source: Director's guidance, and ``who_authorises`` of the site. Somebody authorised specially
    has "Specially authorised" for a rank, or what the site calls such people.
    """
    if staff.role not in MAY_AUTHORISE:
        return False
    rank, rule = staff.rank.casefold(), site_of(staff.site).who_authorises
    enough = (*RANKS[RANKS.index(rule.lowest_rank) :], *ABOVE)
    specially = (SPECIALLY, *(name.casefold() for name in rule.specially_authorised))
    return any(name in rank for name in (*enough, *specially))


def officers(session: Session, site: str, *, but: str) -> list[Staff]:
    """The officers of ``site``, to hand a referral to; never ``but`` (staff id)."""
    found = session.scalars(
        select(Staff).where(Staff.site == site, Staff.role == Role.officer, Staff.id != but)
    )
    return sorted(filter(_may_work, found), key=lambda staff: staff.name)


def authorisers(session: Session, site: str, *, but: str) -> list[Staff]:
    """Who may authorise at ``site``, never the referring officer ``but`` (staff id)."""
    found = session.scalars(
        select(Staff).where(
            Staff.site == site,
            Staff.role.in_([role.value for role in MAY_AUTHORISE]),
            Staff.id != but,
        )
    )
    able = (each for each in found if _may_work(each) and may_authorise(each))
    return sorted(able, key=lambda staff: staff.name)


def _called(session: Session, username: str) -> Staff | None:
    # PostgreSQL refuses a NUL character outright, and no name holds one.
    wanted = username.strip().lower().replace("\x00", "")
    return session.scalar(select(Staff).where(Staff.username == wanted))


def _may_work(staff: Staff) -> bool:
    """Not disabled; and the published password of the demonstration opens no production system."""
    return staff.disabled_at is None and (settings().demo or not staff.demonstration)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
