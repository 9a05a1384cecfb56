"""The referral as it is handed over: made of what was frozen, in the shape of a published schema.

It holds what a booking needs and no more: no force reference, and nothing of the person harmed
(design D13), neither an answer about them nor a reason that an officer gave because of them.
Whether the two live together now is asked for safe contact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from referrals.fields import BY_NAME

OVERRIDE = "override_reason"
VERSION = "1.2.0"
KINDS = ("referral", "withdrawal")
# What a booking needs. The force's own references and the risk tool stay with the force.
BOOKING = (
    "officer_phone",
    "officer_in_case",
    "full_name",
    "date_of_birth",
    "postcode_district",
    "living_with_victim_now",
    "mobile",
    "phone_is_private",
    "text_consent",
    "ok_hours",
    "second_contact",
    "interpreter_language",
    "access_needs",
    "when_unavailable",
    "support_needs_seen",
    OVERRIDE,
)


@dataclass(frozen=True)
class Facts:
    """What the record knows beside the frozen copy; dates and moments in ISO 8601."""

    reference: str
    site: str
    delivery_site: str
    route: str
    authorised_at: str
    given_on: str | None
    officer: str
    reason_is_about_victim: bool = False


def document(facts: Facts, frozen: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider gets, valid under :func:`schema`; a field not given is null."""
    return {
        "version": VERSION,
        "reference": facts.reference,
        "site": facts.site,
        "delivery_site": facts.delivery_site or None,
        "route": facts.route,
        "authorised_at": facts.authorised_at,
        "given_on": facts.given_on,
        "officer": facts.officer,
        "outcome": frozen["outcome"],
        "rule_set": {"name": frozen["rule_set"], "digest": frozen["rule_set_digest"]},
        "criteria": [
            {name: each[name] for name in ("id", "question", "answer", "words")}
            for each in frozen["criteria"]
        ],
        "fields": [
            _field(each)
            for each in frozen["fields"]
            if each["name"] in BOOKING
            and not (facts.reason_is_about_victim and each["name"] == OVERRIDE)
        ],
    }


def _field(given: Mapping[str, Any]) -> dict[str, str | None]:
    value = given["answer"] or None
    return {
        "name": given["name"],
        "question": given["question"],
        "answer": value,
        "words": BY_NAME[given["name"]].words_for(value) if value else None,
    }


@lru_cache(maxsize=2)
def schema(kind: str = "referral") -> dict[str, Any]:
    """The JSON Schema (2020-12) of what a receiver gets, one of :data:`KINDS`."""
    path = Path(__file__).with_name(f"{kind}.schema.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
