"""Accounts of the force: made when somebody first comes from its sign-in, and kept as it says."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import changing
from accounts.groups import Grant, grants_of
from accounts.staff import actor_of, called
from accounts.tables import Staff
from accounts.wording import said
from core.audit import record
from core.clock import now
from core.settings import settings

LONGEST = 60


class ForceError(Exception):
    """Who comes from the force's sign-in is not let in; the message says why, for them."""


def id_of(issuer: str, subject: str) -> str:
    """Who somebody is to the force: a hash, by which they are known again and not named."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def take_on(session: Session, claims: Mapping[str, Any]) -> Staff:
    """The account of whom these checked claims speak, with the role and site of their group.

    Another role or site than before ends every older session. Raises :class:`ForceError`.
    """
    grant = _grant_of(claims)
    found = known(session, claims)
    if found and found.disabled_at:
        raise ForceError(said("force", "disabled"))
    staff = found or _made(session, claims, grant)
    changing.change(session, staff, grant.role, grant.site, actor_of(staff))
    staff.name = _text(claims, "name") or staff.username
    staff.email = _text(claims, "email")
    staff.rank = grant.rank
    staff.collar_number = _text(claims, "collar_number")
    return staff


def known(session: Session, claims: Mapping[str, Any]) -> Staff | None:
    """The account of this person, if they were here before."""
    wanted = id_of(str(claims["iss"]), str(claims["sub"]))
    return session.scalar(select(Staff).where(Staff.force_id == wanted))


def _grant_of(claims: Mapping[str, Any]) -> Grant:
    told = claims.get(settings().oidc_groups_claim)
    groups = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    grants = grants_of(each for each in groups if isinstance(each, str))
    if len(grants) != 1:
        raise ForceError(said("force", "many_groups" if grants else "no_group"))
    return grants.pop()


def _made(session: Session, claims: Mapping[str, Any], grant: Grant) -> Staff:
    force_id = id_of(str(claims["iss"]), str(claims["sub"]))
    staff = Staff(
        id=str(uuid.uuid4()),
        username=_free_name(session, claims, force_id),
        role=grant.role.value,
        site=grant.site,
        name="",
        password_hash="",
        force_id=force_id,
        created_at=now(),
    )
    session.add(staff)
    record(session, actor_of(staff), "staff.add", f"staff:{staff.id}")
    return staff


def _free_name(session: Session, claims: Mapping[str, Any], force_id: str) -> str:
    """What operators call them; it never takes over the name of somebody else's account."""
    wanted = (_text(claims, "preferred_username") or _text(claims, "email")).lower()
    name = wanted[:LONGEST] or force_id[:12]
    return f"{name}-{force_id[:12]}" if called(session, name) else name


def _text(claims: Mapping[str, Any], name: str) -> str:
    told = claims.get(name)
    return told.strip() if isinstance(told, str) and told.isprintable() else ""
