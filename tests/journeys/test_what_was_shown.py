"""What kind of help somebody wants, and what they say of the services that were shown."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import httpx
import pytest

from tests.journeys.people import Chat, Message, cards, words_of
from tests.journeys.running import Copy


def names(messages: list[Message]) -> list[str]:
    return [card["name"] for card in cards(messages)]


@pytest.fixture
def shown(participant: Chat) -> list[Message]:
    """The services that a participant was shown first."""
    found = cards(participant.say("I drink too much, I'm in Portsmouth"))
    assert len(found) == 3
    return found


def test_the_second_one_is_shown_again(participant: Chat, shown: list[Message]) -> None:
    assert names(participant.say("tell me more about the second one")) == [shown[1]["name"]]


def test_whether_it_is_open_is_said_of_the_one_that_is_meant(
    participant: Chat, shown: list[Message]
) -> None:
    told = participant.say("is the last one open?")
    assert shown[2]["name"] in told[0]["text"]
    assert "open" in told[0]["text"]
    assert names(told) == [shown[2]["name"]]


def test_where_several_may_be_meant_the_person_chooses(
    participant: Chat, shown: list[Message]
) -> None:
    told = participant.say("is that one open")
    assert told[-1]["text"] == "Which one do you mean?"
    assert len(participant.labels) == 3
    assert names(participant.choose(participant.labels[1])) == [shown[1]["name"]]


def test_the_one_spoken_of_is_meant_until_others_are_shown(
    participant: Chat, shown: list[Message]
) -> None:
    participant.say("tell me more about the second one")
    assert names(participant.say("is that one open")) == [shown[1]["name"]]
    participant.say("I need help with gambling too")
    assert participant.say("is that one open")[-1]["text"] == "Which one do you mean?"


def test_a_dead_number_is_noted_and_not_shown_again(
    participant: Chat, shown: list[Message], copy: Copy
) -> None:
    told = participant.say("the first number is dead")
    assert "I have made a note of it" in told[0]["text"]
    assert shown[0]["name"] not in names(told)
    assert shown[0]["name"] not in names(participant.say("I drink too much"))
    with closing(sqlite3.connect(copy.data_dir / "cara.db")) as held:
        acts = held.execute("SELECT record FROM audit WHERE act = 'listing.reported'").fetchall()
        reports = held.execute("SELECT listing_id, field, status FROM directory_suggestion")
        assert (shown[0]["id"], "phone", "waiting") in reports.fetchall()
    assert (f"listing:{shown[0]['id']}",) in acts


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("does the first one speak Polish?", "I do not know that about"),
        ("do I need my GP for the first one?", "You do not need your GP."),
        ("is the first one free?", "Yes."),
        ("text me the number of the first one", "I cannot send texts from this chat yet."),
    ],
)
def test_what_is_asked_of_a_service_is_answered_as_far_as_it_is_known(
    participant: Chat, shown: list[Message], asked: str, answer: str
) -> None:
    told = participant.say(asked)
    assert answer in told[0]["text"]
    assert names(told) == [shown[0]["name"]]


def test_before_anything_was_shown_it_says_so(participant: Chat) -> None:
    told = participant.say("is the second one open?")
    assert told[0]["text"] == "I have not shown you any help yet."
    assert "What would you like help with" in told[-1]["text"]


def test_wishes_narrow_the_search_and_are_said(participant: Chat) -> None:
    told = participant.say("I'm low all the time, can't do groups and I've got no money")
    assert told[0]["text"] == "I looked for this: free; not in a group."
    assert not [name for name in names(told) if "group" in name.casefold()]
    assert {card["cost"][:4] for card in cards(told)} <= {"free", ""}


def test_a_wish_alone_narrows_what_was_found(participant: Chat, shown: list[Message]) -> None:
    told = participant.say("it has to be free")
    assert told[0]["text"] == "I looked for this: free."
    assert cards(told)


def test_tonight_leaves_out_what_is_closed_now(participant: Chat) -> None:
    told = participant.say("I'm low and need to talk to someone tonight")
    assert "closed" not in {card["open"]["state"] for card in cards(told)}
    later = participant.say("what about drink")
    assert "not closed now" not in words_of(later)


@pytest.mark.parametrize(
    ("language", "need", "second"),
    [
        ("pl", "za dużo piję", "powiedz więcej o drugim, ten drugi"),
        ("pa", "ਮੈਂ ਬਹੁਤ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹਾਂ", "ਦੂਜੀ ਬਾਰੇ ਦੱਸੋ"),
        ("pa", "main bahut daru peenda", "duji bare dasso"),
    ],
)
def test_it_is_so_in_each_language(
    http: httpx.Client, language: str, need: str, second: str
) -> None:
    chat = Chat.begin(http, site="hampshire", audience="participant", language=language)
    found = cards(chat.say(need))
    assert names(chat.say(second)) == [found[1]["name"]]
