"""What kind of help somebody wants, and which of the services shown they speak of."""

from __future__ import annotations

import pytest

from bot.runtime.wishes import Reference, read_reference, read_wishes

WISHES = {
    "got no money for it": ["free"],
    "I'm skint, is there anything free": ["free"],
    "can't afford counselling": ["free"],
    "I'd rather talk to a woman": ["woman"],
    "women only please": ["woman"],
    "I'm a bloke, 34": ["man"],
    "no groups, I can't do groups": ["one_to_one"],
    "one to one if possible": ["one_to_one"],
    "something over the phone": ["phone"],
    "I need somebody tonight": ["now"],
    "anyone who speaks Polish?": ["speaks_pl"],
    "a punjabi speaking counsellor": ["speaks_pa"],
    "skint and don't want a group, is anyone open tonight": ["free", "one_to_one", "now"],
    "za darmo, bez grup": ["free", "one_to_one"],
    "nie mam kasy": ["free"],
    "dzisiaj w nocy": ["now"],
    "paise nahi": ["free"],
    "ਮੁਫ਼ਤ ਮਦਦ ਚਾਹੀਦੀ ਹੈ": ["free"],
    "I drink too much": [],
    "": [],
}
REFERENCES = {
    "the second one": Reference("2", "more"),
    "is that one open": Reference("that", "open"),
    "is the second one open?": Reference("2", "open"),
    "that number's dead": Reference("that", "dead"),
    "the first number doesn't work": Reference("1", "dead"),
    "rang them and nobody answered": Reference("that", "dead"),
    "tell me more about the third one": Reference("3", "more"),
    "what time do they close": Reference("that", "open"),
    "whats the number for the last one": Reference("last", "number"),
    "drugi": Reference("2", "more"),
    "ten numer nie działa": Reference("that", "dead"),
    "duji wali": Reference("2", "more"),
    "do they speak Polish?": Reference("that", "language"),
    "does the last one speak my language": Reference("last", "language"),
    "czy mówią tam po polsku": Reference("that", "language"),
    "oh punjabi bolde ne": Reference("that", "language"),
    "do I need my GP?": Reference("that", "referral"),
    "can i just turn up to the second one": Reference("2", "referral"),
    "czy potrzebuję skierowania": Reference("that", "referral"),
    "is the second one free?": Reference("2", "cost"),
    "text it to me": Reference("that", "text"),
    "wyślij mi to smsem": Reference("that", "text"),
    "ਮੈਨੂੰ ਭੇਜੋ": Reference("that", "text"),
}
NO_REFERENCE = [
    "I drink too much",
    "any others?",
    "something nearer",
    "I'm in Aldershot",
    "thanks",
    "I lost my job and that was the second time, my head's gone and I can't sleep at all",
    "is that all",
    "i need to see my gp about my drinking",
    "I cant talk to the doctor about it",
    "send help",
    "my tomatoes have gone yellow at the bottom",
    "",
]


@pytest.mark.parametrize(("text", "wishes"), WISHES.items())
def test_wishes_are_read_by_their_words(text: str, wishes: list[str]) -> None:
    assert read_wishes(text) == wishes


@pytest.mark.parametrize(("text", "reference"), REFERENCES.items())
def test_a_reference_says_which_and_what(text: str, reference: Reference) -> None:
    assert read_reference(text) == reference


@pytest.mark.parametrize("text", NO_REFERENCE)
def test_what_speaks_of_nothing_shown_is_no_reference(text: str) -> None:
    assert read_reference(text) is None
