"""What is known about CARA is told to officers and the public with its source, and to no other."""

from __future__ import annotations

import httpx
import pytest

from tests.journeys.hearing import all_approved, heard, press_everything
from tests.journeys.people import Chat, words_of

# Question, what the answer says, and the year of a source of it.
ASKED = [
    ("Does it work?", "Southampton", "(2017)"),
    ("what's the evidence for CARA", "West Midlands, reoffending was 81%", "(2023)"),
    ("What's in the workshops?", "managing conflict safely", "read in 2026"),
    ("Who can be referred?", "standard-risk domestic abuse", "(2024)"),
    ("What does it cost?", "not known here", "read in 2026"),
    ("What does ASCEND do?", "Avon and Somerset Engage Navigate Divert", "(2019)"),
    ("How do we get it in our force?", "Ask the Hampton Trust", "read in 2026"),
    ("What do the police find out afterwards?", "Attendance is the only thing", "read in 2026"),
]


@pytest.fixture
def public(http: httpx.Client) -> Chat:
    """Somebody without a sign-in, who asks about CARA."""
    return Chat.begin(http, site="hampshire", audience="public")


@pytest.mark.parametrize(("asked", "told", "year"), ASKED)
def test_an_officer_gets_the_fact_and_then_the_open_question_again(
    officer: Chat, asked: str, told: str, year: str
) -> None:
    said = officer.say(asked)
    assert told in said[0]["text"]
    assert year in said[0]["text"]
    assert said[-1]["text"].startswith("Is the suspect 18")
    assert "Answered: -" in words_of(officer.say("where are we?"))
    all_approved(heard(officer.messages))


def test_what_is_it_still_says_what_cara_is(officer: Chat) -> None:
    for asked in ("What is it?", "what is CARA"):
        said = officer.say(asked)
        assert "two workshops of about five hours" in said[0]["text"]
        assert said[-1]["text"].startswith("Is the suspect 18")


def test_a_question_does_not_drop_what_was_read_back(officer: Chat) -> None:
    officer.say("28, girlfriend, full admission, DASH standard")
    said = officer.say("does CARA work?")
    assert said[-1]["text"].startswith("I understood this.")
    assert "enough evidence" in words_of(officer.choose("Yes, that's right"))


def test_an_officer_chooses_among_the_topics_and_carries_on(officer: Chat) -> None:
    officer.say("have you got numbers for Hampshire on this")
    assert officer.question.startswith("Is the suspect 18")


@pytest.mark.parametrize("asked", [each for each, _, _ in ASKED])
def test_a_participant_is_told_no_figures(participant: Chat, asked: str) -> None:
    said = words_of(participant.say(asked))
    assert "Source:" not in said
    assert "%" not in said


def test_the_public_is_greeted_with_what_it_may_ask(public: Chat) -> None:
    assert "I answer questions about CARA" in public.messages[0]["text"]
    assert {"What is CARA?", "Does it work?", "Find help near me"} <= set(public.labels)


@pytest.mark.parametrize(("asked", "told", "year"), ASKED)
def test_the_public_gets_the_fact_with_its_source(
    public: Chat, asked: str, told: str, year: str
) -> None:
    said = public.say(asked)
    assert told in said[0]["text"]
    assert year in said[0]["text"]
    assert "Does it work?" in public.labels


def test_the_public_chooses_every_topic_and_hears_approved_words_alone(http: httpx.Client) -> None:
    public = Chat.begin(http, site="hampshire", audience="public")
    press_everything(public, most=9)
    assert "81%" in words_of(public.messages)
    all_approved(heard(public.messages))


@pytest.mark.parametrize(
    "text",
    ["start a referral", "where are we?", "withdraw my referral", "submit it", "[reference]"],
)
def test_the_public_gets_nothing_else_of_the_officers_side(public: Chat, text: str) -> None:
    said = words_of(public.say(text))
    for word in ("draft", "sergeant", "Is the suspect", "Reference:"):
        assert word not in said


def test_the_public_may_look_for_help_and_is_answered_in_danger(public: Chat) -> None:
    assert "what would you like help with" in words_of(public.choose("Find help near me")).lower()
    assert any(each["kind"] == "crisis" for each in public.say("I want to kill myself"))
