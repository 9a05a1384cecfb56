"""The officer's answers: taken, read back, corrected, kept; and the referral sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from actions.draft import EARLY, start, what_next
from actions.participant_search import what_next as participant_next
from actions.turn import Turn, TurnAction
from bot.conversations import remember
from bot.desk import draft_of, open_field
from bot.speech import (
    Utterance,
    ask_criterion,
    changed,
    choice,
    noted,
    read_back,
    say,
    sent,
    summary,
)
from referrals import record
from referrals.duplicates import TELLING, same_case
from referrals.fields import BY_NAME
from referrals.rule_set import rule_set_of
from referrals.tables import Referral


class OfficerAction(TurnAction):
    """An action on the officer's draft; without one it says how to begin."""

    waits_after_alarm: ClassVar[bool] = True

    def take(self, turn: Turn) -> Iterable[Utterance]:
        """Find the draft first; a participant's plain yes or no leads back to what was open.

        After an alarm nothing that is merely typed counts, until the officer goes on.
        """
        if turn.conversation.audience != "officer":
            return participant_next(turn)
        if self.waits_after_alarm and after_alarm(turn) and not turn.given:
            return ()
        referral = draft_of(turn.session, turn.conversation)
        return self.before_start(turn) if referral is None else self.work(turn, referral)

    def before_start(self, turn: Turn) -> Iterable[Utterance]:
        """What to say where no draft is open: how to begin."""
        return what_next(turn)

    def work(self, turn: Turn, referral: Referral) -> Iterable[Utterance]:
        """What to say to this turn about this draft."""
        raise LookupError(f"{self.action_name} does no work")


class GiveAnswers(OfficerAction):
    """Answers by choice count at once; several from free text are read back first."""

    action_name: ClassVar[str] = "action_give_answers"
    waits_after_alarm: ClassVar[bool] = False

    def before_start(self, turn: Turn) -> Iterable[Utterance]:
        """A case that is told before a referral is started."""
        return told_early(turn)

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Keep, read back, or ask."""
        if turn.given.get("referral", referral.id) != referral.id:
            yield say("utter_officer_old_choice")
            yield from what_next(turn, again=True)
            return
        if "answers" in turn.given:
            yield from keep(turn, referral, turn.given["answers"], "choice")
            yield from what_next(turn)
            return
        sure, unsure, known_already = _news(turn, referral)
        asked = "" if after_alarm(turn) else turn.asked
        if not sure and after_alarm(turn):
            return
        if not sure and not unsure and known_already:
            yield from what_next(turn)
        elif not sure and not unsure:
            yield say("utter_officer_not_understood")
            yield from what_next(turn, again=True)
        elif list(sure) == [asked] and not unsure:
            yield from keep(turn, referral, sure, "text")
            yield from what_next(turn)
        elif sure:
            # Who writes about the case after an alarm has chosen to go on with it.
            pending = dict(turn.context.get("readback") or {}) | sure
            remember(turn.conversation, readback=pending, after_alarm=None)
            yield read_back(pending)
        else:
            yield say("utter_officer_unsure")
            yield ask_criterion(unsure[0], again=True)


class CorrectAnswer(OfficerAction):
    """ "Sorry, the risk was medium": the answer changes and the outcome with it."""

    action_name: ClassVar[str] = "action_correct_answer"

    def before_start(self, turn: Turn) -> Iterable[Utterance]:
        """A correction of a case that waits for its start."""
        return told_early(turn)

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Correct what is pending, or what was kept."""
        sure, _unsure = _read(turn, referral)
        pending = dict(turn.context.get("readback") or {})
        before = record.known(referral).answers
        if not sure and pending:
            yield say("utter_officer_not_understood")
            yield read_back(pending)
        elif not sure:
            yield say("utter_officer_which_change")
            yield summary()
        elif pending or any(before.get(criterion) is None for criterion in sure):
            # What was not answered before is no correction: it is read back like any other.
            remember(turn.conversation, readback=pending | sure)
            yield read_back(pending | sure)
        else:
            _store(turn, referral, dict(sure), "text")
            for criterion, value in sure.items():
                yield changed(criterion, before.get(criterion), value)
            yield from what_next(turn)


class Affirm(OfficerAction):
    """Yes: what was read back counts."""

    action_name: ClassVar[str] = "action_affirm"

    def before_start(self, turn: Turn) -> Iterable[Utterance]:
        """Yes to what was told: it is the start."""
        return start(turn) if turn.context.get(EARLY) else what_next(turn)

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Keep what is pending."""
        pending = turn.context.get("readback")
        if not pending:
            yield say("utter_officer_yes_to_what")
            yield from what_next(turn, again=True)
            return
        remember(turn.conversation, readback=None)
        yield from keep(turn, referral, pending, "text")
        yield from what_next(turn)


class Deny(OfficerAction):
    """No: what was read back is dropped, and the questions go on one at a time."""

    action_name: ClassVar[str] = "action_deny"

    def before_start(self, turn: Turn) -> Iterable[Utterance]:
        """No: what was told is forgotten."""
        remember(turn.conversation, **{EARLY: None})
        return what_next(turn)

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Drop what is pending."""
        pending = turn.context.get("readback")
        remember(turn.conversation, readback=None)
        yield say("utter_officer_dropped" if pending else "utter_officer_no_to_what")
        yield from what_next(turn, again=True)


class NotKnown(OfficerAction):
    """I don't know yet: a hold, never a pass; the other questions go on."""

    action_name: ClassVar[str] = "action_not_known"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Put the open criterion on hold, or pass over an optional field."""
        criterion = turn.given.get("criterion") or turn.asked
        field = open_field(turn.conversation, referral)
        if turn.given.get("field", field) != field:
            yield say("utter_officer_old_choice")
            yield from what_next(turn, again=True)
            return
        if criterion and turn.intent == "skip" and turn.context.get("changing") == criterion:
            remember(turn.conversation, changing=None)  # the answer that stands is kept
        elif criterion:
            yield from keep(turn, referral, {criterion: None}, "choice")
        elif field and BY_NAME[field].optional and turn.staff:
            record.give_field(turn.session, turn.staff, referral, field, "")
            remember(turn.conversation, changing=None)
        elif field:
            yield say("utter_officer_field_needed")
        yield from what_next(turn)


class ChangeAnswer(OfficerAction):
    """One line of the answers is asked again."""

    action_name: ClassVar[str] = "action_change_answer"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Ask it, or show the lines to choose from."""
        item = turn.given.get("item")
        if not item:
            yield say("utter_officer_which_change")
            yield summary()
            return
        remember(turn.conversation, changing=item, readback=None)
        yield from what_next(turn)


class FieldGiven(OfficerAction):
    """The application has kept a field; only that fact came through Rasa."""

    action_name: ClassVar[str] = "action_field_given"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Go on; where the case is known already, say so before work is done twice."""
        field = turn.given.get("field")
        if turn.context.get("changing") == field:
            remember(turn.conversation, changing=None)
        told = turn.staff if field in TELLING else None
        known = same_case(turn.session, told, referral) if told else None
        if known and turn.context.get("known_already") != known.id:
            remember(turn.conversation, known_already=known.id)
            if known.reference:
                yield say("utter_officer_known_already", reference=known.reference)
            else:
                yield say("utter_officer_known_draft")
        yield from what_next(turn)


class GoOn(OfficerAction):
    """Go on although the case does not meet a criterion, or simply go on."""

    action_name: ClassVar[str] = "action_continue_referral"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Remember that the officer was told."""
        if turn.staff:
            record.go_on_despite(turn.session, turn.staff, referral)
        remember(turn.conversation, changing=None)
        yield from what_next(turn)


class Stop(OfficerAction):
    """Stop: leave the draft for later, or close it where it does not meet the criteria."""

    action_name: ClassVar[str] = "action_stop_referral"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Only a choice closes; typed words are asked back."""
        if turn.given.get("close") and turn.staff:
            try:
                record.close_as_not_met(turn.session, turn.staff, referral, f"close:{referral.id}")
            except record.ReferralError:
                yield say("utter_officer_nothing_excludes")
                yield from what_next(turn, again=True)
                return
            remember(turn.conversation, referral=None, readback=None, changing=None)
            yield say(
                "utter_officer_closed", choice("utter_label_start", "start_referral", new=True)
            )
        elif turn.given.get("leave"):
            if turn.context.get("readback"):
                yield say("utter_officer_left_unread")
            yield say("utter_officer_left", choice("utter_label_carry_on", "continue_referral"))
        else:
            yield say(
                "utter_officer_stop_sure",
                choice("utter_label_leave_draft", "stop_referral", leave=True),
                choice("utter_label_carry_on", "continue_referral"),
            )


class Submit(OfficerAction):
    """The only action that may say that a referral was sent."""

    action_name: ClassVar[str] = "action_submit_referral"

    def work(self, turn: Turn, referral: Referral) -> Iterator[Utterance]:
        """Submit on the confirming choice; typed words lead to the summary."""
        if not turn.given.get("confirmed") or turn.staff is None:
            yield from what_next(turn)
            return
        try:
            reference = record.submit(turn.session, turn.staff, referral, f"submit:{referral.id}")
        except record.ReferralError:
            yield say("utter_officer_not_sent")
            yield from what_next(turn)
            return
        remember(turn.conversation, readback=None, changing=None, outcome_said=None)
        yield sent(reference)


def keep(
    turn: Turn, referral: Referral, answers: Mapping[str, str | None], source: str
) -> Iterator[Utterance]:
    """Keep answers and say so: as noted the first time, as changed where they replace another."""
    before = record.known(referral).answers
    _store(turn, referral, dict(answers), source)
    new = {key: value for key, value in answers.items() if key not in before}
    if new and source == "text":
        yield noted(new)
    for key, value in answers.items():
        if key in before and before[key] != value:
            yield changed(key, before[key], value)


def told_early(turn: Turn) -> Iterator[Utterance]:
    """What a note answers before there is a draft: said back at once, kept for the start.

    In a chat that has sent a referral it may be about that one, so that nothing is kept.
    """
    sure, _unsure = _answers_in(turn, turn.conversation.site)
    if not sure or turn.staff is None or turn.context.get("referral"):
        yield from what_next(turn)
        return
    told = dict(turn.context.get(EARLY) or {}) | sure
    remember(turn.conversation, **{EARLY: told})
    rules = rule_set_of(turn.conversation.site)
    found = [(rules.criterion(each), value) for each, value in told.items()]
    answers = "; ".join(f"{item.label}: {item.answers[value].label}" for item, value in found)
    begin = choice("utter_label_start", "start_referral", new=True)
    yield say("utter_officer_told_early", begin, answers=answers)


def _store(turn: Turn, referral: Referral, answers: dict[str, str | None], source: str) -> None:
    if turn.staff is None:
        raise LookupError("an officer's turn without an officer")
    record.answer(turn.session, turn.staff, referral, answers, source)
    if turn.context.get("changing") in answers:
        remember(turn.conversation, changing=None)


def after_alarm(turn: Turn) -> bool:
    """Whether danger was answered and the officer has not gone on yet."""
    return bool(turn.context.get("after_alarm"))


def _read(turn: Turn, referral: Referral) -> tuple[dict[str, str], list[str]]:
    return _answers_in(turn, referral.site)


def _news(turn: Turn, referral: Referral) -> tuple[dict[str, str], list[str], bool]:
    """What is read and not kept yet, surely or not; and whether anything was kept already.

    To read back or ask what an officer has answered would be to ask it twice.
    """
    sure, unsure = _read(turn, referral)
    # What is read back at the moment may be what they put right.
    held = {} if turn.context.get("readback") else record.known(referral).answers
    news = {criterion: value for criterion, value in sure.items() if held.get(criterion) != value}
    open_still = [criterion for criterion in unsure if held.get(criterion) is None]
    return news, open_still, (len(news), len(open_still)) != (len(sure), len(unsure))


def _answers_in(turn: Turn, site: str) -> tuple[dict[str, str], list[str]]:
    """What the message answers surely, and what it may answer; only what this site asks."""
    asked_here = {item.id for item in rule_set_of(site).in_chat}
    read = [
        entity
        for entity in turn.entities
        if entity.get("entity") == "criterion" and entity["criterion"] in asked_here
    ]
    sure = {entity["criterion"]: entity["value"] for entity in read if entity["sure"]}
    return sure, [entity["criterion"] for entity in read if not entity["sure"]]


ACTIONS = [
    GiveAnswers(),
    CorrectAnswer(),
    Affirm(),
    Deny(),
    NotKnown(),
    ChangeAnswer(),
    FieldGiven(),
    GoOn(),
    Stop(),
    Submit(),
]
