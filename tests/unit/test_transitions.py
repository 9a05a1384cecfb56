"""The transition table: total, without dead ends, and the same for pages, chat and interface."""

from __future__ import annotations

from itertools import product

import pytest

from accounts.tables import Role
from referrals.transitions import (
    CALL_OFFS,
    GROUP_CALL_OFFS,
    MISSES,
    OPEN,
    TABLE,
    TERMINAL,
    Event,
    IllegalMoveError,
    Status,
    next_status,
    open_to,
    transition,
)


def test_every_pair_of_status_and_event_is_listed_once_or_refused() -> None:
    listed = [(row.source, row.event) for row in TABLE]
    assert len(listed) == len(set(listed))
    for status, event in product(Status, Event):
        if (status, event) not in listed:
            with pytest.raises(IllegalMoveError):
                transition(status, event)


def test_an_end_is_an_end() -> None:
    assert not [row for row in TABLE if row.source in TERMINAL]


@pytest.mark.parametrize("status", OPEN)
def test_every_open_referral_can_come_to_an_end(status: Status) -> None:
    seen, edge = set[Status](), {status}
    while edge - seen:
        seen |= edge
        edge = {row.target for row in TABLE if row.source in edge and row.target} - seen
    assert seen & TERMINAL


def test_every_status_can_be_reached_from_a_draft() -> None:
    reached = {Status.draft}
    for _ in Status:
        reached |= {row.target for row in TABLE if row.source in reached and row.target}
    assert reached == set(Status)


@pytest.mark.parametrize(
    "status", [row.source for row in TABLE if row.event is Event.hold], ids=str
)
def test_a_hold_leads_back_to_where_it_began(status: Status) -> None:
    held = next_status(status, Event.hold)
    assert held is Status.on_hold
    assert next_status(held, Event.release, status) is status


def test_a_release_of_what_was_never_held_leads_nowhere() -> None:
    with pytest.raises(IllegalMoveError):
        next_status(Status.on_hold, Event.release)


def test_nobody_but_the_system_lets_a_draft_expire() -> None:
    assert transition(Status.draft, Event.expire).roles == ()


def test_only_the_police_refer_and_decide_and_only_the_provider_books() -> None:
    police = {Role.officer, Role.authoriser}
    decisions = {Event.authorise, Event.refuse, Event.return_to_officer}
    for row in TABLE:
        if row.event in decisions:
            assert set(row.roles) == {Role.authoriser}
        if row.event in (Event.submit, Event.answer, Event.close_not_met):
            assert set(row.roles) == {Role.officer}
        if row.event in (Event.book, Event.attend_a, Event.attend_b, Event.miss, Event.call_off):
            assert not set(row.roles) & police


def test_a_second_workshop_needs_the_first_and_a_missed_one_means_both_again() -> None:
    assert [row.source for row in TABLE if row.event is Event.attend_b] == [Status.part_a_done]
    assert {row.target for row in TABLE if row.event is Event.miss} == {Status.rebooking}
    assert next_status(Status.rebooking, Event.book) is Status.booked


def test_a_coordinator_calls_off_what_is_booked_and_it_is_booked_again() -> None:
    (row,) = [row for row in TABLE if row.event is Event.call_off]
    assert (row.source, row.target) == (Status.booked, Status.rebooking)
    assert row.roles == (Role.coordinator,)
    assert set(row.reasons) == {*GROUP_CALL_OFFS, *CALL_OFFS}
    assert not set(row.reasons) & set(MISSES) - {"other"}


@pytest.mark.parametrize("role", [Role.evaluator, Role.operator, Role.site_admin, Role.approver])
def test_who_has_nothing_to_do_with_a_case_can_move_none(role: Role) -> None:
    assert not [row for status in Status for row in open_to(status, role)]
