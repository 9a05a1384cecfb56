"""What real processes write into JSON columns on whole journeys is classified (check 40)."""

from __future__ import annotations

import json
import subprocess

import httpx

from core.settings import ROOT
from tests.journeys.people import Chat, answer_all_criteria, fill_in_booking
from tests.journeys.running import Copy, environment


def test_every_key_that_an_officer_and_a_participant_leave_is_classified(
    officer: Chat, participant: Chat, http: httpx.Client, copy: Copy
) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    officer.choose("Confirm and send")
    for said in ("I drink too much", "SO14", "the first one", "can I talk to a person", "qwerty"):
        participant.say(said)
    another = Chat.begin(http, site="hampshire", audience="participant")
    another.say("I want to kill myself")
    done = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-m", "tests.journeys.written"],
        cwd=ROOT,
        env=environment(copy.data_dir, 0),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["lacking"] == []
    assert "chat_message.body.text" in found["known"]
    assert "referral.frozen.criteria.answer" in found["known"]
