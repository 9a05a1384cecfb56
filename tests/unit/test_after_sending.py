"""Dates and places that are known only later, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from accounts.tables import Role
from core.clock import today
from core.database import transaction
from referrals import record
from referrals.after_sending import keep_dates, place
from referrals.moving import ReferralError, history, move
from referrals.tables import Referral
from referrals.transitions import Event, IllegalMoveError
from tests.unit.drafts import draft, full_draft, person, submit

pytestmark = pytest.mark.usefixtures("database")


def authorised() -> str:
    """The id of a referral that a sergeant has authorised."""
    referral_id = full_draft()
    submit(referral_id)
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        move(session, person(session, Role.authoriser), found, Event.authorise, key="a")
    return referral_id


def enter(referral_id: str, given: str = "", statement: str = "") -> None:
    with transaction() as session:
        found = draft(session, referral_id)
        keep_dates(session, person(session), found, given=given, statement=statement, key="d")


def test_the_day_it_was_given_is_kept_with_its_event() -> None:
    referral_id = authorised()
    enter(referral_id, given="27 11 2025", statement="2025-11-22")
    with transaction() as session:
        found = draft(session, referral_id)
        assert (found.given_on, found.detail.first_statement_on) == (
            date(2025, 11, 27),
            "2025-11-22",
        )
        assert history(session, found)[-1].event == "dates"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("yesterday", "real date"),
        ("19 11 2025", "before the offence"),
        (f"{today() + timedelta(days=2):%d %m %Y}", "future"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_nothing_is_kept(typed: str, why: str) -> None:
    referral_id = authorised()
    with pytest.raises(ReferralError, match=why):
        enter(referral_id, given=typed)
    with transaction() as session:
        assert draft(session, referral_id).given_on is None


def test_the_same_press_twice_is_one_event_and_an_empty_form_none() -> None:
    referral_id = authorised()
    for _ in range(2):
        enter(referral_id, given="27 11 2025")
    enter(referral_id)
    with transaction() as session:
        made = [each.event for each in history(session, draft(session, referral_id))]
    assert made == ["submit", "authorise", "dates"]


def test_before_authority_there_is_no_day_on_which_it_was_given() -> None:
    referral_id = full_draft()
    enter(referral_id, given="27 11 2025", statement="22 11 2025")
    with transaction() as session:
        found = draft(session, referral_id)
        assert found.given_on is None
        assert found.detail.first_statement_on == "2025-11-22"


def test_nobody_but_its_officer_gives_the_dates() -> None:
    referral_id = authorised()
    with transaction() as session:
        found = draft(session, referral_id)
        with pytest.raises(IllegalMoveError):
            keep_dates(
                session,
                person(session, Role.coordinator),
                found,
                given="27 11 2025",
                statement="",
                key="d",
            )


def started(session: Session, site: str) -> Referral:
    return record.start(session, person(session, Role.officer, site))


def test_a_coordinator_chooses_among_the_delivery_sites_of_the_site() -> None:
    with transaction() as session:
        found = started(session, "west_midlands")
        session.flush()
        coordinator = person(session, Role.coordinator, "west_midlands")
        with pytest.raises(ReferralError, match="Choose a delivery site"):
            place(session, coordinator, found, "the moon", key="p")
        place(session, coordinator, found, "site_2", key="q")
        assert found.delivery_site == "site_2"
        assert history(session, found)[-1].reason == "site_2"


def test_where_a_site_has_none_there_is_nothing_to_choose() -> None:
    with transaction() as session:
        found = started(session, "hampshire")
        with pytest.raises(IllegalMoveError):
            place(session, person(session, Role.coordinator), found, "site_2", key="p")
