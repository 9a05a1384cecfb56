"""What is wrong with a site's criteria, and between them and its site.yml: pure, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from referrals.rule_set import (
    STATUTORY,
    Asked,
    Basis,
    Criterion,
    Effect,
    RuleSet,
    laid_over,
)
from sites.checking import Finding, Severity, error, placeholders, refusals, warning
from sites.model import Site, Sure

DISPOSAL = "B23_disposal"
AUTHORITY = "B22_authority"
USUAL_DISPOSAL = "conditional_caution"
LIMITS = Literal["domestic_assault", "summary", "none"]
# From the mildest to the gravest: the order in which answers decide, backwards.
GRAVITY = (Effect.ok, Effect.supervisor, Effect.hold, Effect.ineligible)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerOverride(_Shape):
    """What a site may say of one answer."""

    label: str = ""
    effect: Effect | None = None
    note: str = ""
    instead: str = ""


class Override(_Shape):
    """What a site may say of one criterion."""

    question: str = ""
    label: str = ""
    why: str = ""
    asked: Asked | None = None
    override: Literal["authoriser"] | None = None
    source: str = ""
    sure: Sure | None = None
    answers: dict[str, AnswerOverride] = {}


class OwnCriteria(_Shape):
    """What ``criteria.yml`` of a site may say."""

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    lookback_months: int = Field(default=24, ge=1, le=600)
    prosecution_limits: dict[str, LIMITS] = {}
    overrides: dict[str, Override] = {}


def findings_of_criteria(
    site: Site, baseline: dict[str, Any], own: dict[str, Any]
) -> list[Finding]:
    """Everything wrong with a site's criteria.

    ``baseline`` and ``own`` are the contents of the two ``criteria.yml``. Where a part of them is
    no rule at all, what it would mean for the rest is not looked at.
    """
    found = list(placeholders("criteria", own))
    try:
        said = OwnCriteria(**own)
    except ValidationError as wrong:
        return found + [error(f"criteria.{each.where}", each.words) for each in refusals(wrong)]
    known = {item["id"]: item for item in baseline["criteria"]}
    found += [each for item in known.values() for each in _unsourced(item)]
    for name, over in said.overrides.items():
        found += _override(name, over, known.get(name))
    try:
        rules = laid_over(site.code, baseline, own)
    except ValidationError as wrong:
        told = any(each.severity is Severity.error for each in found)
        return found if told else found + refusals(wrong)
    found += [each for item in rules.criteria for each in _criterion(item)]
    return [*found, *_limits(rules), *_disposals(site, rules)]


def _unsourced(item: dict[str, Any]) -> Iterator[Finding]:
    if item.get("basis") != Basis.proposal and not item.get("source"):
        yield error(
            f"criteria.{item['id']}", f"its basis is {item.get('basis')}, and it has no source"
        )


def _override(name: str, over: Override, item: dict[str, Any] | None) -> Iterator[Finding]:
    where = f"criteria.{name}"
    if item is None:
        yield error(where, "there is no such criterion")
        return
    if unknown := sorted(set(over.answers) - set(item["answers"])):
        yield error(where, f"there is no such answer: {', '.join(unknown)}")
        return
    if not over.source:
        yield error(where, "has no source: where was this site's rule read?")
    if over.sure == "low":
        yield warning(where, "rests on a weak source")
    if name in STATUTORY:
        yield from _by_statute(where, over, item)


def _by_statute(where: str, over: Override, item: dict[str, Any]) -> Iterator[Finding]:
    """Adult, admission, evidence and consent stay at least as strict as the baseline."""
    if over.override:
        yield error(where, "stands in the statute: nobody may override it")
    if over.asked not in (None, Asked.chat):
        yield error(where, "stands in the statute: an officer has to be asked")
    for code, answer in over.answers.items():
        if answer.effect and _softer(answer.effect, Effect(item["answers"][code]["effect"])):
            yield error(where, f"stands in the statute: {code} may not be softened")


def _softer(now: Effect, before: Effect) -> bool:
    return GRAVITY.index(now) < GRAVITY.index(before)


def _criterion(item: Criterion) -> Iterator[Finding]:
    where = f"criteria.{item.id}"
    if item.id == AUTHORITY and item.asked is not Asked.authoriser:
        yield error(where, "is for the authoriser alone to answer")
    excluding = {
        code: answer for code, answer in item.answers.items() if answer.effect is Effect.ineligible
    }
    if item.may_override and not excluding:
        yield warning(where, "there is nothing to override: no answer excludes")
    for code, answer in excluding.items():
        if not answer.instead:
            yield error(where, f"{code} excludes, and does not say what to do instead")


def _limits(rules: RuleSet) -> Iterator[Finding]:
    offences = rules.criterion("B04_offence").answers
    for offence in rules.prosecution_limits:
        if offence not in offences:
            yield error(f"criteria.prosecution_limits.{offence}", "there is no such offence")


def _disposals(site: Site, rules: RuleSet) -> Iterator[Finding]:
    """Whether the disposals that the site offers are those that its rules know and ask for."""
    item = rules.criterion(DISPOSAL)
    for code in set(site.disposals) - set(item.answers):
        yield error("disposals", f"no rule asks for {code} (see {DISPOSAL})")
    if item.asked is Asked.chat:
        yield from _asked_disposals(site.disposals, item)
    elif set(site.disposals) != {USUAL_DISPOSAL}:
        yield error("disposals", f"no rule asks which one it is: {DISPOSAL} is not asked here")


def _asked_disposals(offered: Iterable[str], item: Criterion) -> Iterator[Finding]:
    passing = {code for code, answer in item.answers.items() if answer.effect is Effect.ok}
    for code in sorted(passing - set(offered)):
        yield error("disposals", f"{DISPOSAL} lets {code} pass, and the site does not offer it")
