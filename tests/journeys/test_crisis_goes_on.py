"""After danger was answered: a named person is told, and the chat goes on softly, or not at all."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.journeys.coordinator import Coordinator
from tests.journeys.people import Chat, Message, answer_all_criteria, cards, words_of
from tests.journeys.running import Copy
from tests.pages.conftest import CHAT

CUSTODY_FIRST = "This reads as a risk of suicide. Tell the custody sergeant now"
HE_SAYS = "he says he'll kill himself when we let him out"
SAFETY_FIRST = "The person's safety comes first."
STILL_HERE = "I am still here. You can take your time."
TOLD = "A person who works here is told now."
ASKED = "Are you thinking of ending your life"
AFTER_NO = "Thank you for telling me."
HARD = "had enough of life"
CSRF = re.compile(r'name="csrf_token" value="(\w+)"')
SMALL_TALK = (
    "ok",
    "thanks",
    "are you a robot",
    "I don't know",
    "hm",
    "qwrtz",
    "hello",
    "who sees this",
)


@pytest.fixture(scope="module")
def coordinator(copy: Copy) -> Coordinator:
    """The coordinator of Hampshire."""
    return Coordinator.of(copy)


def kinds(messages: list[Message]) -> set[str]:
    return {message["kind"] for message in messages}


def standing(officer: Chat) -> str:
    """What is answered, on hold and still to ask, as the assistant tells it."""
    return str(officer.say("where are we?")[0]["text"])


def in_the_middle(officer: Chat) -> tuple[str, list[str], str]:
    """Three answers are given; what is asked next, its choices, and how the draft stands."""
    for label in ("Yes, 18 or over", "Yes, a full admission", "Yes"):
        officer.choose(label)
    asked, labels = officer.question, officer.labels
    assert asked == "Which offence is it?"
    return asked, labels, standing(officer)


def test_an_officer_gets_the_custody_answer_and_the_coordinator_is_told(
    officer: Chat, coordinator: Coordinator, copy: Copy
) -> None:
    in_the_middle(officer)
    before = coordinator.alerts()
    told = officer.say(HE_SAYS)
    assert told[0]["kind"] == "crisis"
    assert told[0]["text"].startswith(CUSTODY_FIRST)
    assert kinds(told) == {"crisis"}, "and no question beside it"
    assert "116 123" in told[0]["text"]
    (path,) = coordinator.alerts() - before
    alert = coordinator.read(path)
    for line in ("A life may be at risk", "An officer wrote it in the web chat", HE_SAYS):
        assert line in alert
    assert "PC Robin Ashworth 4417" in alert, "how to reach who wrote it"
    assert not Coordinator.of(copy, "leicestershire").may_read(path)


def test_a_referral_waits_untouched_while_the_persons_safety_comes_first(officer: Chat) -> None:
    asked, labels, stood = in_the_middle(officer)
    officer.say(HE_SAYS)
    for text in ("thanks", "hello", "who sees this?", "are you a robot"):
        told = officer.say(text)
        assert asked not in words_of(told)
        assert told[-1]["text"].startswith(SAFETY_FIRST)
        assert officer.labels == ["Carry on", "Show me the numbers again"]
    assert standing(officer) == stood
    on = officer.choose("Carry on")
    assert (on[-1]["text"], officer.labels) == (asked, labels)
    assert standing(officer) == stood


def test_the_first_question_after_the_criteria_waits_too(officer: Chat) -> None:
    answer_all_criteria(officer)
    card = officer.messages[-1]["field"]
    officer.say(HE_SAYS)
    assert "field" not in officer.say("thanks")[-1]
    assert officer.choose("Carry on")[-1]["field"] == card
    officer.give(card["name"], "44260012345")
    assert officer.messages[-1]["field"]["name"] == "custody_reference"


def test_an_officer_may_read_the_numbers_again_which_tells_nobody_anew(
    officer: Chat, coordinator: Coordinator
) -> None:
    first = officer.say(HE_SAYS)
    officer.say("thanks")
    again: list[Message] = []
    assert coordinator.told_by(lambda: again.extend(officer.choose("Show me the numbers"))) == []
    assert again[0]["text"] == first[0]["text"]


def test_a_participant_is_asked_nothing_until_they_want_it(participant: Chat) -> None:
    told = participant.say("I want to die")
    assert [message["kind"] for message in told] == ["crisis", "text"]
    assert told[1]["text"].startswith(TOLD)
    for text in SMALL_TALK:
        told = participant.say(text)
        assert told[-1]["text"] == STILL_HERE, text
        assert participant.labels == ["Show me the numbers again", "Talk to a person", "Go on"]
        assert not [each for each in told[:-1] if each.get("choices") or each.get("field")]
        assert "I did not understand" not in words_of(told)
        assert "What would you like help with" not in words_of(told)


def test_numbers_and_a_person_are_one_press_away_after_danger(
    participant: Chat, coordinator: Coordinator
) -> None:
    before = coordinator.alerts()
    first = participant.say("I want to die")
    (alert,) = coordinator.alerts() - before
    participant.say("ok")
    assert participant.choose("Show me the numbers")[0]["text"] == first[0]["text"]
    for told in (participant.choose("Talk to a person"), participant.say("can I talk to a person")):
        assert "Samaritans: 116 123" in words_of(told)
        assert told[-1]["text"] == STILL_HERE
    (request,) = coordinator.alerts() - before - {alert}
    assert "Somebody asks to talk to a person" in coordinator.read(request)
    assert "more since" not in coordinator.read(alert)


def test_who_says_it_again_is_one_alert_that_counts(
    participant: Chat, coordinator: Coordinator
) -> None:
    def twice_more() -> None:
        for text in ("I want to die", "I'm going to hang myself", "im going to kill myself"):
            assert participant.say(text)[0]["kind"] == "crisis"

    (alert,) = coordinator.told_by(twice_more)
    assert "2 times more since" in alert


def test_who_asks_for_help_gets_it_and_the_chat_goes_on(participant: Chat) -> None:
    participant.say("I want to die")
    participant.say("ok")
    assert cards(participant.say("I drink too much and want to stop"))
    assert "Show me others" in participant.labels
    assert "What would you like to do next" in participant.say("thanks")[-1]["text"]


def test_go_on_goes_back_to_what_was_open(participant: Chat) -> None:
    participant.say("I drink too much")
    asked, labels = participant.question, participant.labels
    participant.say("I want to die")
    participant.say("ok")
    assert participant.choose("Go on")[-1]["text"] == asked
    assert participant.labels == labels


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "pressed"])
@pytest.mark.parametrize(
    ("reply", "known"),
    [
        ("Yes", "They answered yes when asked"),
        ("I would rather not say", "When asked, they would rather not say"),
    ],
)
def test_a_reply_that_is_no_no_is_answered_as_danger_and_told(
    participant: Chat, coordinator: Coordinator, reply: str, known: str, typed: bool
) -> None:
    assert ASKED in words_of(participant.say(HARD))
    told: list[Message] = []
    answer = participant.say if typed else participant.choose
    (alert,) = coordinator.told_by(lambda: told.extend(answer(reply)))
    assert [message["kind"] for message in told] == ["crisis", "text"]
    assert "116 123" in told[0]["text"]
    assert known in alert
    assert participant.say("ok")[-1]["text"] == STILL_HERE


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "pressed"])
def test_a_no_goes_back_to_where_it_was_and_tells_nobody(
    participant: Chat, coordinator: Coordinator, typed: bool
) -> None:
    participant.say("I drink too much")
    asked, labels = participant.question, participant.labels

    def no() -> None:
        assert participant.say(HARD)[0]["kind"] == "crisis"
        assert participant.labels == ["Yes", "No", "I would rather not say"]
        told = participant.say("no") if typed else participant.choose("No")
        assert told[0]["text"].startswith(AFTER_NO)
        assert told[-1]["text"] == asked

    assert coordinator.told_by(no) == []
    assert participant.labels == labels
    told = participant.choose("Show me others")
    assert cards(told), "the question is not open any more"


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "pressed"])
def test_an_officers_no_to_a_safety_question_answers_no_criterion(
    officer: Chat, typed: bool
) -> None:
    asked, labels, stood = in_the_middle(officer)
    assert officer.say("he's had enough of life")[0]["kind"] == "crisis"
    assert officer.labels == ["Yes", "No", "I would rather not say"]
    told = officer.say("no") if typed else officer.choose("No")
    assert (told[-1]["text"], officer.labels) == (asked, labels)
    assert standing(officer) == stood


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("I want to", "die")),
        ("en", ("kill", "myself")),
        ("en", ("want to end my", "life")),
        ("pl", ("chcę", "umrzeć")),
    ],
)
def test_messages_that_show_it_only_together_are_answered_at_the_last(
    http: httpx.Client, coordinator: Coordinator, language: str, said: tuple[str, ...]
) -> None:
    for text in said:
        alone = Chat.begin(http, site="hampshire", audience="participant", language=language)
        assert "crisis" not in kinds(alone.say(text)), text
    chat = Chat.begin(http, site="hampshire", audience="participant", language=language)
    for text in said[:-1]:
        assert "crisis" not in kinds(chat.say(text))
    told: list[Message] = []
    (alert,) = coordinator.told_by(lambda: told.extend(chat.say(said[-1])))
    assert told[0]["kind"] == "crisis"
    assert told[0]["lang"] == language
    assert "116 123" in told[0]["text"]
    assert "A life may be at risk" in alert


def left(http: httpx.Client, chat: Chat) -> None:
    """Leave by "Exit this page", as the browser that holds the chat does."""
    answer = http.get("/exit", headers={"cookie": f"{CHAT}={chat.token}"})
    assert answer.is_redirect
    assert "clear-site-data" in answer.headers


def test_the_token_of_a_chat_that_was_left_gets_the_answer_to_danger_and_nothing_else(
    participant: Chat, http: httpx.Client, coordinator: Coordinator
) -> None:
    participant.say("I drink too much")
    left(http, participant)
    told: list[Message] = []
    (alert,) = coordinator.told_by(lambda: told.extend(participant.say("I want to die")))
    assert [message["kind"] for message in told] == ["crisis", "text"]
    assert "116 123" in told[0]["text"]
    assert "I want to die" in alert
    assert participant.post({"text": "hello"}).status_code == 404
    kept = http.get(
        f"/api/v1/conversations/{participant.id}/messages",
        headers={"Authorization": f"Bearer {participant.token}"},
    )
    assert kept.status_code == 404
    assert "drink" not in kept.text


@pytest.mark.parametrize("htmx", [True, False])
def test_no_page_shows_a_chat_that_was_left(
    participant: Chat, http: httpx.Client, htmx: bool
) -> None:
    participant.say("I drink too much")
    start = http.get("/")
    cookies = [line.split(";")[0] for line in start.headers.get_list("set-cookie")]
    held = {"cookie": "; ".join([*cookies, f"{CHAT}={participant.token}"])}
    assert "I drink too much" in http.get("/chat", headers=held).text
    left(http, participant)
    found = CSRF.search(start.text)
    assert found
    form = {"csrf_token": found[1], "text": "I want to die"}
    by = {"hx-request": "true"} if htmx else {}
    answer = http.post("/chat/say", data=form, headers=held | by)
    assert answer.status_code == 200
    assert "116 123" in answer.text
    assert "drink" not in answer.text
    for path in ("/chat", "/"):
        assert "drink" not in http.get(path, headers=held).text
