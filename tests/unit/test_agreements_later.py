"""What people agreed to: asked again, taken back, who sees it, and what the register brings."""

from __future__ import annotations

import html
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from starlette.datastructures import FormData

from accounts.tables import Role
from core.clock import today
from core.database import transaction
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING
from outreach.texts.tables import Contact, Message, Standing
from referrals.transitions import Status
from referrals.web.agreements import heard
from referrals.workshops.tables import WorkshopGroup
from tests.unit.agreeing import (
    PHONE,
    SAID,
    TOLD,
    YES,
    agreed,
    at_venue,
    booked,
    kept,
    named,
    on_both,
    on_sqlite,
    see,
    send,
)
from tests.unit.drafts import acts
from tests.unit.test_moving import stands

# What stands, later, and who may see it


@on_both
def test_it_is_asked_again_by_telephone_and_the_last_answer_counts() -> None:
    group_id, referral_id = booked(**TOLD)
    send(at_venue(group_id, referral_id), {**SAID, AFTER: "yes"})
    path = f"/referrals/{named(referral_id)}/agree"
    page = send(path, {**SAID, AFTER: "no"}, Role.facilitator)
    assert not agreed(referral_id, AFTER)
    assert "asked by telephone, in English" in " ".join(page.text.split())


@on_both
def test_a_consent_is_taken_back_in_their_name() -> None:
    group_id, referral_id = booked(**TOLD)
    send(at_venue(group_id, referral_id), {**SAID, **YES})
    path = f"/referrals/{named(referral_id)}/agree"
    page = send(f"{path}/after/withdraw", {"key": str(uuid.uuid4())})
    assert "It is taken back." in page.text
    assert [agreed(referral_id, each) for each in contacts.PURPOSES] == [True, False, True]
    assert "contact.withdraw" in acts(referral_id)
    assert send(f"{path}/everything/withdraw", {}).status_code == 404


@on_sqlite
def test_who_said_stop_is_told_of_on_the_page() -> None:
    _, referral_id = booked(**TOLD)
    with transaction() as session:
        contacts.stop(session, "hampshire", "+447700900461")
    assert "because they texted STOP" in see(f"/referrals/{named(referral_id)}").text


@on_sqlite
@pytest.mark.parametrize("role", [Role.officer, Role.authoriser, Role.navigator, Role.evaluator])
def test_police_and_others_see_nothing_of_it(role: Role) -> None:
    group_id, referral_id = booked(**TOLD)
    reference = named(referral_id)
    for path in (at_venue(group_id, referral_id), f"/referrals/{reference}/agree"):
        assert see(path, role).status_code == 404
    assert "Texts and research" in see(f"/referrals/{reference}").text
    assert "Texts and research" not in see(f"/referrals/{reference}", role).text


@on_sqlite
def test_police_can_keep_and_take_back_nothing() -> None:
    group_id, referral_id = booked(**TOLD)
    path = f"/referrals/{named(referral_id)}/agree"
    for tried in (path, f"{path}/booking/withdraw", at_venue(group_id, referral_id)):
        assert send(tried, {**SAID, **YES}, Role.officer).status_code == 404
    assert agreed(referral_id, BOOKING)
    assert len(kept(referral_id)[1]) == 1


@on_sqlite
def test_another_site_finds_no_such_page_nor_somebody_who_is_not_in_the_group() -> None:
    group_id, referral_id = booked()
    _, elsewhere = booked(days=9)
    paths = (at_venue(group_id, referral_id), f"/referrals/{named(referral_id)}/agree")
    for path in paths:
        assert see(path).status_code == 200
        assert see(path, site="leicestershire").status_code == 404
        assert send(path, SAID, site="leicestershire").status_code == 404
    assert see(at_venue(group_id, elsewhere)).status_code == 404
    assert see(at_venue("no-such-group", referral_id)).status_code == 404


def typed(**said: str) -> Any:
    return heard(FormData(list(said.items())))


def test_nothing_is_inferred_from_what_was_left_open() -> None:
    found = typed(phone=PHONE)
    assert found.faults == ("privacy",)
    assert (found.answers, found.hours, found.language) == ({}, "", "")
    assert typed(phone=PHONE, privacy="private", after="perhaps").answers == {}


# What the register brings


def planned_of(referral_id: str) -> list[tuple[str, str, str]]:
    with transaction() as session:
        rows = select(Message).join(Contact, Contact.id == Message.contact_id)
        found = session.scalars(rows.where(Contact.case_id == referral_id).order_by(Message.due_at))
        return [(each.kind, each.standing, each.why) for each in found]


@on_sqlite
def test_after_both_workshops_the_texts_that_follow_are_planned() -> None:
    group_id, referral_id = booked(0, **TOLD)
    send(f"/groups/{group_id}/register/a", {f"person-{referral_id}": "present"})
    assert [kind for kind, _, _ in planned_of(referral_id)] == ["reminder_b"]
    with transaction() as session:
        session.get_one(WorkshopGroup, group_id).part_b_on = today()
    send(f"/groups/{group_id}/register/b", {f"person-{referral_id}": "present"})
    assert stands(referral_id) == Status.completed
    assert [kind for kind, _, _ in planned_of(referral_id) if kind != "reminder_b"] == [
        "hello",
        "check_in",
        "check_in",
    ]


@on_sqlite
def test_who_missed_a_workshop_gets_no_reminder_of_the_next() -> None:
    group_id, referral_id = booked(0, **TOLD)
    send(f"/groups/{group_id}/register/a", {f"person-{referral_id}": "no_show"})
    assert stands(referral_id) == Status.rebooking
    assert planned_of(referral_id) == [("reminder_b", Standing.held_back, "missed")]


@on_sqlite
def test_the_page_says_which_texts_go_when_and_why_one_did_not() -> None:
    group_id, referral_id = booked(0, **TOLD)
    send(f"/groups/{group_id}/register/a", {f"person-{referral_id}": "no_show"})
    shown = html.unescape(see(f"/referrals/{named(referral_id)}/agree").text)
    assert "Reminder of the second workshop" in shown
    assert "Not sent: they missed a workshop" in " ".join(shown.split())


@on_sqlite
def test_a_register_touches_nobodys_texts_but_those_of_its_own_people() -> None:
    group_id, _ = booked(0, **TOLD)
    _, stranger = booked(14, **TOLD)
    send(f"/groups/{group_id}/register/a", {f"person-{stranger}": "no_show"})
    assert [kind for kind, standing, _ in planned_of(stranger) if standing == "planned"] == [
        "reminder_a",
        "reminder_b",
    ]
