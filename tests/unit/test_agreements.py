"""Consent and safe contact through the front door: asked, kept as put, shown, taken back."""

from __future__ import annotations

import asyncio
import html
import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import select
from starlette.datastructures import FormData

from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.session import COOKIE
from core.clock import now, today
from core.database import transaction
from core.web import forms
from core.words import words
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING, RESEARCH
from outreach.texts.tables import Consent, Contact, Message, Standing
from referrals.fields import CONSENT_WORDS
from referrals.tables import Referral
from referrals.transitions import Event, Status
from referrals.web.agreements import heard
from referrals.workshops.tables import WorkshopGroup
from tests.unit.drafts import acts, full_draft, give, person, submit
from tests.unit.handing_over import app
from tests.unit.test_moving import do, stands
from tests.unit.test_workshops import group, moved_to

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")
TOKEN = re.compile(rf'name="{forms.FIELD}" value="([0-9a-f]+)"')
PHONE, OTHER = "07700 900461", "07700 900462"
TOLD: dict[str, Any] = {
    "mobile": PHONE,
    "phone_is_private": "private",
    "text_consent": "yes",
    "ok_hours": "evening",
}
SAID = {"language": "en", "phone": PHONE, "privacy": "private"}
YES = {BOOKING: "yes", AFTER: "yes", RESEARCH: "yes"}
Given = TypeVar("Given")


# The people, through the same doors as everybody


def with_client(
    work: Callable[[httpx.AsyncClient], Awaitable[Given]],
    role: Role = Role.coordinator,
    site: str = "hampshire",
) -> Given:
    """Do something as a signed-in member of staff."""

    async def done() -> Given:
        transport = httpx.ASGITransport(app=app())
        async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
            with transaction() as session:
                client.cookies.set(COOKIE, sign_in(session, person(session, role, site)))
            return await work(client)

    return asyncio.run(done())


def see(path: str, role: Role = Role.coordinator, site: str = "hampshire") -> httpx.Response:
    return with_client(lambda client: client.get(path), role, site)


def send(
    path: str, form: dict[str, str], role: Role = Role.coordinator, site: str = "hampshire"
) -> httpx.Response:
    """Post a form with the token that a page of ours gave."""

    async def sent(client: httpx.AsyncClient) -> httpx.Response:
        found = TOKEN.search((await client.get("/referrals")).text)
        assert found
        return await client.post(path, data={forms.FIELD: found[1], **form}, follow_redirects=True)

    return with_client(sent, role, site)


def accepted(**told: str) -> str:
    """The id of a referral that is to be booked; ``told`` is what the officer was told."""
    referral_id = full_draft()
    for name, raw in told.items():
        give(referral_id, name, raw)
    submit(referral_id)
    do(referral_id, Role.authoriser, Event.authorise)
    do(referral_id, Role.coordinator, Event.accept)
    return referral_id


def booked(days: int = 7, **told: str) -> tuple[str, str]:
    """Somebody whom the coordinator has booked into a new group; gives the two ids."""
    referral_id, group_id = accepted(**told), group(days)
    page = send(f"/referrals/{named(referral_id)}/book", {"group": group_id, "key": "once"})
    assert page.status_code == 200
    assert stands(referral_id) == Status.booked
    return group_id, referral_id


def at_venue(group_id: str, referral_id: str) -> str:
    return f"/groups/{group_id}/agree/{referral_id}"


def named(referral_id: str) -> str:
    with transaction() as session:
        return session.get_one(Referral, referral_id).reference or ""


def kept(referral_id: str) -> tuple[Contact, list[Consent]]:
    with transaction() as session:
        contact = contacts.of_case(session, referral_id)
        assert contact
        return contact, contacts.consents(session, contact)


def agreed(referral_id: str, purpose: str) -> bool:
    with transaction() as session:
        contact = contacts.of_case(session, referral_id)
        assert contact
        return contacts.agreed(session, contact, purpose)


def planned(referral_id: str) -> list[Message]:
    with transaction() as session:
        rows = select(Message).join(Contact).where(Contact.case_id == referral_id)
        waits = Message.standing == Standing.planned.value
        return list(session.scalars(rows.where(waits).order_by(Message.due_at)))


# From the referral, with the booking


@on_both
def test_a_booking_keeps_what_the_officer_asked_and_plans_the_reminders() -> None:
    _, referral_id = booked(interpreter_language="pl", **TOLD)
    contact, (consent,) = kept(referral_id)
    assert (contact.phone, contact.privacy) == ("+447700900461", "private")
    assert (contact.language, contact.hours) == ("pl", "evening")
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        assert consent.asked_by == referral.created_by
        assert consent.asked_at == referral.detail.text_consent_at
    assert (consent.purpose, consent.agreed) == (BOOKING, True)
    assert (consent.words, consent.language) == (CONSENT_WORDS, "en")
    assert [each.kind for each in planned(referral_id)] == ["reminder_a", "reminder_b"]


@on_sqlite
@pytest.mark.parametrize(
    ("told", "privacy"),
    [
        ({}, "unknown"),
        ({"mobile": PHONE, "phone_is_private": "not_known"}, "unknown"),
        ({"mobile": PHONE, "phone_is_private": "shared"}, "shared"),
    ],
)
def test_who_was_not_asked_about_texts_has_agreed_to_none(
    told: dict[str, Any], privacy: str
) -> None:
    _, referral_id = booked(**told)
    contact, consents = kept(referral_id)
    assert contact.privacy == privacy
    assert consents == []


@on_sqlite
def test_a_booking_that_fails_keeps_nothing() -> None:
    referral_id, group_id = accepted(**TOLD), group()
    with transaction() as session:
        session.get_one(WorkshopGroup, group_id).part_b_on = date(2030, 1, 1)
    page = send(f"/referrals/{named(referral_id)}/book", {"group": group_id, "key": "once"})
    assert page.status_code == 422
    with transaction() as session:
        assert contacts.of_case(session, referral_id) is None


@on_both
def test_a_second_booking_does_not_bring_back_what_the_officer_was_told() -> None:
    group_id, referral_id = booked(**TOLD)
    send(at_venue(group_id, referral_id), {**SAID, "phone": OTHER, "privacy": "shared"})
    moved_to(group_id, today())
    register = {f"person-{referral_id}": "no_show"}
    send(f"/groups/{group_id}/register/a", register, Role.facilitator)
    again = {"group": group(14), "key": "twice"}
    assert send(f"/referrals/{named(referral_id)}/book", again).status_code == 200
    assert stands(referral_id) == Status.booked
    contact, _ = kept(referral_id)
    assert (contact.phone, contact.privacy) == ("+447700900462", "shared")
    assert not agreed(referral_id, BOOKING)
    assert {each.data["day"] for each in planned(referral_id)} == {
        (today() + timedelta(days)).isoformat() for days in (14, 42)
    }


# At the first workshop


@on_both
@pytest.mark.parametrize("role", [Role.coordinator, Role.facilitator])
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_the_questions_that_are_shown_are_the_words_that_are_kept(
    language: str, role: Role
) -> None:
    group_id, referral_id = booked(**TOLD)
    path = at_venue(group_id, referral_id)
    shown = html.unescape(see(f"{path}?language={language}", role).text)
    page = send(path, {**SAID, **YES, "language": language, "key": str(uuid.uuid4())}, role)
    assert "The answers are kept." in page.text
    _, (_, *consents) = kept(referral_id)
    assert [each.purpose for each in consents] == [BOOKING, AFTER, RESEARCH]
    with transaction() as session:
        asker = person(session, role).id
    for each in consents:
        assert each.words in shown
        assert (each.language, each.asked_by, each.agreed) == (language, asker, True)
        assert now() - each.asked_at < timedelta(minutes=1)
        assert each.words in html.unescape(page.text)
    assert acts(referral_id)[-2:] == ["contact.agree", "contact.view"]


@on_sqlite
def test_nothing_is_chosen_beforehand_and_the_first_lines_set_it_apart_from_the_condition() -> None:
    group_id, referral_id = booked(**TOLD)
    send(at_venue(group_id, referral_id), {**SAID, **YES, "hours": "day", "text_language": "pl"})
    page = see(f"{at_venue(group_id, referral_id)}?language=en").text
    assert " checked" not in page
    assert f'value="{PHONE.replace(" ", "")}"' in page.replace("07700 900", "07700900")
    assert page.index(words("utter_agree_apart", "en").text[:40]) < page.index('<form action="/gr')


@on_sqlite
def test_every_question_of_consent_may_be_left_open_and_counts_as_no() -> None:
    group_id, referral_id = booked()
    assert send(at_venue(group_id, referral_id), SAID).status_code == 200
    _, consents = kept(referral_id)
    assert consents == []
    assert not any(agreed(referral_id, each) for each in contacts.PURPOSES)


@on_both
def test_the_same_form_twice_is_one_answer() -> None:
    group_id, referral_id = booked()
    form = {**SAID, **YES, "key": str(uuid.uuid4())}
    for _ in range(2):
        assert send(at_venue(group_id, referral_id), form).status_code == 200
    _, consents = kept(referral_id)
    assert len(consents) == 3


@on_both
def test_another_telephone_and_whatever_key_a_form_brings_are_kept() -> None:
    """PostgreSQL takes no key longer than its column, and the end of an agreement has one too."""
    group_id, referral_id = booked(**TOLD)
    form = {**SAID, "phone": OTHER, "key": "x" * 500, AFTER: "yes"}
    assert send(at_venue(group_id, referral_id), form).status_code == 200
    assert agreed(referral_id, AFTER)
    assert not agreed(referral_id, BOOKING)
    assert "ended with the telephone before" in see(at_venue(group_id, referral_id)).text


@on_sqlite
@pytest.mark.parametrize("privacy", ["shared", "unknown"])
def test_a_telephone_that_others_may_see_gets_no_text_and_the_page_says_so(privacy: str) -> None:
    group_id, referral_id = booked(**TOLD)
    page = send(at_venue(group_id, referral_id), {**SAID, **YES, "privacy": privacy})
    told = "No text will be sent to this telephone, whatever they agreed to"
    assert told in page.text
    assert told in see(f"/referrals/{named(referral_id)}").text


@on_sqlite
@pytest.mark.parametrize(
    ("wrong", "fault", "language"),
    [
        ({"phone": ""}, "phone", "en"),
        ({"phone": "12"}, "phone", "pl"),
        ({"phone": "020 7946 0018"}, "phone", "pa"),
        ({"privacy": ""}, "privacy", "pl"),
        ({"privacy": "maybe"}, "privacy", "pa"),
        ({"word": "!!?"}, "word", "en"),
        ({"word": "a-1"}, "word", "pl"),
    ],
)
def test_what_cannot_be_kept_is_said_twice_and_nothing_typed_is_lost(
    wrong: dict[str, str], fault: str, language: str
) -> None:
    group_id, referral_id = booked()
    form = {**SAID, RESEARCH: "no", "word": "lantern", "language": language, **wrong}
    page = send(at_venue(group_id, referral_id), form)
    assert page.status_code == 422
    assert html.unescape(page.text).count(words(f"utter_agree_fault_{fault}", language).text) == 2
    assert html.escape(form["word"]) in page.text
    assert re.search(r'name="research"[^>]*value="no" checked', page.text)
    with transaction() as session:
        contact = contacts.of_case(session, referral_id)
        assert contact
        assert contact.phone is None


@on_sqlite
def test_no_telephone_is_an_answer_whatever_stands_in_the_box() -> None:
    group_id, referral_id = booked(**TOLD)
    form = {"language": "en", "phone": PHONE, "no_phone": "yes", RESEARCH: "yes"}
    page = send(at_venue(group_id, referral_id), form)
    assert "because there is no telephone" in page.text
    contact, _ = kept(referral_id)
    assert (contact.phone, contact.privacy) == (None, "unknown")
    assert agreed(referral_id, RESEARCH)
    assert not agreed(referral_id, BOOKING)


@on_sqlite
def test_the_word_is_kept_as_a_hash_and_never_shown_again() -> None:
    group_id, referral_id = booked()
    form = {**SAID, "word": " Blue lantern "}
    for page in (
        send(at_venue(group_id, referral_id), form),
        see(f"/referrals/{named(referral_id)}"),
    ):
        assert "lantern" not in page.text
        assert "A word is kept" in page.text
    contact, _ = kept(referral_id)
    assert contact.word_lookup
    send(at_venue(group_id, referral_id), SAID)
    assert kept(referral_id)[0].word_lookup == contact.word_lookup


@on_sqlite
def test_the_hours_that_are_chosen_count_for_reminders_that_wait() -> None:
    group_id, referral_id = booked(**TOLD)
    before = [each.due_at for each in planned(referral_id)]
    send(at_venue(group_id, referral_id), {**SAID, "hours": "morning", "text_language": "pa"})
    contact, _ = kept(referral_id)
    assert (contact.hours, contact.language) == ("morning", "pa")
    assert [
        was - is_now.due_at for was, is_now in zip(before, planned(referral_id), strict=True)
    ] == [timedelta(hours=8)] * 2


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
