"""Moves a referral along the transition table, in the transaction of its cause.

Who acts comes from the session alone: the role decides which moves there are, the site and the
owner whose they are. Every move is an event that stays, with its audit row.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.staff import actor_of, may_authorise
from accounts.tables import Role, Staff
from core.audit import Actor, record
from core.clock import now
from core.words import words
from referrals.handing_over import told_of, told_of_worry
from referrals.tables import Referral, ReferralEvent
from referrals.transitions import (
    TERMINAL,
    Event,
    IllegalMoveError,
    Status,
    Transition,
    next_status,
    transition,
)
from referrals.workshops.seats import SEATED, leave

LONGEST_WORDS = 500
# What is done to a referral without moving it; it stands among its events all the same.
FLAG, HAND_ON = "safeguarding_flag", "hand_to_colleague"


class ReferralError(Exception):
    """Something that cannot be done to this referral now; the message is for the person."""


class StaleError(ReferralError):
    """Somebody else changed it since the person saw it."""


def move(
    session: Session,
    staff: Staff,
    referral: Referral,
    event: Event,
    *,
    key: str,
    reason: str = "",
    said: str = "",
    version: int | None = None,
) -> ReferralEvent:
    """Make one move; the same ``key`` again is the same move, and changes nothing.

    ``version`` is the one that the person saw. Raises :class:`IllegalMoveError` for a move that the
    table, the role or the site does not allow, :class:`StaleError` where somebody was faster, and
    :class:`ReferralError` for a reason or words that are missing.
    """
    if made := made_before(session, referral, key):
        return made
    if version is not None and version != referral.version:
        raise StaleError(words("utter_referral_stale", "en").text)
    row = transition(Status(referral.status), event)
    if not allowed(staff, referral, row):
        record(session, actor_of(staff), f"referral.{event}", _subject(referral), refused=True)
        raise IllegalMoveError(f"{staff.role} may not {event}")
    _check_words(row, reason, said)
    reason = reason if row.reasons or event is Event.close_not_met else ""
    return apply(session, actor_of(staff), referral, event, key=key, reason=reason, said=said)


def apply(
    session: Session,
    actor: Actor,
    referral: Referral,
    event: Event,
    *,
    key: str,
    reason: str = "",
    said: str = "",
) -> ReferralEvent:
    """A move that was found to be allowed, or that the system makes itself (a draft expires)."""
    before = Status(referral.status)
    held = Status(referral.resume_to) if referral.resume_to else None
    after = next_status(before, event, held)
    referral.resume_to = before if event is Event.hold else None
    referral.status = after
    if after not in SEATED:
        leave(session, referral)
    made = note(session, actor, referral, event, key=key, reason=reason, said=said, before=before)
    told_of(session, referral, made)
    return made


def note(
    session: Session,
    actor: Actor,
    referral: Referral,
    event: str,
    *,
    key: str,
    reason: str = "",
    said: str = "",
    before: Status | None = None,
) -> ReferralEvent:
    """Keep that something was done to a referral; ``before`` is where it stood, if it moved."""
    made = ReferralEvent(
        referral_id=referral.id,
        event=event,
        from_status=before or referral.status,
        to_status=referral.status,
        reason=reason,
        said=said.strip()[:LONGEST_WORDS] or None,
        idempotency_key=key,
        by=actor.id,
        at=now(),
    )
    session.add(made)
    referral.updated_at = now()
    record(session, actor, f"referral.{event}", _subject(referral))
    return made


def allowed(staff: Staff, referral: Referral, row: Transition) -> bool:
    """Whether this person may make this move of this referral: role, site, and whose it is."""
    if referral.site != staff.site or staff.role not in row.roles:
        return False
    if staff.role == Role.officer:
        return staff.id == referral.owner
    if staff.role == Role.authoriser:
        # The officer who referred cannot also authorise, whatever account is used later.
        return staff.id not in (referral.owner, referral.created_by) and may_authorise(staff)
    return True


def flag(session: Session, staff: Staff, referral: Referral, *, key: str, said: str) -> None:
    """Somebody is worried about a person's safety: said in any state, by anybody who may see it.

    Whoever can look is told at once by e-mail.
    """
    if not said.strip():
        raise ReferralError(words("utter_referral_say_why", "en").text)
    _refuse_too_long(said)
    if made_before(session, referral, key) is None:
        referral.flagged_at = now()
        made = note(session, actor_of(staff), referral, FLAG, key=key, said=said)
        told_of_worry(session, referral, made)


def hand_on(
    session: Session, staff: Staff, referral: Referral, colleague: Staff, *, key: str
) -> None:
    """An officer's shift ends: a colleague at the same site goes on with it, and both are named."""
    ours = referral.site == staff.site == colleague.site and colleague.role == Role.officer
    ended = Status(referral.status) in TERMINAL
    if staff.id != referral.owner or not ours or ended or colleague.disabled_at:
        raise IllegalMoveError("only its officer hands a referral on, to an officer of the site")
    if made_before(session, referral, key) is None and colleague.id != staff.id:
        referral.owner = colleague.id
        note(session, actor_of(staff), referral, HAND_ON, key=key, reason=colleague.id)


def history(session: Session, referral: Referral) -> list[ReferralEvent]:
    """Everything that was done to it, in order."""
    made = select(ReferralEvent).where(ReferralEvent.referral_id == referral.id)
    return list(session.scalars(made.order_by(ReferralEvent.id)))


def made_before(session: Session, referral: Referral, key: str) -> ReferralEvent | None:
    """What was done already under this key, if it was."""
    return session.scalar(
        select(ReferralEvent).where(
            ReferralEvent.referral_id == referral.id, ReferralEvent.idempotency_key == key
        )
    )


def _check_words(row: Transition, reason: str, said: str) -> None:
    if row.reasons and reason not in row.reasons:
        raise ReferralError(words("utter_referral_choose_reason", "en").text)
    if (row.asks_words or reason == "other") and not said.strip():
        raise ReferralError(words("utter_referral_say_why", "en").text)
    _refuse_too_long(said)


def _subject(referral: Referral) -> str:
    return f"referral:{referral.id}"


def _refuse_too_long(said: str) -> None:
    if len(said) > LONGEST_WORDS:
        lengths = {"most": LONGEST_WORDS, "typed": len(said)}
        raise ReferralError(words("utter_field_too_long", "en", lengths).text)
