"""All that is held of the victim (design D13), in a table of its own that few roles may open.

Nothing outside this module asks for that table, and what is read for the provider's people never
comes here: which roles may is the kind of field "victim" of ``accounts/matrix.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session, object_session

from accounts.policy import shows
from accounts.staff import actor_of
from accounts.tables import Role, Staff
from core.audit import record
from core.database import ByKey
from referrals.rule_set import ABOUT_VICTIM
from referrals.tables import Referral, ReferralVictim
from referrals.transitions import IllegalMoveError

# The criteria whose answers are about the victim, and the column of each.
COLUMNS = {
    "B11_victim_asked": "consulted",
    "B12_victim_view": "view",
    "B13_victim_risk": "concern",
}
# A reference of the force, and nothing that could be a name, a number to ring or an address.
_REFERENCE = re.compile(r"(?=.*\d)[A-Z0-9]{1,6}(?:[/-][A-Z0-9]{1,8}){0,4}")
LONGEST = 24
_VICTIM = ByKey(ReferralVictim, ReferralVictim.referral_id)


class NoReferenceError(ValueError):
    """What was given has not the form of a reference, and may say who somebody is."""


def answers_of(referral: Referral) -> dict[str, str | None]:
    """The answers about the victim that were given; None for one not known yet."""
    held = _held(referral)
    given = {name: getattr(held, column) for name, column in COLUMNS.items()} if held else {}
    return {name: value or None for name, value in given.items() if value is not None}


def answer(referral: Referral, values: Mapping[str, str | None]) -> None:
    """Keep answers about the victim; the last one counts, and none before it is kept."""
    for name, value in values.items():
        setattr(_kept(referral), COLUMNS[name], value or "")


def freeze(referral: Referral, criteria: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep the questions about the victim as they were worded; gives all the others."""
    asked = list(criteria)
    mine = [{"at": at, **each} for at, each in enumerate(asked) if each["id"] in ABOUT_VICTIM]
    if mine:
        _kept(referral).frozen = mine
    return [dict(each) for each in asked if each["id"] not in ABOUT_VICTIM]


def whole(referral: Referral) -> list[dict[str, Any]]:
    """Every question as it was frozen, those about the victim in their place."""
    held, criteria = _held(referral), list((referral.frozen or {"criteria": []})["criteria"])
    for each in (held.frozen or []) if held else []:
        criteria.insert(each["at"], {name: each[name] for name in each if name != "at"})
    return criteria


def record_for(session: Session, staff: Staff, referral: Referral) -> ReferralVictim:
    """What is held, for somebody whom the matrix shows it; the look is on record.

    Raises :class:`IllegalMoveError` for everybody else; ``referral`` is one that they may open.
    """
    if not shows(staff.role, "victim"):
        raise IllegalMoveError("what is held of the victim is for police alone")
    record(session, actor_of(staff), "referral.victim.view", f"referral:{referral.id}")
    return _held(referral) or ReferralVictim(referral_id=referral.id)


def keep(
    session: Session, staff: Staff, referral: Referral, asked_on: date | None, reference: str
) -> None:
    """Keep the day on which the victim was asked and the force's reference of their support.

    Raises :class:`NoReferenceError` for a reference that may say who somebody is, and
    :class:`IllegalMoveError` for anybody but its officer.
    """
    if staff.role != Role.officer or staff.id != referral.owner or staff.site != referral.site:
        raise IllegalMoveError("only its officer writes what is held of the victim")
    reference = reference.strip().upper()
    if reference and (len(reference) > LONGEST or not _REFERENCE.fullmatch(reference)):
        raise NoReferenceError
    held = _kept(referral)
    held.consulted_on = asked_on.isoformat() if asked_on else None
    held.support_reference = reference or None
    record(session, actor_of(staff), "referral.victim", f"referral:{referral.id}")


def remove(session: Session, referral: Referral) -> None:
    """Nothing is held any more."""
    session.execute(delete(ReferralVictim).where(ReferralVictim.referral_id == referral.id))


def _held(referral: Referral) -> ReferralVictim | None:
    """Asked of the database once a session, also where there is nothing."""
    session = object_session(referral)
    if session is None:
        return None
    without: set[str] = session.info.setdefault("without_victim", set())
    if referral.id in without:
        return None
    held = _VICTIM(session, referral.id)
    if held is None:
        without.add(referral.id)
    return held


def _kept(referral: Referral) -> ReferralVictim:
    held = _held(referral)
    if held is None:
        held = ReferralVictim(referral_id=referral.id)
        session = object_session(referral)
        if session is not None:
            session.info["without_victim"].discard(referral.id)
            session.add(held)
            session.flush()
    return held
