"""Answers in, outcome with reasons out: the one pure function of eligibility (design D4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from referrals.rule_set import Asked, Criterion, Effect, RuleSet


class Outcome(StrEnum):
    """What the criteria say; never what is decided. A sergeant or above decides."""

    appears_to_meet = "appears_to_meet"
    needs_supervisor = "needs_supervisor"
    does_not_meet = "does_not_meet"
    on_hold = "on_hold"


@dataclass(frozen=True)
class Reason:
    """A criterion whose answer stands in the way, or that has no answer yet."""

    id: str
    effect: Effect
    source: str


@dataclass(frozen=True)
class Assessment:
    """The outcome and every reason for it, in rule-set order."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    rule_set: str

    def of(self, effect: Effect) -> tuple[Reason, ...]:
        """The reasons with one effect."""
        return tuple(reason for reason in self.reasons if reason.effect is effect)


class UnknownAnswerError(ValueError):
    """A criterion id or answer code that the rule set does not know; the message names it."""


_PRECEDENCE = (
    (Effect.ineligible, Outcome.does_not_meet),
    (Effect.hold, Outcome.on_hold),
    (Effect.supervisor, Outcome.needs_supervisor),
)


def assess(
    rules: RuleSet, answers: Mapping[str, str | None], *, authority: bool = True
) -> Assessment:
    """The outcome of ``answers`` (code by criterion id; None = not known yet).

    Any excluding answer decides first, then anything missing, then anything for a
    supervisor. ``authority=False`` leaves out what only the authoriser answers: that is
    the outcome frozen at submission. Raises :class:`UnknownAnswerError`.
    """
    _refuse_unknown(rules, answers)
    counted = [item for item in rules.criteria if _counts(item, authority)]
    reasons = tuple(
        Reason(item.id, effect, item.source_of(answers.get(item.id)))
        for item in counted
        if (effect := effect_of(item, answers.get(item.id))) is not Effect.ok
    )
    effects = {reason.effect for reason in reasons}
    outcome = next(
        (outcome for effect, outcome in _PRECEDENCE if effect in effects), Outcome.appears_to_meet
    )
    return Assessment(outcome, reasons, rules.name)


def effect_of(criterion: Criterion, code: str | None) -> Effect:
    """What one answer does; no answer yet is a hold, never a pass."""
    return Effect.hold if code is None else criterion.answers[code].effect


def may_go_to_authoriser(rules: RuleSet, found: Assessment) -> bool:
    """Whether a case that does not meet the criteria may go to the authoriser all the same.

    Only where its site lets the authoriser override every criterion that excludes (design D4);
    a written reason goes with it.
    """
    excluding = found.of(Effect.ineligible)
    return bool(excluding) and all(rules.criterion(each.id).may_override for each in excluding)


def _counts(criterion: Criterion, authority: bool) -> bool:
    return criterion.asked is Asked.chat or (authority and criterion.asked is Asked.authoriser)


def _refuse_unknown(rules: RuleSet, answers: Mapping[str, str | None]) -> None:
    known = {item.id: item.answers for item in rules.criteria}
    for criterion_id, code in answers.items():
        if criterion_id not in known:
            raise UnknownAnswerError(f"There is no criterion called {criterion_id!r}.")
        if code is not None and code not in known[criterion_id]:
            allowed = ", ".join(known[criterion_id])
            raise UnknownAnswerError(f"{criterion_id} cannot be {code!r}; it is one of: {allowed}.")
