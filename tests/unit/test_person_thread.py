"""A person of the team reads a conversation and answers in it: how that reaches whom."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from accounts.tables import Role
from bot import conversations
from bot.channels import answering
from bot.channels.speaker import Speaker
from bot.speech import say
from bot.web.app import app
from core.database import transaction
from core.words import keys, words
from outreach.texts import contacts
from outreach.texts.contacts import Reach, number_of
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from tests.unit import alarms
from tests.unit.alarms import audited
from tests.unit.talking import (  # noqa: F401 - fixtures
    OWN,
    PHONE,
    SAID,
    Clock,
    Rasa,
    answers,
    asked,
    asked_by_text,
    asks,
    chatting,
    clock,
    left,
    on_both,
    opened,
    rasa,
    requests,
    site,
    speaker,
    texting,
    thread,
)

# Answering


def test_the_page_shows_what_was_said_and_who_said_it_and_that_is_on_record(
    asked: str, speaker: Speaker
) -> None:
    page = opened(asked)
    assert SAID in page.text
    assert "The assistant, 23 November, 10:10" in page.text
    assert ("alert.thread", f"conversation:{speaker.id}") in audited("alert.")


@pytest.mark.parametrize("role", [Role.facilitator, Role.navigator])
def test_who_may_not_read_words_sees_no_thread_and_cannot_answer(asked: str, role: Role) -> None:
    page = opened(asked, role)
    assert page.status_code == 200
    assert SAID not in page.text
    assert audited("alert.thread") == []
    assert answers(asked, role, own=OWN).status_code == 404


def test_another_site_neither_reads_nor_answers(asked: str, speaker: Speaker) -> None:
    assert opened(asked, site="dorset").status_code == 404
    assert answers(asked, site="dorset", own=OWN).status_code == 404
    assert conversations.TEAM not in [each.sender for each in thread(speaker)]


def test_an_answer_stands_in_the_chat_as_a_persons_and_takes_the_alert_on(
    asked: str, speaker: Speaker
) -> None:
    assert answers(asked, own=OWN, name="first").status_code == 303
    last = thread(speaker)[-1]
    assert (last.sender, last.body["text"], last.body["name"]) == (conversations.TEAM, OWN, "Jo")
    assert alarms.alert(asked).status == "acknowledged"
    assert audited("alert.")[-2:] == [
        ("alert.acknowledge", f"alert:{asked}"),
        ("alert.answer", f"alert:{asked}"),
    ]
    # No text leaves for somebody in a chat.
    assert left() == []


@on_both
def test_both_engines_keep_an_answer(speaker: Speaker) -> None:
    asks(speaker)
    (found,) = requests()
    assert answers(found.id, own=OWN).status_code == 303
    assert thread(speaker)[-1].body["name"] == "Hampton Trust"


def test_pressed_twice_it_is_said_once(asked: str, speaker: Speaker) -> None:
    assert answers(asked, times=2, own=OWN).status_code == 303
    assert [each.sender for each in thread(speaker)].count(conversations.TEAM) == 1


def test_the_interface_says_who_wrote_beside_the_two_sides_that_clients_know(
    asked: str, speaker: Speaker, rasa: Rasa
) -> None:
    answers(asked, own=OWN)
    with transaction() as session:
        held = session.get_one(conversations.Conversation, speaker.id)
        token = conversations.token_for(held)

    async def later() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
            path = f"/api/v1/conversations/{speaker.id}/messages"
            return await client.get(path, headers={"authorization": f"Bearer {token}"})

    messages = asyncio.run(later()).json()["messages"]
    assert {each["from"] for each in messages} == {"assistant", "person"}
    assert [each["text"] for each in messages if each.get("by") == "coordinator"] == [OWN]


def test_the_assistant_answers_what_the_participant_writes_next(
    asked: str, speaker: Speaker, rasa: Rasa
) -> None:
    answers(asked, own=OWN)
    rasa.says = [say("utter_thanks_participant")]
    assert asks(speaker, "thank you") == words("utter_thanks_participant", "en").text
    assert "116 123" in asks(speaker, "I want to kill myself")
    assert "thank you" in opened(asked).text


def test_a_ready_answer_is_said_in_the_participants_language(
    sqlite: str, rasa: Rasa, clock: Clock
) -> None:
    speaker = chatting("pl")
    asks(speaker)
    (found,) = requests()
    page = opened(found.id)
    for language in ("pl", "en"):
        assert words("utter_ready_hello", language).text in page.text
    answers(found.id, ready="utter_ready_hello")
    last = thread(speaker)[-1].body
    assert (last["lang"], last["text"]) == ("pl", words("utter_ready_hello", "pl").text)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "Choose a ready answer, or write your own words."),
        ({"own": "  "}, "Choose a ready answer, or write your own words."),
        ({"ready": "utter_goodbye_participant"}, "Choose a ready answer, or write your own"),
        ({"ready": "utter_ready_hello", "own": OWN}, "not both"),
        ({"own": "x" * 601}, "Write 600 characters or fewer."),
    ],
)
def test_what_cannot_be_sent_is_told_and_what_was_typed_is_kept(
    asked: str, speaker: Speaker, form: dict[str, str], told: str
) -> None:
    page = answers(asked, **dict[str, Any](form))
    assert page.status_code == 422
    assert told in page.text
    assert form.get("own", "").strip() in page.text
    assert conversations.TEAM not in [each.sender for each in thread(speaker)]
    assert alarms.alert(asked).status == "open"


def test_who_has_left_or_whose_chat_is_over_cannot_be_answered(
    asked: str, speaker: Speaker, clock: Clock
) -> None:
    clock.moment += timedelta(days=6, hours=23)
    assert "Send this answer" in opened(asked).text
    clock.moment += timedelta(hours=1)
    assert "This chat has closed." in opened(asked).text
    assert answers(asked, own=OWN).status_code == 422
    with transaction() as session:
        session.get_one(conversations.Conversation, speaker.id).ended_at = clock.moment
    page = opened(asked)
    assert "This person has left the chat." in page.text
    assert SAID in page.text
    assert conversations.TEAM not in [each.sender for each in thread(speaker)]


def test_what_is_closed_is_not_answered(asked: str, speaker: Speaker) -> None:
    alarms.acknowledge(asked)
    alarms.close(asked)
    assert "Send this answer" not in opened(asked).text
    assert answers(asked, own=OWN).status_code == 422
    assert conversations.TEAM not in [each.sender for each in thread(speaker)]


def test_an_officers_chat_is_no_thread(sqlite: str, speaker: Speaker) -> None:
    asks(speaker)
    alarms.tell("theirs", audience="officer", conversation=speaker.id, channel="web", reach={})
    assert "What was said" not in opened("theirs").text
    assert answers("theirs", own=OWN).status_code == 422


# By text


def test_an_answer_leaves_as_a_text_that_says_a_person_writes(asked_by_text: str) -> None:
    before = len(left())
    assert answers(asked_by_text, own=OWN, name="first").status_code == 303
    assert left()[before:] == [f"This is Jo, a person. {OWN}"]


def test_a_text_does_not_name_the_team(asked_by_text: str) -> None:
    answers(asked_by_text, own=OWN)
    assert left()[-1] == f"This is a person, not the computer. {OWN}"


def test_pressed_twice_one_text_leaves(asked_by_text: str) -> None:
    before = len(left())
    answers(asked_by_text, times=2, own=OWN)
    assert len(left()) == before + 1


def of_a_case(privacy: str) -> None:
    phone = number_of(PHONE)
    assert phone is not None
    reach = Reach("hampshire", "case-1", phone, privacy, "en")
    with transaction() as session:
        contacts.keep(session, reach, key="1")


def in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the demonstration, whose telephones are on the screen of whoever tries them."""
    monkeypatch.setattr(answering, "settings", lambda: SimpleNamespace(demo=False))


def stopped(_monkeypatch: pytest.MonkeyPatch) -> None:
    phone = number_of(PHONE)
    assert phone is not None
    with transaction() as session:
        contacts.stop(session, "hampshire", phone)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (stopped, "This person has texted STOP."),
        (in_earnest, "We do not know that only this person sees their phone."),
    ],
    ids=["stop", "nobody we know"],
)
def test_nothing_goes_to_a_telephone_that_said_stop_or_that_nobody_gave_us(
    asked_by_text: str,
    happens: Callable[[pytest.MonkeyPatch], None],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happens(monkeypatch)
    before = left()
    assert told in opened(asked_by_text).text
    assert "Send this answer" not in opened(asked_by_text).text
    page = answers(asked_by_text, own=OWN)
    assert page.status_code == 422
    assert told in page.text
    assert left() == before
    assert conversations.TEAM not in [each.sender for each in thread(texting())]


@pytest.mark.parametrize("privacy", ["shared", "unknown"])
def test_where_others_may_see_the_telephone_the_answer_waits_on_the_persons_page(
    asked_by_text: str, privacy: str
) -> None:
    of_a_case(privacy)
    before = left()
    assert "when they open their own page" in opened(asked_by_text).text
    assert answers(asked_by_text, own=OWN).status_code == 303
    assert left() == before
    assert [
        each.body["text"] for each in thread(texting()) if each.sender == conversations.TEAM
    ] == [OWN]


def test_a_private_telephone_is_answered(asked_by_text: str) -> None:
    of_a_case("private")
    assert answers(asked_by_text, own=OWN).status_code == 303


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("I rang the police about your workshop", "would know what it is about"),
        ("ਕ" * 200, "too long for a text message"),
    ],
)
def test_what_a_locked_telephone_must_not_show_is_not_sent(
    asked_by_text: str, own: str, told: str
) -> None:
    before = left()
    page = answers(asked_by_text, own=own)
    assert page.status_code == 422
    assert told in page.text
    assert left() == before


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_every_ready_answer_fits_a_text_and_reveals_nothing(language: str) -> None:
    mark = words("utter_person_mark", language, {"name": "Bartholomew"}).text
    for key in (each for each in keys() if each.startswith("utter_ready_")):
        text = f"{mark} {words(key, language).text}"
        assert segments(text) <= answering.MOST_SEGMENTS, (key, language)
        assert not reveals(text), (key, language)
