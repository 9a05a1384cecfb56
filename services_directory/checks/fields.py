"""Checks one listing by itself, field by field and fields against each other; fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from services_directory.checks.finding import Finding, error, warning
from services_directory.checks.phones import check_numbers
from services_directory.checks.reading import reading_age
from services_directory.checks.values import check_values
from services_directory.checks.web import check_email, check_url
from services_directory.checks.where import check_where
from services_directory.checks.withheld import check_withheld
from services_directory.hours_text import hours_faults
from services_directory.listing import OFFERED_STATUSES

# GOV.UK writes for a reading age of nine; the words of this field make that out of reach.
OLDEST_READING_AGE = 14
_CONTACTS = ("phone", "text_sms", "email", "url")
_READ = ("eligibility", "how_to_access")
# What a spreadsheet runs, on the desk of whoever opens an export of ours: a function, another cell
# or a program. The OWASP page on CSV injection names the characters.
_FORMULA = re.compile(
    r"[\s\x00]*(?:=|[@+-]\s*(?:[A-Za-z.]+\(|\$?[A-Za-z]{1,3}\$?\d|[\"'(]|\w+[|!]))"
)
# A name may begin so ("+Choices"): a spreadsheet shows an error for it and runs nothing.
_LIKE_A_FORMULA = re.compile(r"[@+-][A-Za-z]")


def check(document: Mapping[str, str], *, on: date | None = None) -> list[Finding]:
    """Every fault in a listing, a mapping keyed by the CSV header; a missing key is empty.

    ``on`` is the day that counts as today. Nothing is raised, whatever the listing holds.
    """
    cost = document.get("cost", "")
    return [
        *check_numbers("phone", document.get("phone", ""), cost),
        *check_numbers("text_sms", document.get("text_sms", ""), cost),
        *check_email(document.get("email", ""), document.get("url", "")),
        *check_url(document.get("url", "")),
        *check_where(document),
        *check_values(document, on=on),
        *_contact(document),
        *_hours(document.get("opening_hours", "")),
        *_reading(document),
        *check_withheld(document),
        *_formulas(document),
    ]


def _contact(document: Mapping[str, str]) -> Iterator[Finding]:
    if document.get("status", "").strip() not in OFFERED_STATUSES:
        return
    if not any(document.get(field, "").strip() for field in _CONTACTS):
        words = "There is no telephone, text number, e-mail or web address: it is shown to nobody."
        yield warning("contact_missing", "phone", words)


def _hours(text: str) -> Iterator[Finding]:
    # The first fault is enough: what follows often comes of it.
    for fault in hours_faults(text)[:1]:
        words = f"{fault} Until then the hours count as not known."
        yield warning("hours_not_understood", "opening_hours", words)


def _reading(document: Mapping[str, str]) -> Iterator[Finding]:
    text = ". ".join(part for field in _READ if (part := document.get(field, "").strip(" .")))
    age = reading_age(text)
    if age is not None and age > OLDEST_READING_AGE:
        words = (
            f"Who it is for and how to start read like a text for somebody of {round(age)}: "
            "use shorter words and sentences."
        )
        yield warning("reading_age", "eligibility", words)


def _formulas(document: Mapping[str, str]) -> Iterator[Finding]:
    for field, text in document.items():
        start = text.strip()[:20]
        if _FORMULA.match(text):
            words = f"A spreadsheet would run “{start}” as a formula: begin with a word."
            yield error("formula", field, words)
        elif _LIKE_A_FORMULA.match(text):
            words = f"A spreadsheet would take “{start}” for a formula: begin with a word."
            yield warning("formula_like", field, words)
