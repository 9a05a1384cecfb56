"""What wrong details taught: one check for each way in which public pages mislead about a service.

The ways are those of a collection of wrong, closed and outdated details that pages still carry.
What only knowledge can catch stands in ``known_wrong.csv``; the rest are rules. Wrong digits and
letters in a number, labels, charges and misspelt domains are faults of one field: see ``fields``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services_directory.checks.finding import Finding, error, warning
from services_directory.checks.names import plain, same_organisation
from services_directory.checks.phones import dialled, numbers
from services_directory.checks.weekdays import check_weekdays
from services_directory.listing import OFFERED_STATUSES

KNOWN_WRONG = Path(__file__).with_name("known_wrong.csv")
# What a reader of the card sees as a way in. Notes may tell of a wrong number without giving it.
_WAYS_IN = ("phone", "text_sms", "how_to_access", "eligibility", "opening_hours", "cost")
_NAMES = ("organisation", "service_name")
_WORDS = ("service_name", "eligibility", "how_to_access", "opening_hours", "notes")
_CLOSED = re.compile(
    r"(?:\b(?:service|project|charity|it|has|is|now|permanently)\s+closed\b(?! (?:on|over|at|for) )"
    r"|^closed (?:on |in )?\d|\bceased (?:to operate|trading)\b"
    r"|\bno longer (?:runs|operates|exists)\b|\bwound up\b|\bCLOSED \d)"
)
_NOT_TAKING = re.compile(
    r"\bwaiting list (?:is )?(?:now )?closed\b|\bclosed to (?:new )?referrals\b"
    r"|\bnot (?:currently )?(?:taking|accepting) (?:any )?(?:new )?(?:referrals|clients)\b"
    r"|\bno new referrals\b|\breferrals (?:are )?(?:paused|suspended)\b",
    re.I,
)
_NEW_PROVIDER = re.compile(
    r"\brecommission(?:ed|ing)\b|\bnew provider\b|\bprovider (?:has )?changed\b"
    r"|\bcontract (?:has )?(?:ended|ends|expired|moved|passed)\b|\btaken over by\b"
    r"|\bprovider of the newer contract\b",
    re.I,
)
_RENAMED = re.compile(r"\b(?:formerly|previously known as|used to be called|old name)\b", re.I)


@dataclass(frozen=True)
class Wrong:
    """A value that is known to be wrong; ``where`` limits it to listings with that word.

    ``better`` is what is right, or of kind "owner" the names that the number belongs to.
    """

    field: str
    value: str
    where: str
    kind: str
    better: str
    why: str


def check_known(document: Mapping[str, str]) -> list[Finding]:
    """What past mistakes teach about one listing, by knowledge and by rule."""
    return [
        *_wrong_numbers(document),
        *_wrong_names(document),
        *_wrong_domains(document),
        *_against_status(document),
        *_provider(document),
        *check_weekdays(document),
    ]


@lru_cache(maxsize=1)
def known_wrong() -> tuple[Wrong, ...]:
    """The rows of the file; raises ``TypeError`` where a column is missing."""
    with KNOWN_WRONG.open(newline="", encoding="utf-8") as source:
        return tuple(Wrong(**row) for row in csv.DictReader(source))


def _wrong_numbers(document: Mapping[str, str]) -> Iterator[Finding]:
    known = {dialled(each.value): each for each in known_wrong() if each.field == "phone"}
    for field in _WAYS_IN:
        for number in numbers(document.get(field, "")):
            wrong = known.get(number.digits)
            if wrong and wrong.kind == "owner":
                yield from _owner(document, field, number.raw, wrong)
            elif wrong:
                words = f"{number.raw} is out of date: {_told(wrong)}"
                yield error(f"known_{wrong.kind}", field, words)


def _owner(document: Mapping[str, str], field: str, raw: str, wrong: Wrong) -> Iterator[Finding]:
    ours = " / ".join(document.get(name, "") for name in _NAMES)
    owners = wrong.better.split("|")
    if not any(same_organisation(ours, owner) for owner in owners):
        words = f"{raw} is the number of {owners[0]}: {wrong.why}"
        yield error("known_owner", field, words)


def _wrong_names(document: Mapping[str, str]) -> Iterator[Finding]:
    place = plain(" ".join(document.get(f, "") for f in ("area_covered", "covers", "service_name")))
    for wrong in known_wrong():
        if wrong.field != "organisation" or not _holds(place, wrong.where):
            continue
        for field in _NAMES:
            if _holds(plain(document.get(field, "")), wrong.value):
                yield from _named(document, field, wrong)
                break


def _named(document: Mapping[str, str], field: str, wrong: Wrong) -> Iterator[Finding]:
    if wrong.kind != "closed":
        yield warning(f"known_{wrong.kind}", field, _told(wrong))
    elif _offered(document):
        yield error("known_closed", field, f"{wrong.value} is closed: {wrong.why}")


def _wrong_domains(document: Mapping[str, str]) -> Iterator[Finding]:
    for wrong in known_wrong():
        for field in ("email", "url"):
            text = document.get(field, "").casefold()
            if wrong.field == "email" and re.search(rf"\b{re.escape(wrong.value)}\b", text):
                yield error(f"known_{wrong.kind}", field, _told(wrong))


def _against_status(document: Mapping[str, str]) -> Iterator[Finding]:
    """The words say that it is shut or full, and the status offers it all the same."""
    if not _offered(document):
        return
    for field in _WORDS:
        text = document.get(field, "")
        if found := _NOT_TAKING.search(text):
            words = f"“{found[0]}” is written here: choose the status for a closed waiting list."
            yield warning("status_not_taking", field, words)
        elif found := _CLOSED.search(text):
            words = f"“{found[0]}” is written here: if the service is closed, say so in its status."
            yield warning("status_closed", field, words)


def _provider(document: Mapping[str, str]) -> Iterator[Finding]:
    # "verify" already says that somebody has to look.
    if document.get("status", "").strip() != "active":
        return
    for field in _WORDS:
        if found := _NEW_PROVIDER.search(document.get(field, "")):
            words = f"“{found[0]}” is written here: ask who runs the service now."
            yield warning("provider_changed", field, words)
    if found := _RENAMED.search(document.get("service_name", "")):
        words = f"“{found[0]}” is in the name: put the old name in the notes."
        yield warning("old_name", "service_name", words)


def _offered(document: Mapping[str, str]) -> bool:
    return document.get("status", "").strip() in OFFERED_STATUSES


def _holds(text: str, words: str) -> bool:
    """Whether a plain text holds these words as whole words; no words are in every text."""
    return f" {plain(words)} " in f" {text} " if words else True


def _told(wrong: Wrong) -> str:
    return f"{wrong.why} Use {wrong.better}." if wrong.better else wrong.why
