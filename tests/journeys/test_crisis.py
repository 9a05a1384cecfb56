"""Plain words of danger are answered at once, from fixed words, before Rasa."""

from __future__ import annotations

import pytest

from tests.journeys.people import Chat, words_of

PLAIN = (
    "I want to die",
    "im going to kill myself tonight",
    "I've been cutting myself again",
    "I'm going to hurt her when I get home",
    "I'm scared I'll hurt the baby",
)


@pytest.mark.parametrize("text", PLAIN)
def test_a_participant_gets_the_lines_that_answer_now(participant: Chat, text: str) -> None:
    told = participant.say(text)
    assert told[0]["kind"] == "crisis"
    assert "999" in words_of(told)
    assert "116 123" in words_of(told)
    assert "SHOUT" in words_of(told)
    assert "85258" in words_of(told)


def test_the_chat_goes_on_after_a_crisis(participant: Chat) -> None:
    participant.say("I want to die")
    assert "listing" in {message["kind"] for message in participant.say("I drink too much")}


def test_a_crisis_in_the_middle_of_a_referral_leaves_the_draft_as_it_was(officer: Chat) -> None:
    officer.choose("Yes, 18 or over")
    told = officer.say("he says he will kill himself when he gets out")
    assert told[0]["kind"] == "crisis"
    assert "custody" in words_of(told).casefold()
    assert "enough" not in words_of(told)
    standing = words_of(officer.say("where are we?"))
    assert "Age (Yes, 18 or over)" in standing


def test_the_offence_itself_is_no_crisis(officer: Chat) -> None:
    told = officer.say("he slapped her last night and threatened to hurt her")
    assert "crisis" not in {message["kind"] for message in told}


def test_an_idiom_is_no_crisis(participant: Chat) -> None:
    told = participant.say("this hangover is killing me, I drink too much")
    assert "crisis" not in {message["kind"] for message in told}


def test_danger_in_a_message_that_is_too_long_is_answered_all_the_same(participant: Chat) -> None:
    told = participant.say("I want to die. " + "and so it goes on and on. " * 400)
    assert told[0]["kind"] == "crisis"


@pytest.mark.parametrize("typed", ["yes", "yeah i am", "tak", "rather not say"])
def test_a_reply_to_the_question_may_be_typed(participant: Chat, typed: str) -> None:
    assert "ending your life" in words_of(participant.say("had enough of life"))
    told = participant.say(typed)
    assert told[0]["kind"] == "crisis"
    assert "116 123" in words_of(told)


def test_a_typed_no_is_taken_gently_and_the_chat_goes_on(participant: Chat) -> None:
    participant.say("had enough of life")
    assert "Thank you for telling me" in words_of(participant.say("no"))
    assert participant.choose("Go on")
