"""Needs and support: what an officer saw, what a navigator assesses with the person, what is given.

At ASCEND an advisor assesses needs first and goes on supporting (Hampton Trust, old CARA page), so
each line stays, with who wrote it and when; the latest assessment of a need counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from core.clock import now
from core.crypto import lookup_hashes
from core.words import words
from referrals.fields import NEEDS
from referrals.moving import LONGEST_WORDS, ReferralError
from referrals.tables import Referral, ReferralSupport
from referrals.transitions import IllegalMoveError, Status

ASSESSED, GIVEN = "assessed", "given"
# What an assessment may say, and what may be given.
LEVELS = ("none", "some", "high")
WAYS = ("advice", "signposted", "referred", "appointment", "declined")
HOWS = {ASSESSED: LEVELS, GIVEN: WAYS}
CODES = tuple(code for code, _ in NEEDS)
# From the day on which the provider took the person on; support may go on after the workshops.
TAKEN_ON = (
    Status.accepted,
    Status.booked,
    Status.part_a_done,
    Status.rebooking,
    Status.on_hold,
    Status.completed,
)


class LineError(ReferralError):
    """A line that cannot be kept as it is; ``at`` names what is wrong: need, how or said."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Line:
    """One thing that was written of a need: ``how`` is a code of :data:`HOWS`."""

    how: str
    said: str
    by: str
    at: datetime


@dataclass(frozen=True)
class NeedStanding:
    """A need of one person: whether an officer saw it, how it was assessed last, what was given."""

    need: str
    seen: bool
    assessed: Line | None
    given: tuple[Line, ...]


def may_support(staff: Staff, referral: Referral) -> bool:
    """The provider's navigators and coordinators of the site, once the person was taken on."""
    works = allows(staff.role, "referral.needs") and staff.site == referral.site
    return works and Status(referral.status) in TAKEN_ON


def write(
    session: Session,
    staff: Staff,
    referral: Referral,
    *,
    step: str,
    need: str,
    how: str,
    said: str,
    key: str,
) -> None:
    """Write one line; the same content under the same ``key`` again is the same line.

    Raises :class:`IllegalMoveError` for somebody who may not, :class:`LineError` for a need or a
    code that was not chosen and for words that are too many.
    """
    if not may_support(staff, referral):
        raise IllegalMoveError("only the provider's people write of needs, once taken on")
    if need not in CODES:
        raise LineError("need", words("utter_referral_choose_need", "en").text)
    if how not in HOWS[step]:
        raise LineError("how", words("utter_referral_choose_how", "en").text)
    if len(said) > LONGEST_WORDS:
        lengths = {"most": LONGEST_WORDS, "typed": len(said)}
        raise LineError("said", words("utter_field_too_long", "en", lengths).text)
    # With Back a form keeps its key: the same content again is the same line, other content is not.
    same = lookup_hashes("referral_support.idempotency_key", "|".join((step, need, how, said)))
    keys = [f"{key[:50]}:{each[:12]}" for each in same]
    written = select(ReferralSupport.id).where(
        ReferralSupport.referral_id == referral.id, ReferralSupport.idempotency_key.in_(keys)
    )
    if session.scalar(written) is not None:
        return
    session.add(
        ReferralSupport(
            referral_id=referral.id,
            step=step,
            need=need,
            how=how,
            said=said.strip() or None,
            idempotency_key=keys[0],
            by=staff.id,
            at=now(),
        )
    )
    record(session, actor_of(staff), f"referral.need_{step}", f"referral:{referral.id}")


def standing(session: Session, referral: Referral) -> list[NeedStanding]:
    """Every need that was seen, assessed or supported, in the order of the list of needs."""
    seen = set((referral.detail.support_needs_seen or "").split("|"))
    asked = select(ReferralSupport).where(ReferralSupport.referral_id == referral.id)
    rows = list(session.scalars(asked.order_by(ReferralSupport.id)))
    found = (_standing(code, code in seen, rows) for code in CODES)
    return [each for each in found if each.seen or each.assessed or each.given]


def not_assessed() -> ColumnElement[bool]:
    """For a list: the referrals of which nobody has assessed a need yet."""
    return ~exists().where(
        ReferralSupport.referral_id == Referral.id, ReferralSupport.step == ASSESSED
    )


def _standing(need: str, seen: bool, rows: Iterable[ReferralSupport]) -> NeedStanding:
    mine = [row for row in rows if row.need == need]
    assessed = [_line(row) for row in mine if row.step == ASSESSED]
    given = tuple(_line(row) for row in mine if row.step == GIVEN)
    return NeedStanding(need, seen, assessed[-1] if assessed else None, given)


def _line(row: ReferralSupport) -> Line:
    return Line(row.how, row.said or "", row.by, row.at)
