"""A site's criteria: the baseline with the site's overrides laid over it, as immutable data."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from sites import criteria_documents, site_of


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
    """One allowed answer; ``instead`` tells the officer what to do when it excludes."""

    label: str
    effect: Effect
    note: str = ""
    instead: str = ""


class Criterion(_Data):
    """One question to the officer, with its reason and its source."""

    id: str
    label: str
    question: str
    why: str
    source: str
    basis: Basis
    asked: Asked = Asked.chat
    answers: dict[str, Answer]


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
        """A hash of the whole content: a changed rule set under an old version is noticed."""
        document = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id; raises ``KeyError``."""
        return {criterion.id: criterion for criterion in self.criteria}[criterion_id]

    @property
    def in_chat(self) -> tuple[Criterion, ...]:
        """What the assistant asks an officer, in order."""
        return tuple(item for item in self.criteria if item.asked is Asked.chat)


@lru_cache(maxsize=32)
def rule_set_of(site: str) -> RuleSet:
    """The rule set in force at ``site``; raises ``sites.UnknownSiteError``."""
    baseline, own = criteria_documents(site_of(site).code)
    overrides: dict[str, Any] = own.get("overrides", {})
    lookback = own.get("lookback_months", baseline["lookback_months"])
    return RuleSet(
        site=site,
        version=own["version"],
        lookback_months=lookback,
        prosecution_limits=baseline["prosecution_limits"] | own.get("prosecution_limits", {}),
        criteria=tuple(
            Criterion(**_worded(_overlaid(item, overrides.get(item["id"], {})), lookback))
            for item in baseline["criteria"]
        ),
    )


def _overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    return base | {
        key: _overlaid(base[key], value) if isinstance(value, dict) and key in base else value
        for key, value in over.items()
    }


def _worded(item: dict[str, Any], lookback: int) -> dict[str, Any]:
    return item | {"question": item["question"].replace("{lookback_months}", str(lookback))}
