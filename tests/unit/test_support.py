"""Needs seen, assessed and supported: who writes them, when, and what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from accounts.tables import Role
from core.database import transaction
from referrals.moving import ReferralError
from referrals.support import ASSESSED, GIVEN, NeedStanding, standing, write
from referrals.tables import Referral, ReferralSupport
from referrals.transitions import Event, IllegalMoveError, Status
from referrals.work import work_of
from tests.unit.drafts import acts, person
from tests.unit.test_moving import at, do

pytestmark = pytest.mark.usefixtures("database")


def written(
    referral_id: str,
    step: str = ASSESSED,
    need: str = "alcohol",
    how: str = "high",
    said: str = "",
    key: str = "once",
    role: Role = Role.navigator,
    site: str = "hampshire",
) -> None:
    """One line, in a transaction of its own."""
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        staff = person(session, role, site)
        write(session, staff, found, step=step, need=need, how=how, said=said, key=key)


def stands(referral_id: str) -> dict[str, NeedStanding]:
    with transaction() as session:
        found = standing(session, session.get_one(Referral, referral_id))
    return {each.need: each for each in found}


def test_what_the_officer_saw_is_a_need_that_waits_to_be_assessed() -> None:
    found = stands(at(Status.accepted))
    assert {need: (each.seen, each.assessed, each.given) for need, each in found.items()} == {
        "alcohol": (True, None, ()),
        "work": (True, None, ()),
    }


def test_the_last_assessment_counts_and_every_support_stays() -> None:
    referral_id = at(Status.accepted)
    written(referral_id, how="some", key="a")
    written(referral_id, how="high", said="Drinks every day", key="b")
    written(referral_id, GIVEN, how="signposted", key="c")
    written(referral_id, GIVEN, how="appointment", key="d", role=Role.coordinator)
    written(referral_id, need="housing", how="none", key="e")
    found = stands(referral_id)
    last = found["alcohol"].assessed
    assert last is not None
    assert (last.how, last.said) == ("high", "Drinks every day")
    assert [line.how for line in found["alcohol"].given] == ["signposted", "appointment"]
    assert not found["housing"].seen
    assert acts(referral_id).count("referral.need_assessed") == 3


def test_the_same_form_sent_twice_is_one_line() -> None:
    referral_id = at(Status.accepted)
    written(referral_id)
    written(referral_id)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(ReferralSupport)) == 1


@pytest.mark.parametrize(
    ("need", "how", "said"),
    [
        ("", "high", ""),
        ("drink", "high", ""),
        ("alcohol", "", ""),
        ("alcohol", "advice", ""),
        ("alcohol", "high", "x" * 501),
    ],
)
def test_what_was_not_chosen_or_is_too_long_is_refused_in_words(
    need: str, how: str, said: str
) -> None:
    referral_id = at(Status.accepted)
    with pytest.raises(ReferralError) as refused:
        written(referral_id, need=need, how=how, said=said)
    assert str(refused.value)
    assert stands(referral_id)["alcohol"].assessed is None


@pytest.mark.parametrize(
    ("role", "site"),
    [
        (Role.officer, "hampshire"),
        (Role.authoriser, "hampshire"),
        (Role.facilitator, "hampshire"),
        (Role.navigator, "leicestershire"),
    ],
)
def test_nobody_else_writes_of_needs(role: Role, site: str) -> None:
    referral_id = at(Status.accepted)
    with pytest.raises(IllegalMoveError):
        written(referral_id, role=role, site=site)


@pytest.mark.parametrize("status", [Status.awaiting_authority, Status.submitted])
def test_before_the_person_is_taken_on_nothing_is_written(status: Status) -> None:
    referral_id = at(status)
    with pytest.raises(IllegalMoveError):
        written(referral_id)


def test_support_goes_on_after_the_workshops_and_ends_with_a_withdrawal() -> None:
    referral_id = at(Status.completed)
    written(referral_id, GIVEN, how="advice")
    gone = at(Status.accepted)
    do(gone, Role.coordinator, Event.withdraw, reason="moved")
    with pytest.raises(IllegalMoveError):
        written(gone)


def test_a_navigators_list_begins_with_whom_nobody_has_assessed() -> None:
    waits, done = at(Status.accepted), at(Status.accepted)
    written(done)
    with transaction() as session:
        groups = dict(work_of(session, person(session, Role.navigator)))
        assert [each.id for each in groups["to_assess"]] == [waits]
        assert [each.id for each in groups["in_hand"]] == [done]
        theirs = dict(work_of(session, person(session, Role.coordinator)))
        assert {each.id for each in theirs["in_hand"]} == {waits, done}
        assert "to_assess" not in theirs
