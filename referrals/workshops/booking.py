"""Makes groups, books people into them, keeps the register: each move in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from accounts.policy import allows
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
    if not allows(staff.role, "groups.write"):
        raise IllegalMoveError("only a coordinator makes a group")
    refuse(faults_of(asked.dates, asked.places, today()) + missing(asked))
    group = WorkshopGroup(id=str(uuid.uuid4()), site=staff.site, made_by=staff.id, made_at=now())
    fill(session, group, asked)
    record(session, actor_of(staff), "workshop.add", f"workshop:{group.id}")
    return group


def missing(asked: NewGroup) -> list[str]:
    """What has to be said of any group and is not, as codes."""
    wrong = {"times": asked.begins >= asked.ends, "venue": not asked.venue}
    return [code for code, holds in wrong.items() if holds]


def refuse(faults: Collection[str]) -> None:
    """Raise :class:`ReferralError` with the words of these codes, where there are any."""
    if faults:
        raise ReferralError(" ".join(words(f"utter_group_{fault}", "en").text for fault in faults))


def fill(session: Session, group: WorkshopGroup, asked: NewGroup) -> None:
    """Give the group everything that was asked for, and its facilitators, who are the site's."""
    group.part_a_on, group.part_b_on = asked.dates.a, asked.dates.b
    group.begins, group.ends = asked.begins, asked.ends
    group.venue, group.delivery_site = asked.venue, asked.delivery_site
    group.places, group.who, group.language = asked.places, asked.who, asked.language
    session.add(group)
    session.flush()
    session.execute(delete(WorkshopFacilitator).where(WorkshopFacilitator.group_id == group.id))
    able = {each.id for each in facilitators(session, group.site)}
    for staff_id in sorted(able & set(asked.facilitators)):
        session.add(WorkshopFacilitator(group_id=group.id, staff_id=staff_id))
    session.flush()


def run_by(session: Session, group: WorkshopGroup) -> Sequence[str]:
    """The ids of those who run it."""
    asked = select(WorkshopFacilitator.staff_id).where(WorkshopFacilitator.group_id == group.id)
    return session.scalars(asked).all()


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
    return Offer(dates_of(group), free(session, group), group.delivery_site, group.who)


def dates_of(group: WorkshopGroup) -> Dates:
    """Its two days."""
    return Dates(group.part_a_on, group.part_b_on)


def lock(session: Session, group: WorkshopGroup) -> None:
    """Read the group anew, with nobody else at it until the transaction ends.

    Raises :class:`ReferralError` where somebody has called it off.
    """
    # A write, since SQLite knows no lock of a row and would let two count the same seat.
    session.execute(
        update(WorkshopGroup)
        .where(WorkshopGroup.id == group.id)
        .values(places=WorkshopGroup.places)
        .execution_options(synchronize_session=False)
    )
    found = session.get(WorkshopGroup, group.id, populate_existing=True)
    if found is None or found.is_called_off:
        refuse(["called_off"])


def book(
    session: Session, staff: Staff, referral: Referral, group: WorkshopGroup, need: Need, key: str
) -> None:
    """Take a seat and move the referral; the same ``key`` again is the same booking.

    The group's row is locked first, so that two coordinators cannot take one seat. Raises
    :class:`ReferralError` where the group does not fit, :class:`IllegalMoveError` like any move.
    """
    if made_before(session, referral, key):
        return
    lock(session, group)
    if group.site != referral.site:
        raise IllegalMoveError("a group of another site")
    refuse(obstacles(need, offer_of(session, group), today()))
    move(session, staff, referral, Event.book, key=key)
    take(session, group, referral)


def register(
    session: Session, staff: Staff, group: WorkshopGroup, part: str, said: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What the register says, by referral: :data:`PRESENT` or a coded reason; gives what counted.

    A missed session gives the seat back and leads to a new booking of both (the provider's rule).
    Whoever is registered already stays as they are. Raises :class:`ReferralError` before the day.
    """
    day = group.part_a_on if part == "a" else group.part_b_on
    if day > today():
        raise ReferralError(words("utter_group_not_yet", "en").text)
    here = {
        each.id: each for each in people_of(session, group, staff) if each.status == STANDS[part]
    }
    counts = [(who, how) for who, how in said if who in here]
    for who, how in counts:
        event, reason = (PARTS[part], "") if how == PRESENT else (Event.miss, how)
        move(session, staff, here[who], event, key=f"register:{group.id}:{part}", reason=reason)
    record(session, actor_of(staff), f"workshop.register_{part}", f"workshop:{group.id}")
    return counts


def group_for(session: Session, staff: Staff, group_id: str) -> WorkshopGroup | None:
    """The group, if it is one of this person's site."""
    found = session.get(WorkshopGroup, group_id) if group_id.isprintable() else None
    return found if found and found.site == staff.site else None
