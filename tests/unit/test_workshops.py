"""Groups, seats and the register: what fits a case, and what one missed session does."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.datastructures import FormData

from accounts.tables import Role
from core.clock import today
from core.database import transaction
from referrals.moving import ReferralError
from referrals.tables import Referral
from referrals.transitions import Event, IllegalMoveError, Status
from referrals.web.workshops import asked_for
from referrals.workshops import booking
from referrals.workshops.booking import NewGroup, make_group, register
from referrals.workshops.rules import (
    LEAST_BETWEEN,
    MOST_BETWEEN,
    Dates,
    Need,
    Offer,
    faults_of,
    faults_of_change,
    lost,
    obstacles,
)
from referrals.workshops.seats import free, group_of
from referrals.workshops.tables import WorkshopFacilitator, WorkshopGroup
from sites import site_of
from tests.unit.drafts import events, person
from tests.unit.test_moving import at, do, stands

TODAY = date(2026, 11, 28)
A, B = date(2026, 12, 5), date(2027, 1, 2)


# What makes a group, and what fits a case


@pytest.mark.parametrize(
    ("a", "b", "places", "faults"),
    [
        (A, B, 12, []),
        (A, A + LEAST_BETWEEN, 1, []),
        (A, A + MOST_BETWEEN, 8, []),
        (TODAY, TODAY + LEAST_BETWEEN, 8, []),
        (TODAY - timedelta(1), TODAY + LEAST_BETWEEN, 8, ["past"]),
        (A, A + LEAST_BETWEEN - timedelta(1), 8, ["too_close"]),
        (B, A, 8, ["too_close"]),
        (A, A + MOST_BETWEEN + timedelta(1), 8, ["too_far"]),
        (A, B, 0, ["places"]),
        (A, B, 13, ["places"]),
    ],
)
def test_a_group_has_two_days_about_four_weeks_apart_and_up_to_twelve_places(
    a: date, b: date, places: int, faults: list[str]
) -> None:
    assert faults_of(Dates(a, b), places, TODAY) == faults


@pytest.mark.parametrize(
    ("need", "offer", "found"),
    [
        (Need(A, B, "site_1", "men"), Offer(Dates(A, B), 1, "site_1", "men"), []),
        (Need(None, None), Offer(Dates(A, B), 1, "site_2", "women"), []),
        (Need(A, B, "site_1", "men"), Offer(Dates(A, B), 1), []),
        (Need(A - timedelta(1), B), Offer(Dates(A, B), 1), ["late_a"]),
        (Need(A, B - timedelta(1)), Offer(Dates(A, B), 1), ["late_b"]),
        (Need(A, B), Offer(Dates(A, B), 0), ["full"]),
        (Need(A, B, "site_1"), Offer(Dates(A, B), 1, "site_2"), ["elsewhere"]),
        (Need(A, B, who="men"), Offer(Dates(A, B), 1, who="women"), ["other_sex"]),
        (Need(A, B), Offer(Dates(TODAY - timedelta(1), B), 1), ["begun"]),
    ],
)
def test_a_group_fits_or_says_why_not(need: Need, offer: Offer, found: list[str]) -> None:
    assert obstacles(need, offer, TODAY) == found


DAY, WEEK = timedelta(1), timedelta(weeks=1)
OVER = Dates(TODAY - 2 * WEEK, TODAY + 2 * WEEK)


@pytest.mark.parametrize(
    ("was", "new", "places", "taken", "faults"),
    [
        (Dates(A, B), Dates(A, B), 8, 8, []),
        (Dates(A, B), Dates(A + DAY, B + DAY), 8, 8, []),
        (Dates(A, B), Dates(TODAY - DAY, TODAY + 4 * WEEK), 8, 0, ["past"]),
        (Dates(A, B), Dates(A, A + 2 * WEEK), 8, 0, ["too_close"]),
        (Dates(A, B), Dates(A, A + 6 * WEEK), 8, 0, ["too_far"]),
        (Dates(A, B), Dates(A, B), 7, 8, ["taken"]),
        (Dates(A, B), Dates(A, B), 0, 0, ["places"]),
        (Dates(TODAY, TODAY + 4 * WEEK), Dates(A, B), 8, 0, ["a_over"]),
        (OVER, Dates(OVER.a, OVER.b + WEEK), 8, 8, []),
        (OVER, Dates(OVER.a + DAY, OVER.b), 8, 8, ["past", "a_over"]),
        (Dates(TODAY - 4 * WEEK, A), Dates(TODAY - 4 * WEEK, TODAY - DAY), 8, 8, ["past_b"]),
        (Dates(TODAY - 4 * WEEK, TODAY), Dates(TODAY - 4 * WEEK, TODAY), 8, 8, []),
        (Dates(TODAY - 4 * WEEK, TODAY), Dates(TODAY - 4 * WEEK, TODAY + DAY), 8, 8, ["b_over"]),
        (
            Dates(TODAY - 5 * WEEK, TODAY - DAY),
            Dates(TODAY - 5 * WEEK, TODAY - DAY),
            8,
            8,
            ["over"],
        ),
        # What would be no new group stays, where no day is moved.
        (Dates(A, A + WEEK), Dates(A, A + WEEK), 8, 0, []),
    ],
)
def test_a_group_is_changed_within_the_rules_of_a_new_one_and_no_day_that_has_come(
    was: Dates, new: Dates, places: int, taken: int, faults: list[str]
) -> None:
    assert faults_of_change(was, new, places, taken, TODAY) == faults


@pytest.mark.parametrize(
    ("need", "new", "found"),
    [
        (Need(A, B), Dates(A + DAY, B + DAY), ["late_a", "late_b"]),
        (Need(A, B), Dates(A - DAY, B - DAY), []),
        (Need(A, B), Dates(A, B + DAY), ["late_b"]),
        (Need(A - DAY, B), Dates(A, B - DAY), []),
        (Need(None, None), Dates(A + DAY, B + DAY), []),
    ],
)
def test_days_that_are_moved_may_not_fit_somebody_any_more(
    need: Need, new: Dates, found: list[str]
) -> None:
    assert lost(need, Dates(A, B), new, TODAY) == found


def test_who_has_been_at_the_first_workshop_loses_only_the_second() -> None:
    need = Need(OVER.a - DAY, OVER.b)
    assert lost(need, OVER, Dates(OVER.a, OVER.b + DAY), TODAY) == ["late_b"]


@given(st.dates(A, B), st.dates(A, B), st.integers(0, 12))
def test_what_fits_is_never_after_the_last_days(a_by: date, b_by: date, seats: int) -> None:
    dates = Dates(A + timedelta(3), A + timedelta(3) + LEAST_BETWEEN)
    if not obstacles(Need(a_by, b_by), Offer(dates, seats), TODAY):
        assert dates.a <= a_by
        assert dates.b <= b_by
        assert seats > 0


# With a database

database = pytest.mark.usefixtures("database")


def group(days: int = 7, places: int = 8, **about: str) -> str:
    """The id of a group of Hampshire that begins in some days, made by its coordinator."""
    first = today() + timedelta(days)
    asked = NewGroup(
        Dates(first, first + timedelta(28)), places, "The Hall", "10:00", "15:00", "men", "en"
    )
    with transaction() as session:
        return make_group(session, person(session, Role.coordinator), asked).id


def booked(group_id: str, referral_id: str = "", key: str = "b", need: Need | None = None) -> str:
    """The id of a referral that has a seat in the group."""
    referral_id = referral_id or at(Status.accepted)
    with transaction() as session:
        booking.book(
            session,
            person(session, Role.coordinator),
            session.get_one(Referral, referral_id),
            session.get_one(WorkshopGroup, group_id),
            need or Need(None, None, who="men"),
            key,
        )
    return referral_id


def moved_to(group_id: str, first: date) -> None:
    """The group's days are moved, as if time had passed."""
    with transaction() as session:
        found = session.get_one(WorkshopGroup, group_id)
        found.part_a_on, found.part_b_on = first, first + timedelta(28)


def registered(group_id: str, part: str, **said: str) -> int:
    with transaction() as session:
        staff = person(session, Role.facilitator)
        found = session.get_one(WorkshopGroup, group_id)
        return len(register(session, staff, found, part, said.items()))


def seats(group_id: str) -> int:
    with transaction() as session:
        return free(session, session.get_one(WorkshopGroup, group_id))


@database
def test_booking_takes_a_seat_and_moves_the_referral_once() -> None:
    group_id = group()
    referral_id = booked(group_id)
    booked(group_id, referral_id)
    assert seats(group_id) == 7
    assert stands(referral_id) == Status.booked
    assert [each[0] for each in events(referral_id)].count("book") == 1


@database
def test_a_full_group_takes_nobody_and_nothing_is_half_done() -> None:
    group_id = group(places=1)
    booked(group_id)
    late = at(Status.accepted)
    with pytest.raises(ReferralError, match="full"):
        booked(group_id, late)
    assert stands(late) == Status.accepted
    assert seats(group_id) == 0


@database
def test_of_two_coordinators_at_once_one_gets_the_last_seat() -> None:
    group_id, people = group(places=1), [at(Status.accepted), at(Status.accepted)]
    told: list[str] = []

    def try_to(referral_id: str) -> None:
        try:
            booked(group_id, referral_id)
            told.append("booked")
        except ReferralError:
            told.append("full")

    both = [threading.Thread(target=try_to, args=(each,)) for each in people]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(told) == ["booked", "full"]
    assert seats(group_id) == 0


@database
def test_both_workshops_attended_completes_the_referral() -> None:
    group_id = group()
    referral_id = booked(group_id)
    moved_to(group_id, today() - timedelta(28))
    assert registered(group_id, "a", **{referral_id: "present"}) == 1
    assert stands(referral_id) == Status.part_a_done
    assert registered(group_id, "b", **{referral_id: "present"}) == 1
    assert stands(referral_id) == Status.completed


@database
@pytest.mark.parametrize("part", ["a", "b"])
def test_one_missed_session_gives_the_seat_back_and_both_are_booked_again(part: str) -> None:
    group_id = group()
    referral_id = booked(group_id)
    moved_to(group_id, today() - timedelta(28))
    if part == "b":
        registered(group_id, "a", **{referral_id: "present"})
    registered(group_id, part, **{referral_id: "no_show"})
    assert stands(referral_id) == Status.rebooking
    assert seats(group_id) == 8
    other = group()
    booked(other, referral_id, key="again")
    moved_to(other, today())
    with pytest.raises(ReferralError, match="opens on the day"):
        registered(other, "b", **{referral_id: "present"})
    registered(other, "a", **{referral_id: "present"})
    assert stands(referral_id) == Status.part_a_done


@database
def test_the_same_register_twice_changes_nothing() -> None:
    group_id = group()
    referral_id = booked(group_id)
    moved_to(group_id, today())
    registered(group_id, "a", **{referral_id: "present"})
    assert registered(group_id, "a", **{referral_id: "no_show"}) == 0
    assert stands(referral_id) == Status.part_a_done


@database
def test_before_its_day_there_is_no_register() -> None:
    group_id = group()
    referral_id = booked(group_id)
    with pytest.raises(ReferralError, match="opens on the day"):
        registered(group_id, "a", **{referral_id: "present"})
    assert stands(referral_id) == Status.booked


@database
def test_who_is_withdrawn_leaves_the_seat_and_who_is_held_keeps_it() -> None:
    group_id = group()
    gone, held = booked(group_id), booked(group_id)
    do(gone, Role.coordinator, Event.withdraw, reason="moved")
    do(held, Role.coordinator, Event.hold, reason="health")
    assert seats(group_id) == 7
    do(held, Role.coordinator, Event.release)
    with transaction() as session:
        kept = group_of(session, session.get_one(Referral, held))
        assert kept is not None
        assert kept.id == group_id


@database
def test_another_sites_group_takes_nobody() -> None:
    group_id = group()
    with transaction() as session:
        session.get_one(WorkshopGroup, group_id).site = "leicestershire"
    with pytest.raises(IllegalMoveError):
        booked(group_id)


@database
def test_a_group_is_made_by_a_coordinator_and_run_by_facilitators_of_the_site() -> None:
    first = today() + timedelta(7)
    with transaction() as session:
        runs = person(session, Role.facilitator)
        other = person(session, Role.facilitator, "leicestershire")
        asked = NewGroup(
            Dates(first, first + timedelta(28)),
            8,
            "The Hall",
            "10:00",
            "15:00",
            "men",
            "en",
            facilitators=(runs.id, other.id, "nobody"),
        )
        make_group(session, person(session, Role.coordinator), asked)
        with pytest.raises(IllegalMoveError):
            make_group(session, runs, asked)
        named = session.scalars(select(WorkshopFacilitator.staff_id)).all()
        assert named == [runs.id]


@pytest.mark.parametrize(
    ("typed", "kept"), [("site_2", "site_2"), ("", ""), ("nowhere", ""), ("site\x001", "")]
)
def test_a_group_belongs_to_a_delivery_site_of_its_site_or_to_none(typed: str, kept: str) -> None:
    form = FormData({"a": "1 3 2027", "b": "29 3 2027", "delivery_site": typed})
    assert asked_for(form, site_of("west_midlands")).delivery_site == kept
