"""Sessions of staff besides one's own way in and out: confirmed, listed, ended and swept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from accounts.policy import ANY, Scope, scope_of
from accounts.staff import BROWSER, IDLE, actor_of, alive, hash_of, lasts_still
from accounts.tables import Role, SignInRequest, Staff, StaffCode, StaffSession
from core.audit import SYSTEM, Actor, record
from core.clock import AHEAD, now


def confirmed_at(session: Session, secret: str | None) -> datetime | None:
    """When the person of this session last showed who they are; None where it is worth nothing."""
    found = alive(session, secret, (BROWSER,))
    return (found.confirmed_at or found.started_at) if found else None


def confirm(session: Session, token_hash: str, staff: Staff) -> bool:
    """The person of a session has shown anew who they are; False where it is not theirs any more.

    ``token_hash`` is the hash of its secret.
    """
    found = session.get(StaffSession, token_hash)
    if found is None or found.staff_id != staff.id or not lasts_still(found):
        return False
    found.confirmed_at = now()
    record(session, actor_of(staff), "staff.confirm", f"staff:{staff.id}")
    return True


def seen_by(session: Session, staff: Staff) -> list[StaffSession]:
    """The sessions and tokens that this person may end besides their own, newest first.

    An administrator has those of the site, but not an operator's; an operator has all.
    """
    whose = select(StaffSession).join(StaffSession.staff).where(Staff.id != staff.id)
    scope = scope_of("account", ANY, staff.role)
    if scope is Scope.site:
        whose = whose.where(Staff.site == staff.site, Staff.role != Role.operator)
    elif scope is not Scope.everywhere:
        return []
    return _lasting(session, whose)


def own(session: Session, staff: Staff) -> list[StaffSession]:
    """A person's own, newest first."""
    return _lasting(session, select(StaffSession).where(StaffSession.staff_id == staff.id))


def handle_of(session: Session, secret: str | None) -> str:
    """What the session of this secret is called on a page; empty where it is worth nothing."""
    found = alive(session, secret, (BROWSER,))
    return found.handle if found else ""


def every(session: Session, staff: Staff | None = None) -> list[StaffSession]:
    """All of them, or all of one person, for the operator at a terminal."""
    return own(session, staff) if staff else _lasting(session, select(StaffSession))


def end(session: Session, handle: str, among: list[StaffSession], by: Actor) -> bool:
    """End one of these; whether it was among them."""
    found = next((each for each in among if each.handle == handle), None)
    if found is None:
        return False
    session.delete(found)
    record(session, by, "staff.session.end", f"staff:{found.staff_id}")
    return True


def end_all(session: Session, staff: Staff, by: Actor = SYSTEM, *, but: str | None = None) -> None:
    """End every session and token of this person, except that of the secret ``but``."""
    theirs = select(StaffSession).where(StaffSession.staff_id == staff.id)
    for each in session.scalars(theirs):
        if not but or each.token_hash != hash_of(but):
            session.delete(each)
    record(session, by, "staff.sessions.end", f"staff:{staff.id}")


def sweep(session: Session) -> None:
    """Remove what is over: sessions, ways to the force and back, and codes to set a password."""
    moment = now()
    idle = and_(StaffSession.kind == BROWSER, StaffSession.seen_at <= moment - IDLE)
    # Else it would come to life again once the clock is where it was.
    ahead = StaffSession.seen_at > moment + AHEAD
    session.execute(delete(StaffSession).where(or_(StaffSession.ends_at <= moment, idle, ahead)))
    session.execute(delete(SignInRequest).where(SignInRequest.ends_at <= moment))
    session.execute(delete(StaffCode).where(StaffCode.ends_at <= moment))


def _lasting(session: Session, whose: Select[StaffSession]) -> list[StaffSession]:
    newest_first = whose.order_by(StaffSession.started_at.desc(), StaffSession.handle)
    return [each for each in session.scalars(newest_first) if lasts_still(each)]
