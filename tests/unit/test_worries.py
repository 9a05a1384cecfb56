"""A worry about safety reaches somebody who can look, in words that tell nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accounts.staff import add_staff
from accounts.tables import Role
from core.clock import now
from core.database import transaction
from core.outbox import DEAD, Outgoing
from referrals.handing_over.waiting import send_again, stuck_at
from referrals.moving import flag
from referrals.tables import Referral
from referrals.transitions import Event, Status
from tests.unit.drafts import full_draft, new_draft, person
from tests.unit.handing_over import letters, sent, site_with_routes
from tests.unit.test_moving import at, do

WORDS = "She rang and said he is outside her door."
NAMED = {"people": [{"name": "Sam Duty", "email": "duty@example.org", "confirmed": True}]}


@pytest.fixture(autouse=True)
def named(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hampshire names somebody, and its people have addresses."""
    with site_with_routes(tmp_path / "sites", monkeypatch, alerts=NAMED):
        with transaction() as session:
            for role in (Role.coordinator, Role.authoriser):
                person(session, role).email = f"{role}@example.org"
        yield


def worry(referral_id: str, key: str = "w") -> list[Outgoing]:
    """An officer says that they worry; gives what leaves."""
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        flag(session, person(session), found, key=key, said=WORDS)
    return letters("worry:")


def test_the_coordinators_and_the_person_who_is_named_are_told_once() -> None:
    referral_id = at(Status.accepted)
    (told,) = worry(referral_id)
    assert worry(referral_id)[0].id == told.id
    assert told.kind == "email"
    assert told.payload["to"] == "coordinator@example.org, duty@example.org"
    assert WORDS not in str(told.payload)
    assert told.payload["subject"] == "Something waits for you"
    assert "/referrals/" in told.payload["text"]


def test_before_authority_it_is_the_sergeant_who_can_look() -> None:
    (told,) = worry(sent())
    assert told.payload["to"] == "authoriser@example.org, duty@example.org"


@pytest.mark.parametrize("make", [new_draft, full_draft])
def test_a_draft_is_its_officers_alone(make: object) -> None:
    assert worry(make()) == []  # type: ignore[operator]


def test_where_nobody_can_be_told_it_stands_on_the_coordinators_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral_id = at(Status.accepted)
    with site_with_routes(tmp_path / "others", monkeypatch, alerts=None):
        with transaction() as session:
            person(session, Role.coordinator).email = ""
        (stuck,) = worry(referral_id)
    assert stuck.kind == "no_route"


def refused() -> str:
    """A referral that its sergeant refused: the provider never learned of it."""
    referral_id = sent()
    do(referral_id, Role.authoriser, Event.refuse, reason="criteria")
    return referral_id


@pytest.mark.parametrize("make", [sent, refused])
def test_of_what_was_never_authorised_the_provider_learns_nothing(make: Callable[[], str]) -> None:
    (told,) = worry(make())
    assert told.payload["to"] == "authoriser@example.org, duty@example.org"
    with transaction() as session:
        session.get_one(Outgoing, told.id).status = DEAD
    with transaction() as session:
        assert stuck_at(session, person(session, Role.coordinator)) == []
        assert send_again(session, person(session, Role.coordinator), told.id) is None


def test_who_was_named_and_is_gone_is_not_written_to() -> None:
    referral_id = sent()
    with transaction() as session:
        gone = person(session, Role.authoriser)
        gone.disabled_at = now()
        other = add_staff(
            session,
            username="other.sergeant",
            password="long enough for here",
            role=Role.authoriser,
            site="hampshire",
            name="Other",
            rank="Sergeant",
            email="other@example.org",
        )
        assert other.id
    (told,) = worry(referral_id)
    assert told.payload["to"] == "duty@example.org, other@example.org"


def test_people_whom_nobody_confirmed_are_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = {"people": [{"name": "Sam Duty", "email": "duty@example.org"}]}
    with site_with_routes(tmp_path / "others", monkeypatch, alerts=unsure):
        (told,) = worry(at(Status.accepted))
    assert told.payload["to"] == "coordinator@example.org"
