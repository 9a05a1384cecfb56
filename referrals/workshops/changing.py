"""Changes a group and calls one off, with everybody who is booked: each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from core.clock import today
from core.words import words
from referrals.moving import LONGEST_WORDS, ReferralError, move, note
from referrals.tables import Referral
from referrals.transitions import GROUP_CALL_OFFS, Event, IllegalMoveError, Status
from referrals.workshops.booking import NewGroup, dates_of, fill, lock, missing, refuse
from referrals.workshops.rules import Dates, Need, faults_of_change, lost
from referrals.workshops.seats import leave, people_of, was_ever_taken
from referrals.workshops.tables import WorkshopFacilitator, WorkshopGroup


@dataclass(frozen=True)
class Misfit:
    """Whom the new days do not fit, by reference, and why, as codes of obstacles."""

    reference: str
    why: tuple[str, ...]


class MisfitError(ReferralError):
    """The new days do not fit everybody; ``seen`` says again that these people were shown."""

    def __init__(self, dates: Dates, people: Sequence[Misfit]) -> None:
        super().__init__(words("utter_group_misfits", "en").text)
        self.people = people
        self.seen = " ".join([f"{dates.a}", f"{dates.b}", *(each.reference for each in people)])


def change_group(
    session: Session,
    staff: Staff,
    group: WorkshopGroup,
    asked: NewGroup,
    need_of: Callable[[Referral], Need],
    *,
    seen: str = "",
) -> Sequence[Referral]:
    """Make the group what is asked for; gives whose reminders have to be planned anew.

    Raises :class:`ReferralError` with what is wrong, and :class:`MisfitError` where the new days do
    not fit somebody, unless ``seen`` is what such an error said of the same days and people.
    """
    _may(staff, group)
    lock(session, group)
    was, people = dates_of(group), people_of(session, group)
    faults = faults_of_change(was, asked.dates, asked.places, len(people), today())
    settled = (group.who, group.language, group.delivery_site)
    if people and (asked.who, asked.language, asked.delivery_site) != settled:
        faults.append("settled")
    refuse(faults + missing(asked))
    _show_misfits(was, asked.dates, people, need_of, seen)
    moved = (was, group.begins) != (asked.dates, asked.begins)
    fill(session, group, asked)
    record(session, actor_of(staff), "workshop.change", f"workshop:{group.id}")
    return people if moved else []


def call_off_group(
    session: Session, staff: Staff, group: WorkshopGroup, reason: str, said: str = ""
) -> Sequence[Referral]:
    """Call the group off before its first day; gives who was booked and has to be booked again.

    Nobody has missed anything, so police are told nothing. A group in which nobody ever had a seat
    is deleted; another is kept without places. Raises :class:`ReferralError` on or after the first
    day, and for a reason or words that are missing.
    """
    _may(staff, group)
    lock(session, group)
    if group.part_a_on <= today():
        refuse(["no_call_off"])
    _check_words(reason, said)
    people = people_of(session, group)
    for each in people:
        _take_out(session, staff, each, f"call_off:{group.id}", reason, said)
    record(session, actor_of(staff), f"workshop.call_off_{reason}", f"workshop:{group.id}")
    if was_ever_taken(session, group):
        group.places = 0
    else:
        session.execute(delete(WorkshopFacilitator).where(WorkshopFacilitator.group_id == group.id))
        session.delete(group)
    session.flush()
    return people


def _show_misfits(
    was: Dates,
    new: Dates,
    people: Sequence[Referral],
    need_of: Callable[[Referral], Need],
    seen: str,
) -> None:
    why = {each.reference or "": lost(need_of(each), was, new, today()) for each in people}
    error = MisfitError(new, [Misfit(who, tuple(codes)) for who, codes in why.items() if codes])
    if error.people and error.seen != seen:
        raise error


def _take_out(
    session: Session, staff: Staff, referral: Referral, key: str, reason: str, said: str
) -> None:
    """Back to where both workshops are booked; who is on hold stays so, and goes on from there."""
    if referral.status != Status.on_hold:
        move(session, staff, referral, Event.call_off, key=key, reason=reason, said=said)
        return
    referral.resume_to = Status.rebooking
    leave(session, referral)
    note(session, actor_of(staff), referral, Event.call_off, key=key, reason=reason, said=said)


def _check_words(reason: str, said: str) -> None:
    """As for a move, since a group in which nobody is booked moves nobody."""
    if reason not in GROUP_CALL_OFFS:
        raise ReferralError(words("utter_referral_choose_reason", "en").text)
    if reason == "other" and not said.strip():
        raise ReferralError(words("utter_referral_say_why", "en").text)
    if len(said) > LONGEST_WORDS:
        lengths = {"most": LONGEST_WORDS, "typed": len(said)}
        raise ReferralError(words("utter_field_too_long", "en", lengths).text)


def _may(staff: Staff, group: WorkshopGroup) -> None:
    if not allows(staff.role, "groups.write") or staff.site != group.site:
        raise IllegalMoveError("only a coordinator of the site changes a group")
