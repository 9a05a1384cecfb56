"""Not understood twice running is enough: the third time a person is offered as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.conversations import remember
from bot.speech import Utterance, say

if TYPE_CHECKING:
    from actions.turn import Turn

_NOT_UNDERSTOOD = ("utter_participant_not_understood", "utter_officer_not_understood")
_TWICE = 2


def with_a_person_at_last(turn: Turn, utterances: Sequence[Utterance]) -> list[Utterance]:
    """The turn's utterances; where asking again has not helped twice, with whom to talk to."""
    if not any(each.get("say") in _NOT_UNDERSTOOD for each in utterances):
        if turn.context.get("misses"):
            remember(turn.conversation, misses=None)
        return list(utterances)
    misses = turn.context.get("misses", 0) + 1
    remember(turn.conversation, misses=misses)
    if misses <= _TWICE:
        return list(utterances)
    audience = "officer" if turn.conversation.audience == "officer" else "participant"
    return [utterances[0], say(f"utter_talk_to_person_{audience}"), *utterances[1:]]
