"""Plain words of danger are answered at once, from fixed words, before Rasa."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest

from tests.journeys.people import Chat, words_of
from tests.journeys.running import Copy

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
    told = participant.say("no")
    assert "Thank you for telling me" in words_of(told)
    assert len(told) > 1


@pytest.mark.parametrize("typed", [True, False])
def test_after_a_no_what_was_said_before_the_question_is_answered(
    participant: Chat, typed: bool
) -> None:
    participant.say("had enough of life, I drink too much and I want to stop")
    told = participant.say("no") if typed else participant.choose("No")
    assert "Thank you for telling me" in words_of(told[:1])
    assert "listing" in {message["kind"] for message in told}


def told_to_rasa(copy: Copy, chat: Chat) -> list[dict[str, object]]:
    """What Rasa's tracker holds of a conversation, from the finding on."""
    with closing(sqlite3.connect(copy.data_dir / "rasa/rasa.db")) as tracker:
        rows = tracker.execute(
            "SELECT data FROM events WHERE sender_id = ? ORDER BY id", [chat.id]
        ).fetchall()
    events = [json.loads(row[0]) for row in rows]
    names = [(event.get("parse_data") or {}).get("intent", {}).get("name") for event in events]
    return events[names.index("safety_suicide") :] if "safety_suicide" in names else []


def test_rasa_sees_the_finding_stops_and_listens(officer: Chat, copy: Copy) -> None:
    officer.choose("Yes, 18 or over")
    officer.say("he says he will kill himself when he gets out")
    until = time.monotonic() + 10
    # Rasa is told beside the answer, which waits for nothing.
    while not (events := told_to_rasa(copy, officer)) and time.monotonic() < until:
        continue
    assert events, "the tracker never heard of it"
    actions = [event["name"] for event in events if event["event"] == "action"]
    assert set(actions) <= {"action_listen"}
    assert "kill" not in json.dumps(events)
