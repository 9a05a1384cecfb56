"""What the assistant neither takes up nor argues about: approved words, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from actions.asides import audience_of, back_to_it
from actions.participant_search import learn_place, need_choice, show, talk_choice
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.speech import Utterance, ask_about_child, choice, say

# Who asks for somebody else is not shown services that may have taken them in.
_HELP_BESIDE = frozenset(
    {"ask_legal", "ask_medical", "ask_to_write", "blame_other", "contact_ex", "partner_pregnant"}
)
_NEVER_BESIDE = "da_victim"


class Bound(TurnAction):
    """One answer for each bound and audience, without a yes or a no to what was said."""

    action_name: ClassVar[str] = "action_bound"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Say the words of the bound, then lead back to help."""
        yield say(f"utter_bound_{turn.intent}_{audience_of(turn)}")
        yield from self.lead_back(turn)

    def lead_back(self, turn: Turn) -> Iterator[Utterance]:
        """Help for a need told in the same breath, else whatever was open before."""
        told = _needs(turn)
        if not told:
            yield from back_to_it(turn)
            return
        remember(turn.conversation, needs=told)
        learn_place(turn)
        yield from show(turn)


class _WithOwnHelp(Bound):
    """A bound beside which some kinds of help are close at hand."""

    offered: ClassVar[tuple[str, ...]]
    implied: ClassVar[frozenset[str]] = frozenset()  # what the bound itself says already

    def lead_back(self, turn: Turn) -> Iterator[Utterance]:
        """The help that fits, to choose from, unless the message has named another kind."""
        if not {*self.offered, *self.implied}.issuperset(_needs(turn)):
            yield from super().lead_back(turn)
            return
        other = choice("utter_label_other_need", "find_help", ask=True)
        near = [need_choice(code) for code in self.offered]
        yield say("utter_bound_own_help", *near, other, talk_choice())


class ContactEx(_WithOwnHelp):
    """Contact with somebody who said no: no tips, and help with one's own wellbeing."""

    action_name: ClassVar[str] = "action_contact_ex"
    offered: ClassVar[tuple[str, ...]] = ("mental_health", "relationships", "da_perpetrator")


class PartnerPregnant(_WithOwnHelp):
    """Rows while a partner is pregnant: step away early, and help before the baby comes."""

    action_name: ClassVar[str] = "action_partner_pregnant"
    offered: ClassVar[tuple[str, ...]] = ("parenting", "mental_health", "da_perpetrator")
    implied: ClassVar[frozenset[str]] = frozenset({"relationships"})


class PastAbuse(Bound):
    """Abuse suffered as a child, told by an adult: kind words, and one question about children now.

    Whoever harmed a child then may be near a child today, so a yes is answered as a danger.
    """

    action_name: ClassVar[str] = "action_past_abuse"

    def lead_back(self, turn: Turn) -> Iterator[Utterance]:
        """Ask once; after every other reply than yes, help for it is shown (``CarryOn``)."""
        help_with = list(dict.fromkeys(["trauma", *_own_needs(turn)]))
        if turn.context.get("child_asked"):
            remember(turn.conversation, needs=help_with)
            yield from show(turn)
            return
        remember(turn.conversation, after_no=help_with, child_asked=True)
        yield ask_about_child()


def _needs(turn: Turn) -> list[str]:
    """The writer's own needs of now, where showing help for them is safe beside this bound."""
    if turn.intent not in _HELP_BESIDE:
        return []
    return _own_needs(turn)


def _own_needs(turn: Turn) -> list[str]:
    """Only what the words themselves tell: beside a bound a guess would answer something else."""
    return [
        entity["value"]
        for entity in turn.entities
        if entity["entity"] == "need"
        and (entity["whose"], entity["state"]) == ("self", "current")
        and entity["confidence"] == 1.0
        and entity["value"] != _NEVER_BESIDE
    ]


ACTIONS = [Bound(), ContactEx(), PartnerPregnant(), PastAbuse()]
