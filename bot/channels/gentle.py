"""After an alarm the chat goes on softly: no question of a form until the person wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.channels.render import Body, choice, text_body
from bot.conversations import Conversation, remember
from bot.speech import Utterance

QUESTIONS = ("criterion", "field", "readback", "summary", "topics")
_UNHEARD = ("utter_participant_not_understood", "utter_officer_not_understood")
# "Done" says that the sergeant knows, not that the officer leaves.
_OUT_OF_PLACE = (*_UNHEARD, "utter_goodbye_officer")
# Said before a safety question, "had enough of it all" is no word about a partner.
_NOT_AGAIN = (*_UNHEARD, "utter_bound_blame_other_participant")


def in_gentle_mode(conversation: Conversation) -> bool:
    """Whether an alarm was answered and the person has not yet chosen to go on."""
    return bool(conversation.context.get("after_alarm"))


def go_on(conversation: Conversation) -> None:
    """The person has chosen to go on."""
    remember(conversation, after_alarm=None)


def softened(
    conversation: Conversation, utterances: Sequence[Utterance]
) -> tuple[list[Utterance], list[Body]]:
    """What of a turn is said after an alarm, and what is said besides.

    Services that were asked for are shown, and then the conversation goes on as ever.
    """
    if any(each.get("show") == "listing" for each in utterances):
        go_on(conversation)
        return list(utterances), []
    answers = [each for each in utterances if not _asks(each)]
    return answers, [_stay(conversation)]


def without_unheard(utterances: Sequence[Utterance]) -> list[Utterance]:
    """A turn without what need not be said to words that led to a safety question."""
    return [each for each in utterances if each.get("say") not in _NOT_AGAIN]


def begin_again(conversation: Conversation, kind: str) -> Body:
    """What follows the numbers, shown once more: the same choices as after the alarm."""
    remember(conversation, after_alarm=kind)
    return _stay(conversation)


def numbers_choice(kind: str) -> dict[str, Any]:
    """The choice that shows the fixed answer of ``kind`` again; no alert is raised with it."""
    option = choice("utter_label_numbers", "carry_on")
    option["do"] = {"numbers": kind}
    return option


def _asks(utterance: Utterance) -> bool:
    return (
        utterance.get("show") in QUESTIONS
        or bool(utterance.get("choices"))
        or utterance.get("say") in _OUT_OF_PLACE
    )


def _stay(conversation: Conversation) -> Body:
    again = numbers_choice(conversation.context["after_alarm"])
    if conversation.audience == "officer":
        on = choice("utter_label_carry_on", "carry_on")
        return text_body("utter_crisis_stay_officer", conversation.language, on, again)
    person = choice("utter_label_person", "talk_to_person")
    on = choice("utter_label_go_back", "carry_on")
    return text_body("utter_crisis_stay", conversation.language, again, person, on)
