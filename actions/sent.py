"""What an officer asks of referrals that are there, and a step back in one that was not sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from accounts.staff import actor_of
from actions.draft import what_next
from actions.officer import OfficerAction
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.desk import position_of
from bot.speech import Utterance, choice, say
from core.audit import record as on_record
from referrals import record
from referrals.progress import answered_before
from referrals.tables import Referral
from referrals.transitions import WITHDRAWALS
from referrals.work import work_of

MOST_NAMED = 5


class _OfSent(TurnAction):
    """Finds the referral: the one chosen, the one whose reference was typed, or the last sent."""

    leads_back: ClassVar[bool] = True

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Answer for it, and return to whatever is open."""
        named = turn.context.get("reference_typed")
        remember(turn.conversation, reference_typed=None)
        found = _found(turn, named)
        if found is None:
            yield say("utter_officer_no_such_reference")
        else:
            yield from self.answer(turn, found)
        if found is None or self.leads_back:
            yield from what_next(turn, again=True)

    def answer(self, turn: Turn, found: Referral) -> Iterable[Utterance]:
        """What to say about this referral."""
        raise LookupError(f"{self.action_name} says nothing")


class AskStatus(_OfSent):
    """How a referral stands."""

    action_name: ClassVar[str] = "action_status"

    def answer(self, turn: Turn, found: Referral) -> Iterator[Utterance]:
        """Its status in words."""
        yield say(f"utter_officer_status_{found.status}", reference=found.reference)


class Withdraw(_OfSent):
    """Take back a referral: asked in exact words, done only by the choice that says why."""

    action_name: ClassVar[str] = "action_withdraw"
    leads_back: ClassVar[bool] = False

    def answer(self, turn: Turn, found: Referral) -> Iterator[Utterance]:
        """Ask first; a referral that can no longer be withdrawn is said to be so."""
        if turn.staff is None or not record.may_withdraw(turn.staff, found):
            yield say("utter_officer_not_withdrawable", reference=found.reference)
            yield from what_next(turn, again=True)
        elif reason := turn.given.get("reason"):
            record.withdraw(turn.session, turn.staff, found, f"withdraw:{found.id}", reason)
            yield say("utter_officer_withdrawn", reference=found.reference)
            yield from what_next(turn, again=True)
        else:
            yield _sure(found, _said_why(turn))


class AskWaiting(TurnAction):
    """What waits for this officer: questions, drafts given back, drafts left, what is under way."""

    action_name: ClassVar[str] = "action_waiting"

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """The groups of the officer's own list in words, then back to what is open."""
        if turn.staff is None:
            yield say("utter_officer_sign_in")
            return
        groups = dict(work_of(turn.session, turn.staff))
        drafts = [each for each in groups.get("drafts", ()) if not each.reference]
        given_back = [each for each in groups.get("drafts", ()) if each.reference]
        wanted = [*groups.get("answer", ()), *given_back]
        left = [each for each in drafts if each.id != turn.context.get("referral")]
        for each in wanted[:MOST_NAMED]:
            yield say(f"utter_officer_status_{each.status}", reference=each.reference)
        if left:
            go_on = choice("utter_label_carry_on", "start_referral", draft=left[-1].id)
            yield say("utter_officer_drafts_left", go_on, count=len(left))
        if not wanted and not left:
            yield say("utter_officer_nothing_waits")
        if under_way := groups.get("under_way"):
            yield say("utter_officer_under_way", count=len(under_way))
        yield from what_next(turn, again=True)


class GoBack(OfficerAction):
    """Back: the last answer is asked again, and stands until another is given."""

    action_name: ClassVar[str] = "action_go_back"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Ask it again, or say that there is nothing before."""
        facts = record.known(referral)
        before = answered_before(record.rules_of(referral), facts, position_of(referral))
        if before is None:
            yield say("utter_officer_nothing_before")
        else:
            remember(turn.conversation, changing=before, readback=None)
        yield from what_next(turn, again=True)


def _said_why(turn: Turn) -> str | None:
    read = [each for each in turn.entities if each.get("entity") == "request"]
    return read[0].get("reason") if read and turn.typed else None


def _sure(found: Referral, why: str | None) -> Utterance:
    """The question before a withdrawal; a reason that was said stands alone beside the others."""
    reasons = [why] if why else [reason for reason in WITHDRAWALS if reason != "other"]
    return say(
        "utter_officer_withdraw_sure",
        *(
            choice(
                f"utter_label_withdraw_{reason}", "withdraw_referral", id=found.id, reason=reason
            )
            for reason in reasons
        ),
        *([choice("utter_label_other_reason", "withdraw_referral", id=found.id)] if why else []),
        choice("utter_label_keep_it", "ask_status", id=found.id),
        reference=found.reference,
    )


def _found(turn: Turn, named: str | None) -> Referral | None:
    if turn.staff is None:
        return None
    if chosen := turn.given.get("id"):
        own = record.own(turn.session, turn.staff, chosen)
        return own if own and own.reference else None
    if named:
        found = record.by_reference(turn.session, turn.staff, named)
        if found is None:
            subject = f"reference:{named}"
            on_record(turn.session, actor_of(turn.staff), "referral.view", subject, refused=True)
        return found
    # A reference that was typed and is none of ours must not lead to another referral.
    return None if "[reference]" in turn.text else record.sent_last(turn.session, turn.staff)


ACTIONS = [AskStatus(), Withdraw(), AskWaiting(), GoBack()]
