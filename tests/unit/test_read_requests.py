"""What an officer asks of a referral that is there, in exact words; no other words ask for it."""

from __future__ import annotations

import time

import pytest

from bot.runtime.requests import read_reason, read_request
from referrals.transitions import WITHDRAWALS

REQUESTS = {
    "withdraw [reference]": "withdraw_referral",
    "Withdraw referral [reference] please": "withdraw_referral",
    "can you cancel the referral": "withdraw_referral",
    "I want to withdraw my referral": "withdraw_referral",
    "withdraw it, he's been charged": "withdraw_referral",
    "withdraw [reference] please, it was sent twice": "withdraw_referral",
    "cancel the referral because she's moved out of the county": "withdraw_referral",
    "anything waiting for me?": "ask_waiting",
    "Is there anything outstanding?": "ask_waiting",
    "what's on my list": "ask_waiting",
    "any drafts waiting": "ask_waiting",
    "show me my referrals": "ask_waiting",
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
    "cancel it",
    "she wants to withdraw it, he's been charged before",
    "is he waiting for me to finish",
    "the victim is waiting for me to ring her",
    "anything else you need",
    "what to do now",
    "what is open",
    "anything pending",
    "any questions",
    "my work",
    "what is left is the risk grade",
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


REASONS = {
    "withdraw it, he's been charged": "charged",
    "withdraw [reference], he has been charged with the assault": "charged",
    "withdraw the referral because it's going to court": "prosecuted",
    "withdraw [reference] please, it was sent twice": "duplicate",
    "please cancel the referral, wrong person": "mistake",
    "withdraw it, she's changed her mind": "consent_withdrawn",
    "pull the referral, the risk has gone up": "new_risk",
    "cancel the referral because she's moved out of the county": "moved",
    "withdraw it because there is no new risk": None,
    "withdraw the referral, suspect dead against it": None,
    "withdraw the referral she was charged not him": None,
    "withdraw it, it's not a duplicate": None,
    "withdraw the referral for him not to go to court": None,
    "withdraw [reference]": None,
    "he's been charged": None,
}


@pytest.mark.parametrize(("text", "reason"), REASONS.items())
def test_a_withdrawal_may_say_why_in_a_reason_of_the_table(text: str, reason: str | None) -> None:
    assert read_reason(text) == reason
    assert reason is None or reason in WITHDRAWALS


@pytest.mark.parametrize("words", [" is there", " waiting", " please", " because he", " for me"])
@pytest.mark.parametrize("begin", ["anything", "withdraw it", "back", "what is", "my referrals"])
def test_words_said_again_and_again_take_no_longer(begin: str, words: str) -> None:
    started = time.process_time()
    read_request(begin + words * 1200)
    assert time.process_time() - started < 0.5
