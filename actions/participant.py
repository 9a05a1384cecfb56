"""The participant's turns: help found, more of it, nearer, by telephone, in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from actions.language import language_choice
from actions.participant_search import (
    ask_needs,
    learn_place,
    needs_read,
    place_of,
    show,
    wishes_read,
)
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.speech import Utterance, choice, say

_LANGUAGE_WORDS = {
    "en": ("english", "angielsk", "ਅੰਗਰੇਜ਼ੀ", "ਇੰਗਲਿਸ਼", "angrezi", "inglish"),
    "pl": ("polsk", "polish", "ਪੋਲਿਸ਼"),
    "pa": ("punjabi", "panjabi", "pendżabsk", "pendzabsk", "ਪੰਜਾਬੀ"),
}
# What a conversation remembers of what somebody told or was shown.
_TOLD = ("needs", "place", "wishes", "shown")
_SURE = 0.9
_ADDS = re.compile(
    r"\b(also|as well|plus|on top of|też|tez|także|takze|również)\b|ਵੀ", re.IGNORECASE
)


class FindHelp(TurnAction):
    """What somebody needs, in their own words or by choice."""

    action_name: ClassVar[str] = "action_find_help"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Remember the needs, add the place if one was said, and show what fits."""
        if turn.given.get("ask"):
            remember(turn.conversation, needs=None, shown=None)
            yield ask_needs()
            return
        needs, denied = needs_read(turn)
        learn_place(turn)
        kept = [code for code in turn.context.get("needs", []) if code not in denied]
        if kept and _is_only_a_bound(turn):
            needs = []
        wanted = kept + needs if _ADDS.search(turn.text) else needs or kept
        if not wanted:
            yield say("utter_which_need")
            yield ask_needs()
            return
        remember(turn.conversation, needs=list(dict.fromkeys(wanted)))
        yield from show(turn)


class GivePlace(TurnAction):
    """Where somebody is."""

    action_name: ClassVar[str] = "action_give_place"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Look again from there; a place nobody knows is asked again."""
        place = learn_place(turn)
        if place is None:
            yield say("utter_place_not_found")
        elif not turn.context.get("needs"):
            yield say("utter_place_noted", place=place.label)
        yield from show(turn)


class More(TurnAction):
    """Any others?"""

    action_name: ClassVar[str] = "action_more_results"

    def take(self, turn: Turn) -> Iterable[Utterance]:
        """What has not been shown yet."""
        learn_place(turn)
        return show(turn, more=True)


class Nearer(TurnAction):
    """Something nearer."""

    action_name: ClassVar[str] = "action_nearer"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Only what covers the place or has a distance; without a place, ask for it."""
        learn_place(turn)
        if place_of(turn) is None:
            yield say("utter_ask_place")
            return
        yield from show(turn, nearer=True)


class PhoneOnly(TurnAction):
    """Just a telephone number."""

    action_name: ClassVar[str] = "action_phone_only"

    def take(self, turn: Turn) -> Iterable[Utterance]:
        """Only what can be rung."""
        learn_place(turn)
        return show(turn, by_phone=True)


class ChangeLanguage(TurnAction):
    """Another language: the person's own choice, never guessed."""

    action_name: ClassVar[str] = "action_change_language"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Change it, or offer the three."""
        language = turn.given.get("language") or _named_language(turn.text)
        if language is None:
            yield say("utter_which_language", *map(language_choice, _LANGUAGE_WORDS))
            return
        turn.conversation.language = language
        yield say("utter_language_changed")
        yield from show(turn)


class StartOver(TurnAction):
    """Forget what was asked and begin again: words ask for it, a choice does it."""

    action_name: ClassVar[str] = "action_start_over"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Ask first; a message that was misread must not cost what was told."""
        if turn.typed and any(turn.context.get(told) for told in _TOLD):
            yield say(
                "utter_start_over_sure",
                choice("utter_label_start_over", "start_over"),
                choice("utter_label_keep_told", "carry_on"),
            )
            return
        remember(turn.conversation, **dict.fromkeys((*_TOLD, "last_shown")))
        yield say("utter_started_over")
        yield ask_needs()


def _is_only_a_bound(turn: Turn) -> bool:
    """Whether "I've no money, I can't do groups" says what help may be like: no need of its own.

    Words tell nothing but money then, and what was merely learned of it is no more than likely.
    """
    read = [each for each in turn.entities if each.get("entity") == "need"]
    told = {each["value"] for each in read if each["confidence"] == 1.0}
    likely = all(each["confidence"] < _SURE for each in read if each["confidence"] < 1.0)
    return turn.typed and told == {"money"} and likely and "free" in wishes_read(turn)


def _named_language(text: str) -> str | None:
    folded = text.casefold()
    named = [code for code, words in _LANGUAGE_WORDS.items() if any(w in folded for w in words)]
    return named[0] if len(named) == 1 else None


ACTIONS = [
    FindHelp(),
    GivePlace(),
    More(),
    Nearer(),
    PhoneOnly(),
    ChangeLanguage(),
    StartOver(),
]
