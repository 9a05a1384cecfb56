"""Accounts and sessions: the one way in for staff.

How long each kind of session lasts, and why, stands in docs/decisions/0019-sign-in.md.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from accounts import at_hand, passwords
from accounts.tables import Role, Staff, StaffSession
from accounts.wording import said
from core.audit import SYSTEM, Actor, record
from core.clock import AHEAD, now
from core.database import ByKey, transaction
from core.occasion import occasion
from core.settings import settings
from sites import site_of

LONGEST_NAME = 80
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A local account without its second factor may set it up in this time, and do nothing else.
ENROLLING_LASTS = timedelta(minutes=15)
BROWSER, TOKEN, ENROLLING = "browser", "token", "enrolling"
MAY_AUTHORISE = (Role.authoriser,)
# From the lowest that may authorise anywhere; a name further on outranks one before it.
RANKS = ("sergeant", "inspector", "chief inspector", "superintendent", "commander")
ABOVE = ("chief constable", "constable, chief")
SPECIALLY = "specially authorised"
_SESSION = ByKey(StaffSession, StaffSession.token_hash)
_WITHOUT_STAFF = ByKey(StaffSession, StaffSession.token_hash, lazyload(StaffSession.staff))


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
    """Make an account; raises :class:`AccountError` for a taken name or a weak password.

    The published password of the demonstration is only for its own accounts.
    """
    if not _is_name(username):
        raise AccountError(said("account", "no_name"))
    fault = "" if demonstration else passwords.fault_of(password, (username, name, site))
    if fault:
        raise AccountError(fault)
    if called(session, username):
        raise AccountError(said("account", "taken", name=username))
    staff = Staff(
        id=str(uuid.uuid4()),
        username=username.strip().lower(),
        role=role.value,
        site=site,
        name=name,
        rank=rank,
        collar_number=collar_number,
        email=email,
        password_hash=(passwords.hashed_once if demonstration else passwords.hashed)(password),
        demonstration=demonstration,
        created_at=now(),
    )
    session.add(staff)
    record(session, by, "staff.add", f"staff:{staff.id}")
    return staff


def unguessable() -> str:
    """A password that nobody will know, for an account whose person sets their own by a code."""
    return secrets.token_urlsafe(32)


def check_password(session: Session, username: str, password: str) -> Staff | None:
    """The member of staff, or None; an unknown name takes as long as a wrong password."""
    staff = called(session, username)
    right = passwords.fits(staff.password_hash if staff else None, password)
    return staff if staff and right and may_work(staff) else None


def set_password(session: Session, staff: Staff, password: str) -> None:
    """Give an account another password; raises :class:`AccountError` where it is a weak one."""
    fault = passwords.fault_of(password, (staff.username, staff.name, staff.site))
    if fault:
        raise AccountError(fault)
    session.get_one(Staff, staff.id).password_hash = passwords.hashed(password)
    record(session, actor_of(staff), "staff.password.set", f"staff:{staff.id}")


def sign_in(
    session: Session,
    staff: Staff,
    *,
    kind: str = BROWSER,
    lasts: timedelta = LONGEST,
    label: str = "",
    by: Actor | None = None,
) -> str:
    """Start a session and return its secret (256 bits), which is kept only as a hash."""
    secret, moment = secrets.token_urlsafe(32), now()
    session.add(
        StaffSession(
            token_hash=hash_of(secret),
            handle=secrets.token_urlsafe(12),
            staff_id=staff.id,
            kind=kind,
            label=label,
            started_at=moment,
            seen_at=moment,
            ends_at=moment + lasts,
        )
    )
    act = "staff.token" if label else "staff.sign_in"
    record(session, by or actor_of(staff), act, f"staff:{staff.id}")
    return secret


def who(secret: str | None, kinds: Collection[str] = (BROWSER, TOKEN)) -> Staff | None:
    """Whose session this is, or None when it is unknown, idle for 30 minutes, or at its end.

    Tokens for scripts (kind "token") have no idle limit, only the end. For whoever needs to know
    and not to change them: it may have come the short way (:mod:`accounts.at_hand`).
    """
    if not secret:
        return None
    held = at_hand.found(hash_of(secret))
    if held is not None:
        return _let_in(held, kinds)
    with transaction() as session:
        return signed_in(session, secret, kinds)


def signed_in(
    session: Session, secret: str | None, kinds: Collection[str] = (BROWSER, TOKEN)
) -> Staff | None:
    """The same, read from the database; asking is using it."""
    found = _used(session, hash_of(secret)) if secret else None
    return _let_in(found, kinds) if found else None


def goes_on(session: Session, token_hash: str, staff_id: str) -> bool:
    """Whether the session of this hash is this person's and lasts still; asking is using it.

    Whoever asks has read this person in the same transaction, so they are not read with it.
    """
    found = at_hand.found(token_hash) or _used(session, token_hash, _WITHOUT_STAFF)
    return found is not None and found.staff_id == staff_id and lasts_still(found)


def _let_in(found: StaffSession, kinds: Collection[str]) -> Staff | None:
    if found.kind not in kinds or not lasts_still(found):
        return None
    occasion().actor = actor_of(found.staff)
    return found.staff


def _used(
    session: Session, token_hash: str, look: ByKey[StaffSession] = _SESSION
) -> StaffSession | None:
    """The session of this hash if it lasts still, noted once a minute as used."""
    found = look(session, token_hash)
    if found is None or not lasts_still(found):
        return None
    if found.seen_at + at_hand.LASTS <= now():
        found.seen_at = now()
    at_hand.keep(found)
    return found


def sign_out(session: Session, secret: str | None) -> None:
    """End the session on the server, so that its cookie is worth nothing."""
    found = alive(session, secret, (BROWSER, TOKEN, ENROLLING))
    if found:
        session.delete(found)
        record(session, actor_of(found.staff), "staff.sign_out", f"staff:{found.staff_id}")


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
    return sorted(filter(may_work, found), key=lambda staff: staff.name)


def authorisers(session: Session, site: str, *, but: str) -> list[Staff]:
    """Who may authorise at ``site``, never the referring officer ``but`` (staff id)."""
    found = session.scalars(
        select(Staff).where(
            Staff.site == site,
            Staff.role.in_([role.value for role in MAY_AUTHORISE]),
            Staff.id != but,
        )
    )
    able = (each for each in found if may_work(each) and may_authorise(each))
    return sorted(able, key=lambda staff: staff.name)


def called(session: Session, username: str) -> Staff | None:
    """The account of this user name, in whatever case it is typed."""
    # PostgreSQL refuses a NUL character outright, and no name holds one.
    wanted = username.strip().lower().replace("\x00", "")
    return session.scalar(select(Staff).where(Staff.username == wanted))


def hash_of(secret: str) -> str:
    """What the server keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def alive(session: Session, secret: str | None, kinds: Collection[str]) -> StaffSession | None:
    """The session of this secret, if it is of one of these kinds and lasts still."""
    found = session.get(StaffSession, hash_of(secret)) if secret else None
    return found if found and found.kind in kinds and lasts_still(found) else None


def lasts_still(found: StaffSession) -> bool:
    """Whether it is neither idle for too long nor at its end, and its person may work.

    One that was seen later than now is over: the clock was set back, and it would last too long.
    """
    moment = now()
    over = found.ends_at <= moment or found.seen_at > moment + AHEAD
    idle = found.kind == BROWSER and found.seen_at + IDLE <= moment
    return may_work(found.staff) and not (over or idle)


def may_work(staff: Staff) -> bool:
    """Not disabled; and the published password of the demonstration opens no production system."""
    return staff.disabled_at is None and (settings().demo or not staff.demonstration)


def _is_name(username: str) -> bool:
    typed = username.strip()
    return bool(typed) and typed.isprintable() and len(typed) <= LONGEST_NAME
