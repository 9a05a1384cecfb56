"""The referral behind an officer's conversation, and the one next thing to say about it."""

from __future__ import annotations

from collections.abc import Iterator

from actions.turn import Turn
from bot import desk
from bot.conversations import remember
from bot.desk import position_of
from bot.speech import (
    Utterance,
    ask_criterion,
    ask_field,
    choice,
    excluded,
    outcome,
    read_back,
    say,
    summary,
)
from referrals import record
from referrals.fields import BY_NAME
from referrals.progress import Position, Step
from referrals.tables import Referral
from referrals.transitions import TERMINAL, Status
from sites import site_of

# What an officer told of a case before its start, as answers by criterion.
EARLY = "told_early"


def start(turn: Turn) -> Iterator[Utterance]:
    """A new draft in this chat; what was told before it is read back first."""
    if turn.staff is None:
        yield say("utter_officer_sign_in")
        return
    try:
        started = record.start(turn.session, turn.staff)
    except record.ReferralError:
        yield say("utter_officer_site_off", reason=site_of(turn.staff.site).referral_off_because)
        return
    remember(
        turn.conversation,
        referral=started.id,
        readback=turn.context.get(EARLY),
        changing=None,
        outcome_said=None,
        **{EARLY: None},
    )
    yield say("utter_officer_started")
    yield from what_next(turn)


def what_next(turn: Turn, *, again: bool = False) -> Iterator[Utterance]:
    """Return to what is open: what was read back, what is being changed, or the next step."""
    referral = desk.draft_of(turn.session, turn.conversation)
    if referral is None:
        start = choice("utter_label_start", "start_referral", new=True)
        held = _held(turn)
        if held and Status(held.status) in TERMINAL:
            yield say(f"utter_officer_status_{held.status}", start, reference=held.reference)
        elif held:
            yield say("utter_officer_already_sent", start, reference=held.reference)
        else:
            yield say("utter_officer_no_draft", start)
        return
    pending, changing = turn.context.get("readback"), turn.context.get("changing")
    if pending:
        yield read_back(pending)
    elif changing:
        yield _asked(changing, again)
    else:
        yield from _next_step(turn, referral, again)


def _held(turn: Turn) -> Referral | None:
    """The referral that this conversation has sent, if it has."""
    held = turn.context.get("referral")
    found = record.own(turn.session, turn.staff, held) if held and turn.staff else None
    return found if found and found.reference else None


def _asked(item: str, again: bool) -> Utterance:
    return ask_field(item, again=again) if item in BY_NAME else ask_criterion(item, again=again)


def _next_step(turn: Turn, referral: Referral, again: bool) -> Iterator[Utterance]:
    here = position_of(referral)
    if here.step is Step.criterion and here.criterion:
        yield ask_criterion(here.criterion.id, again=again)
    elif here.step is Step.excluded and here.criterion:
        yield excluded(here.criterion.id, _after_exclusion(referral, here.criterion.id))
    elif here.step is Step.field and here.field:
        yield from _criteria_done(turn)
        yield ask_field(here.field.name, again=again)
    elif here.step is Step.waiting:
        yield outcome()
        yield _what_is_waiting(here)
    else:
        yield summary()


def _criteria_done(turn: Turn) -> Iterator[Utterance]:
    if not turn.context.get("outcome_said"):
        remember(turn.conversation, outcome_said=True)
        yield outcome()


def _after_exclusion(referral: Referral, criterion: str) -> list[dict[str, object]]:
    told = criterion in referral.went_on_despite.split()
    go_on = [] if told else [choice("utter_label_go_on", "continue_referral")]
    return [
        *go_on,
        choice("utter_label_change_answer", "change_answer", item=criterion),
        choice("utter_label_close_not_met", "stop_referral", close=True),
        choice("utter_label_leave_draft", "stop_referral", leave=True),
    ]


def _what_is_waiting(here: Position) -> Utterance:
    waiting = [reason.id for reason in here.assessment.reasons if reason.effect == "hold"]
    return {"show": "waiting", "criteria": waiting}
