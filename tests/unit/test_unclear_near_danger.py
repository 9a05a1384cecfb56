"""The channel tells the actions which words are near danger, so that those are never kept."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels import chat
from bot.channels.incoming import Incoming
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import Speaker, speaker_of
from bot.conversations import Conversation
from bot.speech import Utterance, say
from core.database import transaction
from tests.unit.conftest import forget

CHECK = "whats the point of anything florbing"


class Rasa:
    """Stands for Rasa: notes the words it is given, and whether they are near danger."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []
        self.away = False

    def turn(self, told: str, claims: dict[str, Any]) -> list[Utterance]:
        if self.away:
            raise RasaAwayError(waking=False)
        with transaction() as session:
            context = session.get_one(Conversation, claims["sender"]).context
        self.heard.append((told, bool(context.get("near_danger"))))
        return [say("utter_participant_not_understood")]


@pytest.fixture
def rasa(database: str, monkeypatch: pytest.MonkeyPatch) -> Rasa:
    # Settings may have been read by what the test before left behind.
    forget()
    made = Rasa()
    monkeypatch.setattr(chat, "rasa", lambda: made)
    return made


def chatting(*said: str) -> tuple[Speaker, list[dict[str, Any]]]:
    """Somebody says these one after the other; gives the choices that stand at the end."""
    _, token, _ = chat.begin_chat(
        site="hampshire", audience="participant", language="en", staff=None
    )
    speaker = speaker_of(token)
    messages = [
        message for each in said for message in chat.take_turn(speaker, Incoming(each), None)
    ]
    assert journal.wait(10)
    return speaker, [option for each in messages for option in each.body.get("choices", [])]


def test_what_the_screen_asked_about_reaches_rasa_after_a_no_and_is_marked(rasa: Rasa) -> None:
    chatting("the grommet of florbing", CHECK, "no", "the other grommet")
    assert rasa.heard == [
        ("the grommet of florbing", False),
        (CHECK, True),
        ("the other grommet", False),
    ]


def test_it_is_still_marked_when_rasa_was_away_and_it_is_tried_again(rasa: Rasa) -> None:
    rasa.away = True
    speaker, offered = chatting(CHECK, "no")
    rasa.away = False
    again = next(each for each in reversed(offered) if "again" in each["do"])
    chat.take_turn(speaker, Incoming(choice=again["choice"]), None)
    assert rasa.heard == [(CHECK, True)]


def test_after_an_alarm_everything_is_marked(rasa: Rasa) -> None:
    chatting("I want to kill myself", "blimey quibbly wossname")
    assert rasa.heard == [("blimey quibbly wossname", True)]
