"""Puts what a move sends into the outbox, in the transaction of the move."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from accounts.staff import authorisers
from accounts.tables import Role, Staff
from core import outbox
from core.clock import LONDON, now
from core.outbox import DEAD, WAITING, Letter, Outgoing
from referrals.handing_over.attendance import HAPPENED, Attendance, police_letters
from referrals.handing_over.document import Facts, document
from referrals.handing_over.notices import CODES, Notice, victim_contact_letters
from referrals.handing_over.ways import (
    NO_ROUTE,
    NOBODY,
    PULL,
    Cause,
    Purpose,
    letter,
    provider_ways,
    without_way,
    worry_ways,
)
from referrals.rule_set import ABOUT_VICTIM
from referrals.tables import Referral, ReferralEvent
from referrals.transitions import BEFORE_AUTHORITY, Event, Status
from sites import site_of


def told_of(session: Session, referral: Referral, event: ReferralEvent) -> None:
    """Post whatever this move sends; the same move again is the same rows.

    Where nobody has confirmed how a receiver is reached, a row stands in the outbox instead that
    never leaves, and the coordinator sees it.
    """
    if referral.reference is None:
        return
    session.flush()
    if event.event == Event.withdraw:
        _keep_back(session, referral)
    for purpose in purposes_of(event.event, Status(event.from_status)):
        cause = _cause(referral, event, purpose)
        if not post_letters(session, referral, event, cause):
            outbox.post(session, without_way(cause), site=referral.site, held=True, trouble=NOBODY)


def told_of_worry(session: Session, referral: Referral, event: ReferralEvent) -> None:
    """Tell those who can look that somebody is worried: an e-mail that says only that.

    A draft that was never sent is its officer's alone, and nobody else could open it. Where nobody
    can be told of an authorised referral, the coordinator sees that on the hand-over page; before
    authority it stands on the sergeants' list alone, for the provider knows nothing of it yet.
    """
    if referral.reference is None:
        return
    session.flush()
    cause = _cause(referral, event, Purpose.worry)
    told = post_letters(session, referral, event, cause)
    if not told and authorised(session, referral.id):
        outbox.post(session, without_way(cause), site=referral.site, held=True, trouble=NOBODY)


def authorised(session: Session, referral_id: str) -> bool:
    """Whether a sergeant ever authorised it: from then on the provider may know of it."""
    asked = select(ReferralEvent.id).where(
        ReferralEvent.referral_id == referral_id, ReferralEvent.event == Event.authorise
    )
    return session.scalar(asked.limit(1)) is not None


def _cause(referral: Referral, event: ReferralEvent, purpose: Purpose) -> Cause:
    return Cause(
        purpose=purpose,
        referral=referral.id,
        reference=referral.reference or "",
        event=str(event.event),
        event_id=event.id,
        at=event.at.isoformat(timespec="seconds"),
    )


def _who_looks(session: Session, referral: Referral) -> list[str]:
    """Addresses of those who can open it: the site's coordinators once it was authorised.

    Before, the authoriser who was named; where that one is gone, all authorisers of the site.
    """
    if authorised(session, referral.id):
        looking = select(Staff).where(
            Staff.site == referral.site,
            Staff.role == Role.coordinator,
            Staff.disabled_at.is_(None),
        )
        return [staff.email for staff in session.scalars(looking)]
    able = authorisers(session, referral.site, but=referral.owner)
    named = [each for each in able if each.id == referral.detail.authoriser]
    return [each.email for each in named or able]


def purposes_of(event: str, before: Status) -> list[Purpose]:
    """Who hears of an event at all; ``before`` is where the referral stood.

    The provider hears that a referral is withdrawn only where it may have it already.
    """
    withdrawn = () if before in BEFORE_AUTHORITY else (Event.withdraw,)
    told = {
        Purpose.provider: (Event.authorise,),
        Purpose.withdrawal: withdrawn,
        Purpose.victim_contact: (
            *(each for each in CODES if each is not Event.withdraw),
            *withdrawn,
        ),
        Purpose.police: tuple(HAPPENED),
    }
    return [purpose for purpose, events in told.items() if event in events]


def post_letters(
    session: Session, referral: Referral, event: ReferralEvent, cause: Cause
) -> list[Letter]:
    """Post the letters of one purpose; gives them, none where no route is confirmed."""
    made = letters_of(session, referral, event, cause)
    for each in made:
        outbox.post(session, each, site=referral.site, held=each.kind == PULL)
    return made


def letters_of(
    session: Session, referral: Referral, event: ReferralEvent, cause: Cause
) -> list[Letter]:
    """The letters of one purpose, as they are made today for this move."""
    site = site_of(referral.site)
    if cause.purpose is Purpose.worry:
        ways = worry_ways(site, _who_looks(session, referral))
        return [letter(way, cause, {}) for way in ways]
    moved = Event(event.event)
    if cause.purpose is Purpose.police:
        on = event.at.astimezone(LONDON).date()
        return police_letters(Attendance(cause.reference, HAPPENED[moved], on), site, cause)
    if cause.purpose is not Purpose.provider:
        notice = Notice(cause.reference, CODES[moved], cause.at)
        if cause.purpose is Purpose.victim_contact:
            return victim_contact_letters(notice, site, cause)
        return [letter(way, cause, asdict(notice)) for way in provider_ways(site)]
    handed = handed_over(session, referral)
    return [letter(way, cause, handed) for way in provider_ways(site)] if handed else []


def _keep_back(session: Session, referral: Referral) -> None:
    """What has not left yet of a withdrawn referral never leaves; what nobody could send is gone.

    A row that a sender holds at this moment goes out, and the word that it is withdrawn after it.
    """
    unsent = and_(
        Outgoing.status.in_((WAITING, DEAD)),
        or_(Outgoing.claimed_until.is_(None), Outgoing.claimed_until <= now()),
    )
    session.execute(
        delete(Outgoing).where(
            Outgoing.key.startswith(f"{Purpose.provider}:{referral.id}:", autoescape=True),
            or_(unsent, Outgoing.kind == NO_ROUTE),
        )
    )


def handed_over(session: Session, referral: Referral) -> dict[str, Any] | None:
    """The document of a referral that was authorised; None of one that was not."""
    authorised = session.scalar(
        select(ReferralEvent)
        .where(ReferralEvent.referral_id == referral.id, ReferralEvent.event == Event.authorise)
        .order_by(ReferralEvent.id.desc())
        .limit(1)
    )
    if authorised is None or referral.frozen is None:
        return None
    return document(_facts(session, referral, authorised), referral.frozen)


def _facts(session: Session, referral: Referral, authorised: ReferralEvent) -> Facts:
    officer = session.get_one(Staff, referral.owner)
    named = (officer.rank, officer.name, officer.collar_number)
    return Facts(
        reference=referral.reference or "",
        site=referral.site,
        delivery_site=referral.delivery_site,
        route=site_of(referral.site).route,
        authorised_at=authorised.at.isoformat(timespec="seconds"),
        given_on=referral.given_on.isoformat() if referral.given_on else None,
        officer=" ".join(part for part in named if part),
        reason_is_about_victim=not ABOUT_VICTIM.isdisjoint(referral.went_on_despite.split()),
    )
