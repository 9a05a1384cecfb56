"""Where a referral stands and what comes next: derived from what is known, never stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from referrals.eligibility import Assessment, Outcome, assess
from referrals.fields import FIELDS, OVERRIDE, Field
from referrals.rule_set import Criterion, Effect, RuleSet


class Step(StrEnum):
    """What the assistant does next."""

    criterion = "criterion"
    excluded = "excluded"
    waiting = "waiting"
    field = "field"
    check = "check"


@dataclass(frozen=True)
class Known:
    """What a draft knows: answers by criterion (None = not known yet), fields, what was skipped.

    ``went_on_despite`` names the criteria at which the officer was told that the case does
    not meet them and chose to go on; ``overridden`` that the site lets the authoriser decide on
    such a case, for a written reason (design D4).
    """

    answers: Mapping[str, str | None]
    fields: Mapping[str, str | None]
    skipped: Collection[str] = ()
    went_on_despite: Collection[str] = ()
    overridden: bool = False

    @property
    def given(self) -> Mapping[str, str | None]:
        """Fields and answers by name: what decides whether a field applies."""
        return {**self.answers, **self.fields, OVERRIDE: "yes" if self.overridden else None}


@dataclass(frozen=True)
class Position:
    """The next step, what it is about, and the outcome so far."""

    step: Step
    assessment: Assessment
    criterion: Criterion | None = None
    field: Field | None = None


def position(rules: RuleSet, known: Known) -> Position:
    """The one next thing for this draft."""
    assessment = assess(rules, known.answers, authority=False)
    for reason in assessment.of(Effect.ineligible):
        if reason.id not in known.went_on_despite:
            return Position(Step.excluded, assessment, criterion=rules.criterion(reason.id))
    for criterion in rules.in_chat:
        if criterion.id not in known.answers:
            return Position(Step.criterion, assessment, criterion=criterion)
    if assessment.outcome is Outcome.does_not_meet and not known.overridden:
        excluding = assessment.of(Effect.ineligible)[0]
        return Position(Step.excluded, assessment, criterion=rules.criterion(excluding.id))
    for field in open_fields(known):
        return Position(Step.field, assessment, field=field)
    step = Step.waiting if assessment.of(Effect.hold) else Step.check
    return Position(step, assessment)


def answered_before(rules: RuleSet, known: Known, here: Position) -> str | None:
    """The item answered before the open one, to go back to: a field's name or a criterion's id."""
    fields = [field.name for field in FIELDS if known.fields.get(field.name)]
    if here.field:
        names = [field.name for field in FIELDS]
        fields = [name for name in fields if names.index(name) < names.index(here.field.name)]
    if here.step is not Step.criterion and fields:
        return fields[-1]
    asked = [criterion.id for criterion in rules.in_chat if criterion.id in known.answers]
    return asked[-1] if asked else None


def open_fields(known: Known) -> list[Field]:
    """The fields that still want an answer."""
    return [
        field
        for field in FIELDS
        if field.needed(known.given)
        and not known.fields.get(field.name)
        and field.name not in known.skipped
    ]


def ready_to_submit(rules: RuleSet, known: Known) -> bool:
    """Whether nothing is missing, nothing is on hold, and nothing excludes but for an override."""
    return position(rules, known).step is Step.check
