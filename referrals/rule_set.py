"""A site's criteria: the baseline with the site's overrides laid over it, as immutable data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.clock import today
from sites import criteria_documents, site_of

# Adult, admission, evidence, consent: without them the law knows no conditional caution (Criminal
# Justice Act 2003, sections 22 and 23), so no site softens them and no authoriser overrides them.
STATUTORY = frozenset({"B01_age", "B02_admission", "B03_evidence", "B14_consent"})
BY_AUTHORISER = "authoriser"
DISPOSAL = "B23_disposal"
# Whose answers are about the victim: they are kept apart from all the others (design D13).
ABOUT_VICTIM = frozenset({"B11_victim_asked", "B12_victim_view", "B13_victim_risk"})


class Effect(StrEnum):
    """What an answer does to the outcome."""

    ok = "ok"
    supervisor = "supervisor"
    hold = "hold"
    ineligible = "ineligible"


class Asked(StrEnum):
    """Who answers a criterion at this site: the officer, the authoriser's decision, or nobody."""

    chat = "chat"
    authoriser = "authoriser"
    no = "no"


class Basis(StrEnum):
    """How sure a criterion is; a proposal is shown as unconfirmed wherever a person sees it."""

    law = "law"
    published = "published"
    proposal = "proposal"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(_Data):
    """One allowed answer; ``instead`` tells the officer what to do when it excludes.

    ``source`` is where a site's own rule for it was read; empty where the baseline's holds.
    """

    label: str
    effect: Effect
    note: str = ""
    instead: str = ""
    source: str = ""


class Criterion(_Data):
    """One question to the officer, with its reason and its source.

    ``may_override``: an answer that excludes may still go to the authoriser, with a written reason
    (design D4). Raises ``ValueError`` for a criterion of the statute, which nobody may override.
    """

    id: str
    label: str
    question: str
    why: str
    source: str
    basis: Basis
    asked: Asked = Asked.chat
    may_override: bool = False
    answers: dict[str, Answer]

    @model_validator(mode="after")
    def _by_statute(self) -> Self:
        if self.may_override and self.id in STATUTORY:
            raise ValueError(f"{self.id} stands in the statute: nobody may override it.")
        return self

    def source_of(self, code: str | None) -> str:
        """Where the rule for this answer was read: the site's own source, or the criterion's."""
        return (self.answers[code].source if code is not None else "") or self.source


class RuleSet(_Data):
    """Every criterion of a site, in the order in which they are asked."""

    site: str
    version: str
    lookback_months: int
    prosecution_limits: dict[str, str]
    criteria: tuple[Criterion, ...]

    @property
    def name(self) -> str:
        """The name under which an old referral is replayed, for example ``hampshire@1.0.0``."""
        return f"{self.site}@{self.version}"

    @property
    def digest(self) -> str:
        """A hash of what is asked and what follows: a change under an old version is noticed.

        Where a site's own rule was read changes nothing that is asked or that follows, so it is
        left out, and so is ``may_override`` where it is not given. The hash of a rule set of before
        these two settings is the same as ever.
        """
        content = self.model_dump(mode="json")
        for item in content["criteria"]:
            if not item["may_override"]:
                del item["may_override"]
            for answer in item["answers"].values():
                del answer["source"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id; raises ``KeyError``."""
        return {criterion.id: criterion for criterion in self.criteria}[criterion_id]

    @property
    def in_chat(self) -> tuple[Criterion, ...]:
        """What the assistant asks an officer, in order."""
        return tuple(item for item in self.criteria if item.asked is Asked.chat)


def rule_set_of(site: str) -> RuleSet:
    """The rule set in force at ``site`` today; raises ``sites.UnknownSiteError``."""
    return rule_set_on(site, today())


@lru_cache(maxsize=64)
def rule_set_on(site: str, day: date) -> RuleSet:
    """The rule set of a day: its disposals are called as the law calls them that day."""
    here = site_of(site)
    return named(laid_over(site, *criteria_documents(here.code)), here.disposals_on(day))


def named(rules: RuleSet, names: Mapping[str, str]) -> RuleSet:
    """The rules with the disposals of ``names`` (by code) called so, where they are answers."""

    def worded(code: str, answer: Answer) -> Answer:
        label = names[code][:1].upper() + names[code][1:] if code in names else answer.label
        return answer.model_copy(update={"label": label})

    criteria = tuple(
        item.model_copy(
            update={"answers": {code: worded(code, each) for code, each in item.answers.items()}}
        )
        if item.id == DISPOSAL
        else item
        for item in rules.criteria
    )
    return rules.model_copy(update={"criteria": criteria})


def laid_over(site: str, baseline: dict[str, Any], own: dict[str, Any]) -> RuleSet:
    """The baseline with a site's own criteria over it; raises ``ValueError`` for no rule."""
    overrides: dict[str, Any] = own.get("overrides") or {}
    lookback = own.get("lookback_months", baseline["lookback_months"])
    return RuleSet(
        site=site,
        version=own["version"],
        lookback_months=lookback,
        prosecution_limits=baseline["prosecution_limits"] | own.get("prosecution_limits", {}),
        criteria=tuple(
            criterion(item, overrides.get(item["id"], {}), lookback)
            for item in baseline["criteria"]
        ),
    )


def criterion(item: dict[str, Any], over: dict[str, Any], lookback: int) -> Criterion:
    """One criterion with a site's override over it; raises ``ValueError`` for what is no rule.

    An override says ``source`` and ``sure`` of itself. The source goes with each answer whose
    effect it changes, so that an officer reads where this site's rule comes from.
    """
    rule = {key: value for key, value in over.items() if key not in ("source", "sure", "override")}
    if "answers" in rule:
        rule["answers"] = {
            code: answer | ({"source": over.get("source", "")} if "effect" in answer else {})
            for code, answer in rule["answers"].items()
        }
    merged = _overlaid(item, rule) | {"may_override": over.get("override") == BY_AUTHORISER}
    return Criterion(**_worded(merged, lookback))


def _overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    return base | {
        key: _overlaid(base[key], value) if isinstance(value, dict) and key in base else value
        for key, value in over.items()
    }


def _worded(item: dict[str, Any], lookback: int) -> dict[str, Any]:
    return item | {"question": item["question"].replace("{lookback_months}", str(lookback))}
