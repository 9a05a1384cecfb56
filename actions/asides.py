"""Words beside the matter: greetings, thanks, who sees this, what lies outside. Then back to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from actions.draft import what_next as officer_next
from actions.participant_search import show
from actions.participant_search import what_next as participant_next
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.speech import Utterance, say
from sites import site_of


def back_to_it(turn: Turn) -> Iterator[Utterance]:
    """Whatever was open before the aside is open after it."""
    if turn.conversation.audience == "officer":
        yield from officer_next(turn, again=True)
    elif turn.conversation.audience == "public" and not turn.context.get("shown"):
        yield {"show": "topics"}
    else:
        yield from participant_next(turn)


class Aside(TurnAction):
    """An answer that has its own approved words for each audience."""

    action_name: ClassVar[str] = "action_aside"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Say the words of the intent, and return; what CARA is may be asked by its facts."""
        if turn.intent == "ask_about_cara":
            yield from told_of_cara(turn)
            return
        yield say(f"utter_{turn.intent}_{audience_of(turn)}")
        if turn.intent == "ask_privacy" and site_of(turn.conversation.site).keeps_unclear:
            yield say(f"utter_unclear_kept_{audience_of(turn)}")
        if turn.intent != "goodbye":
            yield from back_to_it(turn)


class TellFact(TurnAction):
    """A fact about CARA with its source and year, for officers and the public."""

    action_name: ClassVar[str] = "action_tell_fact"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Tell what was asked for and return; where that is not plain, show what there is."""
        if topic_of(turn):
            yield from told_of_cara(turn)
        else:
            yield {"show": "topics"}


def told_of_cara(turn: Turn) -> Iterator[Utterance]:
    """The facts of the topic that was asked for, or else what CARA is; then back to it."""
    topic = topic_of(turn)
    yield {"show": "facts", "topic": topic} if topic else say("utter_ask_about_cara_officer")
    yield from back_to_it(turn)


def topic_of(turn: Turn) -> str:
    """What is asked about CARA: as chosen, or as read by rule; "" where neither tells."""
    told = {entity["entity"]: entity for entity in turn.entities}
    request, topic, hint = (told.get(name, {}) for name in ("request", "topic", "topic_hint"))
    if turn.intent != "ask_fact":
        hint = {}
    found = turn.given.get("topic") or request.get("topic") or topic.get("value")
    return str(found or hint.get("value", ""))


class NotUnderstood(TurnAction):
    """Nothing was understood: said plainly, with choices, never guessed."""

    action_name: ClassVar[str] = "action_not_understood"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Say so, and return; but where the words alone ask for a fact about CARA, tell it."""
        if topic_of(turn):
            yield from told_of_cara(turn)
            return
        yield say(f"utter_{audience_of(turn)}_not_understood")
        yield from back_to_it(turn)


def audience_of(turn: Turn) -> str:
    """Whose words are said: the officer's or the participant's."""
    return "officer" if turn.conversation.audience == "officer" else "participant"


class CarryOn(TurnAction):
    """Back to whatever was open, for example after a safety question was answered."""

    action_name: ClassVar[str] = "action_carry_on"

    def take(self, turn: Turn) -> Iterable[Utterance]:
        """Return to it; help that was promised for after a safety question comes first."""
        promised = turn.context.get("after_no")
        if not promised or turn.context.get("safety_asked"):
            return back_to_it(turn)
        remember(turn.conversation, after_no=None, needs=promised)
        return show(turn)


ACTIONS = [Aside(), TellFact(), NotUnderstood(), CarryOn()]
