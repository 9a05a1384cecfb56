"""How what each layer read becomes one intent and one set of needs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.runtime.merge import merged_needs, settled_intent

PARTICIPANT = {"audience": "participant"}
TONIGHT = {"entity": "wish", "value": "now"}
FREE = {"entity": "wish", "value": "free"}


def settled(name: str, share: float, *entities: dict[str, Any]) -> str:
    ranking = [{"name": name, "confidence": share}]
    return settled_intent(ranking, list(entities), PARTICIPANT, 0.3)[0]


def needs(text: str, **learned: float) -> set[str]:
    return {each["value"] for each in merged_needs(text, learned) if each["state"] == "current"}


@pytest.mark.parametrize("name", ["greet", "thanks", "goodbye", "out_of_scope"])
def test_the_tonight_of_a_greeting_or_of_a_film_asks_for_no_help(name: str) -> None:
    assert settled(name, 0.8, TONIGHT) == name


def test_a_wish_that_says_more_than_small_talk_asks_for_help() -> None:
    assert settled("greet", 0.8, TONIGHT, FREE) == "find_help"
    assert settled("nlu_fallback", 0.2, TONIGHT) == "find_help"


def test_a_need_that_no_word_tells_counts_where_it_was_learned() -> None:
    assert needs("the curtains have not been opened since May", mental_health=0.4) == {
        "mental_health"
    }
    assert needs("the curtains have not been opened since May", mental_health=0.2) == set()


def test_less_certainty_is_enough_in_a_long_post_of_polish() -> None:
    post = "nie wiem jak to napisać, wracam do domu i siadam w kuchni " * 4
    assert needs(post, trauma=0.2) == {"trauma"}
    assert needs("nie wiem jak to napisać", trauma=0.2) == set()


def test_what_the_words_deny_needs_to_be_learned_surely() -> None:
    assert needs("not a drinker, it's the weed", alcohol=0.7, drugs=0.9) == {"drugs"}
