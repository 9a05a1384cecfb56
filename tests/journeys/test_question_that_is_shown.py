"""What an officer types answers the question that stands on their screen, and no other.

Answers that are not read surely are asked for out of turn, while an earlier question is open still.
"""

from __future__ import annotations

import pytest

from tests.journeys.people import Chat, words_of

HISTORY = "Is there any domestic abuse or violence conviction"
FIRST = "Is the suspect 18 or over?"


@pytest.fixture
def asked_out_of_turn(officer: Chat) -> Chat:
    """An officer whose first question is open, and who is asked of the suspect's history."""
    officer.say("maybe a caution last year")
    assert officer.question.startswith(HISTORY)
    return officer


def test_what_is_asked_out_of_turn_is_answered(asked_out_of_turn: Chat) -> None:
    told = words_of(asked_out_of_turn.say("none, checked"))
    assert "Noted: Convictions: None" in told
    assert asked_out_of_turn.question.startswith(FIRST)


def test_yes_to_what_excludes_tells_what_to_do_instead(asked_out_of_turn: Chat) -> None:
    told = words_of(asked_out_of_turn.say("yes"))
    assert "Noted: Convictions: Yes" in told
    assert "What to do instead" in told


def test_not_known_to_what_is_asked_out_of_turn_is_that(asked_out_of_turn: Chat) -> None:
    asked_out_of_turn.say("I don't know")
    assert asked_out_of_turn.question.startswith(FIRST)
    told = words_of(asked_out_of_turn.say("where are we?"))
    assert "On hold: Convictions" in told


def test_why_explains_what_is_asked_out_of_turn(asked_out_of_turn: Chat) -> None:
    told = words_of(asked_out_of_turn.say("why do you ask?"))
    assert "A recent record for abuse" in told


def test_yes_to_a_list_of_answers_answers_none_of_them(officer: Chat) -> None:
    officer.say("not sure about dash, might be medium")
    told = words_of(officer.say("yes"))
    assert "Noted" not in told
    assert officer.question.startswith(FIRST)


def test_a_fact_in_between_leaves_the_question_open(officer: Chat) -> None:
    officer.say("what is CARA?")
    assert "Noted: Age: Yes" in words_of(officer.say("yes"))
