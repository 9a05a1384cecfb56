"""Which fact about CARA a message asks for, read by rule; other words ask for none."""

from __future__ import annotations

import pytest
import yaml

from bot.channels.facts import asked_by_the_public
from bot.conversations import Conversation
from bot.facts import Topic
from bot.learning.apart import taught_texts
from bot.runtime.facts import ASK_ABOUT, ASK_FACT, Question, hinted_topic, read_question
from core.settings import ROOT

ASKED = {
    "Does it work?": "does_it_work",
    "does CARA really work or is it a tick box": "does_it_work",
    "what's the evidence for CARA": "does_it_work",
    "do people who go reoffend": "does_it_work",
    "how effective is the programme": "does_it_work",
    "What's in the workshops?": "in_the_workshops",
    "what goes on at these sessions": "in_the_workshops",
    "what do they do on the course": "in_the_workshops",
    "what does the workshop cover": "in_the_workshops",
    "Who can be referred?": "who_can_be_referred",
    "who can we refer to CARA": "who_can_be_referred",
    "which offences are covered": "who_can_be_referred",
    "what are the eligibility criteria": "who_can_be_referred",
    "What does it cost?": "what_does_it_cost",
    "how much does CARA cost": "what_does_it_cost",
    "is there a fee for the course": "what_does_it_cost",
    "is CARA value for money": "what_does_it_cost",
    "What does ASCEND do?": "what_is_ascend",
    "who is this ASCEND lot": "what_is_ascend",
    "How do we get CARA in our force?": "how_to_get_it",
    "we would like to commission CARA": "how_to_get_it",
    "which other forces use it": "how_to_get_it",
    "What do the police find out from the workshops?": "what_police_learn",
    "do they tell the police what he says": "what_police_learn",
    "is what he says in the workshops confidential": "what_police_learn",
}
ABOUT = [
    "What is it?",
    "what is CARA?",
    "what's CARA",
    "tell me about CARA",
    "how does CARA work",
    "CARA",
]
NONE = [
    "is there enough evidence to charge",
    "she's worried it'll cost him his job",
    "he works nights",
    "DASH came out standard",
    "who is the authoriser",
    "he's been referred to mental health before",
    "what do I type in here",
    "the course of conduct was over two years",
    "the police were called by a neighbour",
    "he told us what happened in interview",
    "medium risk",
    "yes, and he's signed it",
    "",
    "?",
    "what " * 3000,
]


@pytest.mark.parametrize(("text", "topic"), ASKED.items())
def test_a_topic_is_read_by_its_words(text: str, topic: str) -> None:
    question = read_question(text)
    assert question
    assert (question.intent, question.topic) == (ASK_FACT, topic)


@pytest.mark.parametrize("text", ABOUT)
def test_what_it_is_is_no_fact(text: str) -> None:
    assert read_question(text) == Question(ASK_ABOUT, "", sure=True)


def test_a_bare_how_does_it_work_is_left_to_the_classifier() -> None:
    assert read_question("How does it work?") == Question(ASK_ABOUT, "", sure=False)


@pytest.mark.parametrize("text", NONE)
def test_other_words_ask_for_none(text: str) -> None:
    assert read_question(text) is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [("does CARA work", True), ("are the workshops free", True), ("does it work", False)],
)
def test_only_a_question_that_names_cara_is_sure(text: str, sure: bool) -> None:
    question = read_question(text)
    assert question
    assert question.sure is sure


def test_of_what_an_officer_answers_nothing_is_read_as_a_question() -> None:
    """Every training text of an answer or a command, and every text of the development sets."""
    own = {ASK_FACT, ASK_ABOUT}
    for text, intents in taught_texts().items():
        question = read_question(text)
        if question and question.sure:
            assert intents <= own, text


def test_every_training_text_of_a_fact_leads_to_one() -> None:
    texts = [text for text, intents in taught_texts().items() if ASK_FACT in intents]
    assert 40 <= len(texts) <= 60
    unread = [text for text in texts if not (read_question(text) or hinted_topic(text))]
    assert len(unread) <= len(texts) // 10, unread


def test_the_word_list_has_the_topics_of_the_facts() -> None:
    data = yaml.safe_load((ROOT / "bot/runtime/fact_words.yml").read_text(encoding="utf-8"))
    topics = {each.value for each in Topic}
    assert set(data["topics"]) == {*topics, "about"} == set(data["order"])
    assert set(data["hints"]) == topics


def chat_with(audience: str, **context: object) -> Conversation:
    return Conversation(audience=audience, context=context)


def test_the_public_asks_for_facts_and_nobody_else_does_here() -> None:
    asked = (ASK_FACT, {"topic": "does_it_work"})
    assert asked_by_the_public(chat_with("public"), "does it work?") == asked
    for audience in ("participant", "officer"):
        assert asked_by_the_public(chat_with(audience), "does it work?") is None


def test_once_services_were_shown_a_bare_question_is_about_them() -> None:
    shown = chat_with("public", shown=["a service"])
    assert asked_by_the_public(shown, "is it free?") is None
    assert asked_by_the_public(shown, "is CARA free?") is not None


@pytest.mark.parametrize("text", ["start a referral", "he is 32, full admission", "withdraw it"])
def test_nothing_else_of_the_officers_side_is_read_for_the_public(text: str) -> None:
    assert asked_by_the_public(chat_with("public"), text) is None
