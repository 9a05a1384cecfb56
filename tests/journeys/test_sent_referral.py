"""After sending: how it stands, and taking it back, by its reference; before: a step back."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.journeys.people import (
    Chat,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
    words_of,
)
from tests.journeys.running import Copy


@pytest.fixture
def sent(officer: Chat) -> str:
    """The reference of a referral that the officer has just sent."""
    answer_all_criteria(officer)
    fill_in_booking(officer)
    return reference_in(officer.choose("Confirm and send"))


def test_its_officer_asks_how_it_stands(officer: Chat, sent: str) -> None:
    told = officer.say(f"what's the status of {sent}?")
    assert told[0]["text"].startswith(f"Referral {sent} was sent.")
    assert officer.say(sent.replace("-", " ").lower())[0]["text"] == told[0]["text"]
    assert officer.say("any update on my referral?")[0]["text"] == told[0]["text"]


def test_it_is_withdrawn_only_by_the_choice_that_says_why(officer: Chat, sent: str) -> None:
    assert officer.say(f"withdraw {sent}")[-1]["text"].startswith(f"Withdraw referral {sent}?")
    assert officer.choose("No, keep it")[0]["text"].startswith(f"Referral {sent} was sent.")
    officer.say(f"withdraw {sent}")
    assert officer.choose("They have been charged")[0]["text"].startswith(
        f"Referral {sent} is withdrawn"
    )
    assert officer.say(sent)[0]["text"] == f"Referral {sent} was withdrawn."
    assert "cannot be withdrawn" in officer.say(f"withdraw {sent}")[0]["text"]


def test_a_reason_that_was_said_stands_first_and_still_has_to_be_chosen(
    officer: Chat, sent: str
) -> None:
    asked = officer.say("withdraw it, he's been charged")[-1]
    assert asked["text"].startswith(f"Withdraw referral {sent}?")
    assert [each["label"] for each in asked["choices"]] == [
        "They have been charged",
        "Another reason",
        "No, keep it",
    ]
    assert len(officer.choose("Another reason")[-1]["choices"]) > len(asked["choices"])
    told = officer.choose("They have been charged")
    assert told[0]["text"].startswith(f"Referral {sent} is withdrawn")


def drafts_left(told: str) -> int:
    """How many drafts are told of; the tests' officer has left some."""
    found = re.search(r"to finish: (\d+)\.", told)
    return int(found[1]) if found else 0


def test_the_officer_asks_what_waits(officer: Chat, sent: str) -> None:
    told = words_of(officer.say("anything waiting for me?"))
    assert re.search(r"With others now: [1-9]\d*\.", told)
    officer.choose("Start a referral")
    officer.choose("Yes, 18 or over")
    again = officer.say("is there anything outstanding?")
    # The draft that is open here is no news.
    assert drafts_left(words_of(again)) == drafts_left(told)
    assert again[-1]["text"] == officer.question


def test_nobody_else_learns_of_it(sent: str, http: httpx.Client, copy: Copy) -> None:
    token = copy.staff_token("leicestershire")
    other = Chat.begin(http, token, site="leicestershire", audience="officer")
    for text in (f"status of {sent}", f"withdraw {sent}"):
        assert other.say(text)[0]["text"].startswith("I find no referral of yours")


def test_a_step_back_asks_the_last_answer_again(officer: Chat) -> None:
    officer.choose("Yes, 18 or over")
    asked = officer.question
    officer.choose("Yes, a full admission")
    assert officer.say("back")[-1]["text"] == asked
    told = officer.choose("Partial or with")
    assert "Changed" in words_of(told) or "partial" in words_of(told).casefold()


def test_a_step_back_and_on_again_keeps_the_answer(officer: Chat) -> None:
    officer.choose("Start a referral")
    officer.choose("Yes, 18 or over")
    officer.say("back")
    officer.say("skip")
    assert "Age (Yes, 18 or over)" in words_of(officer.say("where are we"))


def test_before_the_first_answer_there_is_no_step_back(officer: Chat) -> None:
    asked = officer.question
    told = officer.say("go back")
    assert told[0]["text"] == "There is no answer before this one."
    assert told[-1]["text"] == asked
