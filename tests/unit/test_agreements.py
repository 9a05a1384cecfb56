"""Consent and safe contact through the front door: asked, and kept as it was put."""

from __future__ import annotations

import html
import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.tables import Role
from core.clock import now, today
from core.database import transaction
from core.words import words
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING, RESEARCH
from referrals.fields import CONSENT_WORDS
from referrals.tables import Referral
from referrals.transitions import Status
from referrals.workshops.tables import WorkshopGroup
from tests.unit.agreeing import (
    OTHER,
    PHONE,
    SAID,
    TOLD,
    YES,
    accepted,
    agreed,
    at_venue,
    booked,
    kept,
    named,
    on_both,
    on_sqlite,
    planned,
    see,
    send,
)
from tests.unit.drafts import acts, person
from tests.unit.test_moving import stands
from tests.unit.test_workshops import group, moved_to

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
    assert contact.word
    send(at_venue(group_id, referral_id), SAID)
    assert kept(referral_id)[0].word == contact.word


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
