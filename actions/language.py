"""Offers another language where somebody plainly writes in it; the person chooses, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.conversations import remember
from bot.runtime.language import clear_language
from bot.speech import Utterance, choice, say
from core.words import words
from sites import site_of

if TYPE_CHECKING:
    from actions.turn import Turn

_CHANGE = "change_language"


def language_choice(code: str) -> dict[str, object]:
    """A language, named in its own words."""
    return choice(f"utter_language_{code}", _CHANGE, language=code)


def with_language_offer(turn: Turn, utterances: Sequence[Utterance]) -> list[Utterance]:
    """The turn's utterances; the first time somebody writes in another language, with an offer.

    The offer stands before the last utterance and its choice at the end of the last one's, so the
    open question stays the last word.
    """
    code = _offered(turn)
    if code is None or not utterances:
        return list(utterances)
    remember(turn.conversation, offered_languages=[*_before(turn), code])
    *rest, last = utterances
    offer = {**say("utter_offer_language"), "language": code}
    chosen = language_choice(code)
    if last.get("choices"):
        return [*rest, offer, {**last, "choices": [*last["choices"], chosen]}]
    return [*utterances, {**offer, "choices": [chosen]}]


def _offered(turn: Turn) -> str | None:
    """The language to offer now: plainly written, not chosen, and one in which we can answer."""
    conversation = turn.conversation
    if conversation.audience == "officer" or not turn.typed or turn.intent == _CHANGE:
        return None
    code = clear_language(turn.text)
    known = {conversation.language, *_before(turn)}
    if code is None or code in known or code not in site_of(conversation.site).languages:
        return None
    return code if words("utter_offer_language", code).language == code else None


def _before(turn: Turn) -> list[str]:
    return list(turn.context.get("offered_languages", []))
