"""After each turn: was the message not understood, asked back, or called wrong by the next one?

Then it is kept, where the site agrees (``bot.learning.keeping``). What Rasa hands to an action is
masked already, and words in which the safety screen found anything are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.conversations import remember
from bot.learning.keeping import keep
from bot.learning.tables import Why
from bot.speech import Utterance
from sites import site_of

if TYPE_CHECKING:
    from actions.turn import Turn

_SAID_THEN = {
    "utter_participant_not_understood": Why.not_understood,
    "utter_officer_not_understood": Why.not_understood,
    "utter_officer_unsure": Why.asked_back,
    "utter_which_need": Why.asked_back,
}
# What is answered so may be called wrong by the next message.
_TAKEN_AS = ("listing", "readback", "changed")
_OFFICER_CALLS_IT_WRONG = ("deny", "correct_answer")
# A participant's bare "no" to what was shown may mean anything; these words mean one thing.
# Polish and Punjabi: written by a non-native author and unreviewed.
_WRONG = re.compile(
    r"\b(?:wrong|not (?:that|what i|right)|isn'?t what|misunderst\w+|didn'?t (?:say|mean|ask))\b"
    r"|\b(?:nie o to|nie to|źle|zle|nie to mia[łl]em|pomyłk\w+)\b|ਗ਼?ਲਤ|\bgh?alt\b|\bgalat\b",
    re.IGNORECASE,
)


def keep_if_unclear(turn: Turn, utterances: Sequence[Utterance]) -> None:
    """Keep this message, or the one before it if this one calls its reading wrong."""
    if not site_of(turn.conversation.site).keeps_unclear:
        return
    taken = turn.context.get("taken")
    remember(turn.conversation, taken=None)
    if not turn.typed or turn.context.get("near_danger"):
        return
    if taken and _calls_it_wrong(turn):
        keep(turn.session, turn.conversation, taken["said"], Why.said_wrong, taken["asked"])
    why = _why(utterances)
    if why:
        keep(turn.session, turn.conversation, turn.text, why, turn.asked)
    elif any(each.get("show") in _TAKEN_AS for each in utterances):
        remember(turn.conversation, taken={"said": turn.text, "asked": turn.asked})


def _calls_it_wrong(turn: Turn) -> bool:
    if turn.conversation.audience == "officer":
        return turn.intent in _OFFICER_CALLS_IT_WRONG
    return _WRONG.search(turn.text) is not None


def _why(utterances: Sequence[Utterance]) -> Why | None:
    said = [each["say"] for each in utterances if each.get("say") in _SAID_THEN]
    return _SAID_THEN[said[0]] if said else None
