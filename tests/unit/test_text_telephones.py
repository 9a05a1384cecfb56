"""Telephones that others may see, that are private, and that nobody told us of."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.channels.journal import journal
from bot.conversations import Conversation, messages_after
from core.database import transaction
from core.words import words
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from tests.unit.commanding import (  # noqa: F401 - fixtures
    DANGER,
    DOUBT,
    alerts,
    database,
    forget,
    forgetful,
    in_earnest,
    known_as,
    leaving,
    text_us,
)

# A telephone that others may see


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
@pytest.mark.parametrize(
    "key", ["stopped", "started", "again", "help", "ring", "no_more", "off", "elsewhere", "unnamed"]
)
def test_no_word_for_such_a_telephone_reveals_anything(key: str, language: str) -> None:
    gaps = dict.fromkeys(("samaritans", "emergency", "number", "page"), "0")
    said = words(f"utter_text_{key}", language, gaps).text
    assert not reveals(said)
    assert segments(said) <= 3


@database
@pytest.mark.parametrize("privacy", ["shared", "unknown"])
def test_on_a_shared_telephone_the_answer_waits_on_a_page_behind_a_link(privacy: str) -> None:
    known_as(privacy)
    (told,) = text_us("I drink too much", "one")
    assert "/c/" in told
    assert not reveals(told)
    assert text_us("I drink too much", "one") == [], "a copy spends no link"
    assert leaving() == [told]
    with transaction() as session:
        (conversation,) = session.scalars(select(Conversation))
        kept = [
            (each.sender, each.body["text"]) for each in messages_after(session, conversation.id, 0)
        ]
    assert kept[0] == ("assistant", words("utter_text_welcome", "en").text)
    assert ("person", "I drink too much") in kept
    assert kept[-1][0] == "assistant", "the answer waits there"


@database
def test_a_private_telephone_gets_a_link_where_it_asks_for_one() -> None:
    known_as("private")
    (told,) = text_us("link")
    assert "/c/" in told
    assert leaving() == [told]


@database
@pytest.mark.usefixtures("in_earnest")
def test_an_unknown_telephone_is_told_the_way_and_whom_to_ring_and_nothing_else() -> None:
    for said in ("hello", "I drink too much", "does he text you about the police?", ""):
        (told,) = text_us(said)
        assert "http://127.0.0.1:8000" in told
        assert "116 123" in told
        assert not reveals(told)
    assert len(leaving()) == 4


@database
@pytest.mark.usefixtures("in_earnest")
def test_an_unknown_telephone_in_danger_gets_the_whole_answer() -> None:
    assert "116 123" in text_us(DANGER)[0]
    assert alerts() == 1


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_reply_to_a_question_about_danger_is_one_to_any_process() -> None:
    text_us(DOUBT)
    assert journal.wait(10)
    forget()
    assert "116 123" in text_us("yes")[0]
    assert alerts() == 1


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_no_to_that_question_closes_it() -> None:
    text_us(DOUBT)
    assert journal.wait(10)
    assert text_us("no")[0].startswith(words("utter_crisis_after_no", "en").text)
    (told,) = text_us("yes")
    assert "http://127.0.0.1:8000" in told
    assert alerts() == 0


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_private_telephone_is_answered_by_the_assistant_in_its_language() -> None:
    known_as("private", "pl")
    text_us("dzień dobry")
    with transaction() as session:
        (conversation,) = session.scalars(select(Conversation))
    assert conversation.language == "pl"


@database
def test_in_the_demonstration_a_telephone_on_the_screen_is_answered_in_full() -> None:
    assert text_us("hello")[0] == words("utter_text_welcome", "en").text
