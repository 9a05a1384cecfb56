"""How long a confirmation lasts: groups of fields, each right until its date, then "check first".

Contact and hours are confirmed every 90 days, the rest every 180 (the aims of the directory's
design; NHS pharmacies and YourPeer use 90 as well). After as long again without a confirmation the
listing is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

GROUPS: Mapping[str, tuple[str, ...]] = {
    "contact": ("phone", "text_sms", "email", "url"),
    "hours": ("opening_hours",),
    "who": ("eligibility", "age_min", "age_max", "gender", "languages", "cost", "self_referral"),
    "rest": (
        "organisation",
        "service_name",
        "needs",
        "crisis",
        "area_covered",
        "covers",
        "address",
        "postcode",
        "address_withheld",
        "how_to_access",
        "modes",
        "delivery_site",
        "status",
    ),
}
LASTS: Mapping[str, timedelta] = {
    "contact": timedelta(days=90),
    "hours": timedelta(days=90),
    "who": timedelta(days=180),
    "rest": timedelta(days=180),
}
# What must be right before anybody is sent there: the assured date is the older of these.
CRITICAL = ("contact", "hours")
METHODS = ("phone", "visit", "website", "email", "partner")


@dataclass(frozen=True)
class Confirmation:
    """Somebody found the fields of ``group`` right on ``on``; it holds until ``due``."""

    group: str
    on: date
    due: date


@dataclass(frozen=True)
class Standing:
    """What the confirmations of a listing come to; no dates while a group was never confirmed."""

    assured_on: date | None = None
    check_after: date | None = None
    hide_after: date | None = None


def due(group: str, on: date) -> date:
    """The last day on which a confirmation of ``on`` still holds."""
    return on + LASTS[group]


def latest(confirmations: Iterable[Confirmation]) -> dict[str, Confirmation]:
    """The newest confirmation of each group."""
    newest: dict[str, Confirmation] = {}
    for each in sorted(confirmations, key=lambda each: (each.on, each.due)):
        newest[each.group] = each
    return newest


def standing(confirmations: Iterable[Confirmation]) -> Standing:
    """Assured once every group was confirmed; the group that runs out first decides until when."""
    newest = latest(confirmations)
    if set(newest) != set(GROUPS):
        return Standing()
    return Standing(
        assured_on=min(newest[group].on for group in CRITICAL),
        check_after=min(each.due for each in newest.values()),
        hide_after=min(each.due + LASTS[each.group] for each in newest.values()),
    )


def touched(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The groups in which two versions differ."""
    return tuple(
        group
        for group, fields in GROUPS.items()
        if any(before.get(field, "") != after.get(field, "") for field in fields)
    )
