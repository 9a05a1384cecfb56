"""The same case twice, and drafts that nobody finishes, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from accounts.tables import Role
from core.clock import now
from core.database import transaction
from referrals import record
from referrals.duplicates import same_case
from referrals.expiring import days_left, expire_drafts
from referrals.moving import move
from referrals.tables import Referral
from referrals.transitions import Event
from tests.unit.drafts import draft, events, full_draft, give, new_draft, person, submit

pytestmark = pytest.mark.usefixtures("database")


def found_for(referral_id: str) -> str | None:
    with transaction() as session:
        found = same_case(session, person(session), session.get_one(Referral, referral_id))
        return found.id if found else None


def untouched_for(referral_id: str, days: int) -> None:
    """Let the last change of a draft be so many days ago."""
    with transaction() as session:
        moment = now() - timedelta(days=days)
        changed = update(Referral).where(Referral.id == referral_id).values(updated_at=moment)
        session.execute(changed)


# Duplicates


@pytest.mark.parametrize(
    ("name", "raw"),
    [("crime_reference", "4426 0123456"), ("custody_reference", "ha/04417/26")],
)
def test_the_same_number_in_any_spelling_is_the_same_case(name: str, raw: str) -> None:
    before = full_draft()
    submit(before)
    again = new_draft()
    assert found_for(again) is None
    give(again, name, raw)
    assert found_for(again) == before


def test_a_name_alone_is_no_case_and_with_the_birth_date_it_is() -> None:
    before = full_draft()
    again = new_draft()
    give(again, "full_name", "alex EXAMPLE")
    assert found_for(again) is None
    give(again, "offence_date", "20 11 2025")
    give(again, "date_of_birth", "14 9 1991")
    assert found_for(again) == before


def test_what_was_withdrawn_counts_no_more() -> None:
    before = full_draft()
    with transaction() as session:
        move(
            session,
            person(session),
            draft(session, before),
            Event.withdraw,
            key="w",
            reason="mistake",
        )
    again = new_draft()
    give(again, "crime_reference", "44260123456")
    assert found_for(again) is None


def test_another_sites_case_is_not_told() -> None:
    full_draft()
    with transaction() as session:
        other = person(session, Role.officer, "leicestershire")
        started = record.start(session, other)
        record.give_field(session, other, started, "crime_reference", "44260123456")
        session.flush()
        assert same_case(session, other, started) is None


# Expiry


def test_after_three_weeks_a_draft_is_warned_of_and_after_thirty_days_it_is_gone() -> None:
    referral_id = full_draft()
    for days, left in ((20, None), (21, 9), (29, 1)):
        untouched_for(referral_id, days)
        with transaction() as session:
            assert expire_drafts(session) == 0
            told = days_left(session.get_one(Referral, referral_id))
            assert (told is None) if left is None else (told in (left - 1, left))
    untouched_for(referral_id, 30)
    with transaction() as session:
        assert expire_drafts(session) == 1
    assert events(referral_id) == [("expire", "draft", "expired", "")]
    with transaction() as session:
        kept = session.get_one(Referral, referral_id)
        facts = record.known(kept)
        assert facts.answers == {}
        assert set(facts.fields.values()) == {None}
        assert kept.detail.full_name_lookup is None


def test_what_was_sent_never_runs_out() -> None:
    referral_id = full_draft()
    submit(referral_id)
    untouched_for(referral_id, 400)
    with transaction() as session:
        assert expire_drafts(session) == 0
        assert days_left(session.get_one(Referral, referral_id)) is None
