"""Between danger and going on: nothing counts that was not meant, and help stays at hand."""

from __future__ import annotations

import httpx
import pytest

from core.words import words
from tests.journeys.coordinator import Coordinator
from tests.journeys.people import Chat, Message, cards, words_of
from tests.journeys.running import Copy
from tests.journeys.test_crisis_goes_on import (
    ASKED,
    HARD,
    HE_SAYS,
    SAFETY_FIRST,
    STILL_HERE,
    in_the_middle,
    kinds,
    standing,
)

WAITING = ["Carry on", "Show me the numbers again"]


@pytest.fixture(scope="module")
def coordinator(copy: Copy) -> Coordinator:
    """The coordinator of Hampshire."""
    return Coordinator.of(copy)


@pytest.mark.parametrize("typed", ["no", "yes", "skip", "I don't know", "common assault"])
def test_after_an_alarm_nothing_typed_counts_silently(officer: Chat, typed: str) -> None:
    _, _, stood = in_the_middle(officer)
    officer.say(HE_SAYS)
    told = officer.say(typed)
    assert "Noted" not in words_of(told)
    assert standing(officer) == stood


@pytest.mark.parametrize(
    "typed", ["no", "yes", "ok I've told the sergeant", "done", "change the risk", "he's fine now"]
)
def test_after_an_alarm_an_officers_words_are_not_taken_for_a_form(
    officer: Chat, typed: str
) -> None:
    in_the_middle(officer)
    officer.say(HE_SAYS)
    told = officer.say(typed)
    assert [message["text"][: len(SAFETY_FIRST)] for message in told] == [SAFETY_FIRST]
    assert officer.labels == WAITING


def test_a_note_on_the_case_is_read_back_and_the_referral_goes_on(officer: Chat) -> None:
    _, _, stood = in_the_middle(officer)
    officer.say(HE_SAYS)
    told = officer.say("common assault on his girlfriend, DASH standard")
    assert told[-1]["text"].startswith("I understood this.")
    officer.choose("No, that's not right")
    assert standing(officer) == stood


@pytest.mark.parametrize("typed", ["Carry on", "ok, carry on", "go on"])
def test_an_officer_may_type_that_they_go_on(officer: Chat, typed: str) -> None:
    asked, labels, _ = in_the_middle(officer)
    officer.say(HE_SAYS)
    assert officer.say(typed)[-1]["text"] == asked
    assert officer.labels == labels


def test_an_officers_no_is_answered_in_an_officers_words(officer: Chat) -> None:
    officer.say("he's had enough of life")
    told = officer.choose("No")
    assert told[0]["text"] == "Noted. If that changes, tell the custody sergeant at once."


def test_a_participant_may_type_that_they_go_on(participant: Chat) -> None:
    participant.say("I drink too much")
    asked = participant.question
    participant.say("I want to die")
    assert participant.say("go on")[-1]["text"] == asked


@pytest.mark.parametrize("typed", ["yes please help", "y", "yes i do", "sometimes", "not sure"])
def test_who_does_not_say_no_gets_the_numbers_and_somebody_is_told(
    participant: Chat, coordinator: Coordinator, typed: str
) -> None:
    assert ASKED in words_of(participant.say(HARD))
    told: list[Message] = []
    (alert,) = coordinator.told_by(lambda: told.extend(participant.say(typed)))
    assert told[0]["kind"] == "crisis"
    assert "116 123" in told[0]["text"]
    assert HARD in alert


def test_a_safety_question_is_open_for_one_message(
    participant: Chat, coordinator: Coordinator
) -> None:
    participant.say(HARD)

    def later() -> None:
        assert "crisis" not in kinds(participant.say("I'm in Aldershot"))
        for typed in ("yes", "1"):
            assert "crisis" not in kinds(participant.say(typed))

    assert coordinator.told_by(later) == []


def test_a_no_with_something_else_is_answered_for_what_it_says(participant: Chat) -> None:
    participant.say(HARD)
    told = participant.say("no, but I drink too much and want to stop")
    assert told[0]["text"].startswith("Thank you for telling me.")
    assert cards(told)


def test_after_a_no_the_words_before_it_are_not_taken_for_blame(participant: Chat) -> None:
    participant.say(HARD)
    told = participant.choose("No")
    assert "What would you like help with" in told[-1]["text"]
    assert words("utter_bound_blame_other_participant", "en").text not in words_of(told)


def test_a_question_after_an_alarm_does_not_end_the_gentle_way(participant: Chat) -> None:
    participant.say("I want to die")
    participant.say(HARD)
    told = participant.choose("No")
    assert told[-1]["text"] == STILL_HERE
    assert participant.say("ok")[-1]["text"] == STILL_HERE


def test_after_the_numbers_are_shown_again_there_is_a_way_on(participant: Chat) -> None:
    participant.say("I want to die")
    participant.say("ok")
    told = participant.choose("Show me the numbers")
    assert told[-1]["text"] == STILL_HERE
    assert participant.labels == ["Show me the numbers again", "Talk to a person", "Go on"]


def test_the_alert_holds_every_message_that_it_took_to_see_it(
    participant: Chat, coordinator: Coordinator
) -> None:
    participant.say("I want to end")
    (alert,) = coordinator.told_by(lambda: participant.say("my life"))
    assert "I want to end / my life" in alert


def test_whether_a_child_is_at_risk_is_asked_once(http: httpx.Client) -> None:
    chat = Chat.begin(http, site="hampshire", audience="participant")
    asked = words_of(chat.say("my dad used to beat me when I was a kid"))
    assert "child" in asked
    chat.choose("No")
    told = chat.say("my uncle abused me when I was little")
    assert "question" not in {m["kind"] for m in told if "child" in m["text"]}
    assert cards(told)
