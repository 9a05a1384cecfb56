"""What an officer asks of a referral that is there, in exact words; no other words ask for it."""

from __future__ import annotations

import pytest

from bot.runtime.requests import read_request

REQUESTS = {
    "withdraw [reference]": "withdraw_referral",
    "Withdraw referral [reference] please": "withdraw_referral",
    "can you cancel the referral": "withdraw_referral",
    "I want to withdraw my referral": "withdraw_referral",
    "[reference]": "ask_status",
    "what's the status of [reference]?": "ask_status",
    "has the sergeant authorised [reference] yet": "ask_status",
    "where is [reference]": "ask_status",
    "any update on my referral?": "ask_status",
    "has my referral been authorised yet": "ask_status",
    "has the sarge looked at my referral yet": "ask_status",
    "what's happening with the one I sent yesterday": "ask_status",
    "has anyone looked at the one I put in last night": "ask_status",
    "back": "go_back",
    "go back a question": "go_back",
    "previous question please": "go_back",
}
OTHER = [
    "cancel",
    "he'll withdraw his statement",
    "victim wants to withdraw her complaint",
    "she cancelled the appointment",
    "the risk came back medium",
    "victim phoned back so that's a yes now",
    "crime ref [reference], common assault",
    "where are we",
    "has the victim seen a solicitor",
    "I want to start a referral",
    "she's withdrawn support",
    "",
]


@pytest.mark.parametrize(("text", "request_"), REQUESTS.items())
def test_a_request_is_read_by_its_words(text: str, request_: str) -> None:
    assert read_request(text) == request_


@pytest.mark.parametrize("text", OTHER)
def test_other_words_ask_for_none(text: str) -> None:
    assert read_request(text) is None
