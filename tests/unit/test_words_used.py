"""Every sentence that the code asks for is an approved one, and none is left over."""

from __future__ import annotations

import re

from core.settings import ROOT
from core.words import keys

PLACES = ("actions", "bot", "accounts", "core", "referrals", "outreach")
KEY = re.compile(r"utter_[a-z_]+(?:\{[^}]*\})?[a-z_]*")


def asked_for() -> set[str]:
    """The keys in our code; a made-up part counts as any ending."""
    found: set[str] = set()
    for place in PLACES:
        for path in [*(ROOT / place).rglob("*.py"), *(ROOT / place).rglob("*.html")]:
            found |= set(KEY.findall(path.read_text(encoding="utf-8")))
    return found


RASAS_OWN = {"utter_message", "utter_action"}
ASIDES = ("greet", "goodbye", "thanks", "help", "talk_to_person", "ask_bot", "ask_privacy")
ERRORS = (
    "unreadable",
    "chat_ended",
    "form_too_old",
    "no_page",
    "not_possible",
    "signed_out",
    "our_fault",
    "no_site",
    "no_directory",
    "officer_first",
)
MADE_UP = (
    {f"utter_{aside}_{who}" for aside in ASIDES for who in ("officer", "participant")}
    | {f"utter_{failure}{who}" for failure in ("waking", "away") for who in ("", "_officer")}
    | {"utter_ask_about_cara_officer", "utter_participant_not_understood"}
    | {"utter_unassured", "utter_unassured_verify", "utter_check_first"}
    | {f"utter_{error}" for error in ERRORS}
)


def test_every_sentence_that_is_asked_for_is_an_approved_one() -> None:
    whole = {key for key in asked_for() if "{" not in key and not key.endswith("_")}
    assert (whole | MADE_UP) - RASAS_OWN <= set(keys())


def test_no_approved_sentence_is_left_over() -> None:
    asked = asked_for() | MADE_UP
    starts = {key.split("{")[0] for key in asked if "{" in key or key.endswith("_")} - {"utter_"}
    assert not {key for key in keys() if key not in asked and not key.startswith(tuple(starts))}
