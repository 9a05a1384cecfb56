"""Makes groups, books people into them, keeps the register: each move in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Role, Staff
from core.audit import record
from core.clock import now, today
from core.words import words
from referrals.moving import ReferralError, made_before, move
from referrals.tables import Referral
from referrals.transitions import Event, IllegalMoveError, Status
from referrals.workshops.rules import Dates, Need, Offer, faults_of, obstacles
from referrals.workshops.seats import free, people_of, take
from referrals.workshops.tables import WorkshopFacilitator, WorkshopGroup

# What the register says of one person: present, or why not.
PRESENT = "present"
PARTS = {"a": Event.attend_a, "b": Event.attend_b}
STANDS = {"a": Status.booked, "b": Status.part_a_done}


@dataclass(frozen=True)
class NewGroup:
    """A group as a coordinator asks for it."""

    dates: Dates
    places: int
    venue: str
    begins: str
    ends: str
    who: str
    language: str
    delivery_site: str = ""
    facilitators: tuple[str, ...] = ()


def make_group(session: Session, staff: Staff, asked: NewGroup) -> WorkshopGroup:
    """A new group of this coordinator's site; raises :class:`ReferralError` with what is wrong."""
    if staff.role != Role.coordinator:
        raise IllegalMoveError("only a coordinator makes a group")
    faults = faults_of(asked.dates, asked.places, today())
    if asked.begins >= asked.ends:
        faults.append("times")
    if not asked.venue:
        faults.append("venue")
    if faults:
        raise ReferralError(" ".join(words(f"utter_group_{fault}", "en").text for fault in faults))
    group = WorkshopGroup(
        id=str(uuid.uuid4()),
        site=staff.site,
        delivery_site=asked.delivery_site,
        venue=asked.venue,
        part_a_on=asked.dates.a,
        part_b_on=asked.dates.b,
        begins=asked.begins,
        ends=asked.ends,
        places=asked.places,
        who=asked.who,
        language=asked.language,
        made_by=staff.id,
        made_at=now(),
    )
    session.add(group)
    session.flush()
    able = {each.id for each in facilitators(session, staff.site)}
    for staff_id in sorted(able & set(asked.facilitators)):
        session.add(WorkshopFacilitator(group_id=group.id, staff_id=staff_id))
    record(session, actor_of(staff), "workshop.add", f"workshop:{group.id}")
    return group


def facilitators(session: Session, site: str) -> Sequence[Staff]:
    """Who may run a group of a site."""
    asked = select(Staff).where(
        Staff.site == site, Staff.role == Role.facilitator, Staff.disabled_at.is_(None)
    )
    return sorted(session.scalars(asked), key=lambda staff: staff.name)


def groups(session: Session, site: str, since: date) -> Sequence[WorkshopGroup]:
    """The groups of a site that have not ended before ``since``, the next one first."""
    asked = (
        select(WorkshopGroup)
        .where(WorkshopGroup.site == site, WorkshopGroup.part_b_on >= since)
        .order_by(WorkshopGroup.part_a_on, WorkshopGroup.id)
    )
    return session.scalars(asked).all()


def offer_of(session: Session, group: WorkshopGroup) -> Offer:
    """What the group has to give now."""
    dates = Dates(group.part_a_on, group.part_b_on)
    return Offer(dates, free(session, group), group.delivery_site, group.who)


def book(
    session: Session, staff: Staff, referral: Referral, group: WorkshopGroup, need: Need, key: str
) -> None:
    """Take a seat and move the referral; the same ``key`` again is the same booking.

    The group's row is locked first, so that two coordinators cannot take one seat. Raises
    :class:`ReferralError` where the group does not fit, :class:`IllegalMoveError` like any move.
    """
    if made_before(session, referral, key):
        return
    # A write, since SQLite knows no lock of a row and would let both count the same seat.
    session.execute(
        update(WorkshopGroup)
        .where(WorkshopGroup.id == group.id)
        .values(places=WorkshopGroup.places)
        .execution_options(synchronize_session=False)
    )
    if group.site != referral.site:
        raise IllegalMoveError("a group of another site")
    found = obstacles(need, offer_of(session, group), today())
    if found:
        raise ReferralError(" ".join(words(f"utter_group_{code}", "en").text for code in found))
    move(session, staff, referral, Event.book, key=key)
    take(session, group, referral)


def register(
    session: Session, staff: Staff, group: WorkshopGroup, part: str, said: Iterable[tuple[str, str]]
) -> int:
    """What the register says, by referral: :data:`PRESENT` or a coded reason; gives how many.

    A missed session gives the seat back and leads to a new booking of both (the provider's rule).
    Whoever is registered already stays as they are. Raises :class:`ReferralError` before the day.
    """
    day = group.part_a_on if part == "a" else group.part_b_on
    if day > today():
        raise ReferralError(words("utter_group_not_yet", "en").text)
    here = {each.id: each for each in people_of(session, group) if each.status == STANDS[part]}
    made = 0
    for referral_id, how in said:
        if referral := here.get(referral_id):
            event, reason = (PARTS[part], "") if how == PRESENT else (Event.miss, how)
            key = f"register:{group.id}:{part}"
            move(session, staff, referral, event, key=key, reason=reason)
            made += 1
    record(session, actor_of(staff), f"workshop.register_{part}", f"workshop:{group.id}")
    return made


def group_for(session: Session, staff: Staff, group_id: str) -> WorkshopGroup | None:
    """The group, if it is one of this person's site."""
    found = session.get(WorkshopGroup, group_id) if group_id.isprintable() else None
    return found if found and found.site == staff.site else None
