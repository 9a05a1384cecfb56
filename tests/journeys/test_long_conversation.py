"""A conversation of many turns: nothing is lost of it, and its last turn costs what its first did.

Rasa reads and replays its whole session at every turn, so the channel begins sessions anew
(bot/runtime/patches.py). What was shown and chosen stands in our own database.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import cycle, islice

from tests.journeys.people import Chat, cards
from tests.journeys.running import Copy

SMALL_TALK = ("thanks", "hello", "ok", "who are you")
# Whatever began a session, and one more turn than a session may hold.
MOST_REPLAYED = 100


def replayed(copy: Copy, chat: Chat) -> int:
    """How many events Rasa reads for the next turn: those of the session that began last."""
    with closing(sqlite3.connect(copy.data_dir / "rasa/rasa.db")) as tracker:
        rows = tracker.execute(
            "SELECT data FROM events WHERE sender_id = ? ORDER BY id DESC", [chat.id]
        ).fetchall()
    kinds = [json.loads(row[0])["event"] for row in rows]
    return kinds.index("session_started") + 1


def test_after_thirty_turns_it_still_knows_what_was_shown(participant: Chat, copy: Copy) -> None:
    shown = cards(participant.say("I drink too much, I'm in Portsmouth"))
    for said in islice(cycle(SMALL_TALK), 30):
        participant.say(said)
        assert replayed(copy, participant) <= MOST_REPLAYED
    told = participant.say("tell me more about the second one")
    assert [card["name"] for card in cards(told)] == [shown[1]["name"]]


def test_an_officers_question_stays_open_through_thirty_turns(officer: Chat, copy: Copy) -> None:
    asked = officer.question
    for said in islice(cycle(("why", "where are we")), 30):
        officer.say(said)
    assert replayed(copy, officer) <= MOST_REPLAYED
    assert officer.question == asked
