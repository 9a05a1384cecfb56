"""A typed reply to a safety question: only a clear no is a no."""

from __future__ import annotations

import pytest

from bot.channels.replies import typed_reply, wants_to_go_on

REPLIES = {
    "yes": [
        *("1", "yes", "Yes!", "y", "yh", "yeah", "yep", "aye", "definitely", "maybe"),
        *("tak", "tak!", "chyba", "może", "ਹਾਂ", "ਹਾਂਜੀ", "haan", "haanji"),
        "yes please help",
        "yes i do",
        "yeah I am",
        "yes, it's been going round my head every night since they let me out of the station",
        "sort of",
        "I think so",
        "all the time",
        "not yet",
        "help me",
        "he is",
        "myślę, że tak",
        "haan ji",
    ],
    "no": [
        *("2", "no", "No.", "nah", "nope", "never", "nie", "NIE", "nahi", "nahin", "ਨਹੀਂ"),
        "no i'm not",
        "No, I'm ok",
        "no thanks",
        "I'm not",
        "not really",
        "not anymore",
        "nah mate just tired",
        "god no",
        "no he isn't",
        "he's not",
        "raczej nie",
        "nie, skąd",
        "ਨਹੀਂ ਜੀ",
    ],
    "rather_not": [
        *("3", "sometimes", "dunno", "idk", "skip", "depends", "czasami"),
        "I don't know",
        "not sure",
        "No, I'm not sure",
        "a bit",
        "I dont want to talk about it",
        "no i dont wanna talk about it",
        "I'd rather not say",
        "none of your business",
        "no idea",
        "part of me",
        "nie wiem",
        "nie chcę o tym mówić",
        "wolę nie mówić",
        "pata nahi",
        "ਪਤਾ ਨਹੀਂ",
        "ਕਦੇ ਕਦੇ",
    ],
}
OTHER = [
    "hello",
    "I drink too much",
    "I have kids in Aldershot",
    "I want to stop drinking",
    "who sees this",
    "no one cares about me",
    "there is no point",
    "yesterday was better",
    "nobody can help",
    "nothing matters",
    "10",
    "",
]


@pytest.mark.parametrize(
    ("typed", "reply"), [(typed, reply) for reply, every in REPLIES.items() for typed in every]
)
def test_what_is_typed_is_the_reply_it_says(typed: str, reply: str) -> None:
    assert typed_reply(typed) == reply


@pytest.mark.parametrize("typed", OTHER)
def test_another_matter_is_no_reply(typed: str) -> None:
    assert typed_reply(typed) is None


@pytest.mark.parametrize("typed", ["Go on", "carry on!", "ok, continue", "Dalej", "ਅੱਗੇ", "agge"])
def test_going_on_may_be_typed(typed: str) -> None:
    assert wants_to_go_on(typed)


@pytest.mark.parametrize("typed", ["yes", "ok", "done", "I can't go on", "1", ""])
def test_nothing_else_is_going_on(typed: str) -> None:
    assert not wants_to_go_on(typed)
