"""Beside the answers: starting, why a question is asked, where the referral stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from actions.draft import EARLY, start, what_next
from actions.officer import OfficerAction
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.desk import draft_of, position_of
from bot.speech import Utterance, choice, explain, say, standing
from referrals import record
from referrals.progress import Step
from referrals.tables import Referral
from referrals.transitions import Status


class StartReferral(TurnAction):
    """Start a referral, or go on with a draft that was left."""

    action_name: ClassVar[str] = "action_start_referral"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """A new draft on the officer's choice; a left one is offered first."""
        # Who has just told of a case means that one, and no draft that was left.
        told = turn.context.get(EARLY) and not turn.given.get("draft")
        left = None if turn.given.get("new") or told else _left(turn)
        if left is None:
            yield from start(turn)
            return
        remember(turn.conversation, referral=left.id, readback=None, changing=None, **{EARLY: None})
        yield say(
            "utter_officer_resumed", choice("utter_label_start_new", "start_referral", new=True)
        )
        yield from what_next(turn, again=True)


def _left(turn: Turn) -> Referral | None:
    """The draft to go on with: the one chosen, the one open here, or the one touched last."""
    if turn.staff is None:
        return None
    chosen = turn.given.get("draft")
    found = record.own(turn.session, turn.staff, chosen) if chosen else None
    if found and found.status == Status.draft:
        return found
    open_here = draft_of(turn.session, turn.conversation)
    return open_here or record.latest_draft(turn.session, turn.staff)


class Explain(OfficerAction):
    """Why do you ask: the reason and source of the open criterion."""

    action_name: ClassVar[str] = "action_explain"
    waits_after_alarm: ClassVar[bool] = False

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Explain, then ask again."""
        here = position_of(referral)
        excluding = here.criterion.id if here.step is Step.excluded and here.criterion else None
        criterion = turn.asked or excluding
        yield explain(criterion) if criterion else say("utter_officer_why_fields")
        yield from what_next(turn, again=True)


class Where(OfficerAction):
    """Where are we: what is answered, what is open."""

    action_name: ClassVar[str] = "action_where_are_we"
    waits_after_alarm: ClassVar[bool] = False

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """List it, then return to the open question."""
        yield standing()
        yield from what_next(turn, again=True)


class CheckAnswers(OfficerAction):
    """Show the answers as soon as there is nothing left to ask."""

    action_name: ClassVar[str] = "action_check_answers"
    waits_after_alarm: ClassVar[bool] = False

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """The summary at its time, else where the referral stands."""
        if position_of(referral).step is not Step.check:
            yield standing()
        yield from what_next(turn, again=True)


ACTIONS = [StartReferral(), Explain(), Where(), CheckAnswers()]
