"""A conversation of many turns: nothing is lost of it, and its last turn costs what its first did.

Rasa begins each turn with a tracker of its own (bot/runtime/tracker.py). What was shown and chosen
stands in our own database.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import cycle, islice

from tests.journeys.coordinator import wait_until
from tests.journeys.people import Chat, cards
from tests.journeys.running import Copy

SMALL_TALK = ("thanks", "hello", "ok", "who are you")


def said_to_rasa(copy: Copy, chat: Chat) -> list[str]:
    """What Rasa has written down of the person's words."""
    with closing(sqlite3.connect(copy.data_dir / "rasa/rasa.db")) as tracker:
        rows = tracker.execute(
            "SELECT data FROM events WHERE sender_id = ? AND type_name = 'user' ORDER BY id",
            [chat.id],
        ).fetchall()
    return [json.loads(row[0])["text"] for row in rows]


def test_after_thirty_turns_it_still_knows_what_was_shown(participant: Chat, copy: Copy) -> None:
    shown = cards(participant.say("I drink too much, I'm in Portsmouth"))
    small_talk = list(islice(cycle(SMALL_TALK), 30))
    for said in small_talk:
        participant.say(said)
    told = participant.say("tell me more about the second one")
    assert [card["name"] for card in cards(told)] == [shown[1]["name"]]
    # Rasa writes as soon as the answer is on its way.
    wait_until(lambda: len(said_to_rasa(copy, participant)) == len(small_talk) + 2)
    assert said_to_rasa(copy, participant)[1:-1] == small_talk


def test_an_officers_question_stays_open_through_thirty_turns(officer: Chat) -> None:
    asked = officer.question
    for said in islice(cycle(("why", "where are we")), 30):
        officer.say(said)
    assert officer.question == asked
