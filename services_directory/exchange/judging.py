"""What is wrong with one row: what it lacks, what cannot be stored, and what our checks find."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from services_directory.checks.fields import check
from services_directory.checks.finding import Finding, error, warning
from services_directory.checks.known import check_known
from services_directory.exchange.areas import LONGEST_NAME
from services_directory.exchange.faults import LONGEST_EXTRA, LONGEST_FIELD
from services_directory.exchange.services import ID
from services_directory.exchange.timetable import shifted
from services_directory.listing import OFFERED_STATUSES
from sites import NATIONAL, all_sites

_REQUIRED = {
    "id": "There is no id: it tells this listing from the others.",
    "organisation": "No organisation is named.",
    "service_name": "The service has no name.",
}
_WORDS = ("eligibility", "how_to_access", "notes")
_YES_OR_NO = {"yes": "yes", "true": "yes", "1": "yes", "no": "", "false": "", "0": "", "": ""}
FLAGS = ("crisis", "address_withheld")
MODES = frozenset({"phone", "in_person", "online"})
# Control characters (Cc), halves of characters (Cs) and what no Unicode gives a meaning to (Cn).
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn"})
_PLAIN = re.compile(r"[ -~£–—‘’“”é\n\r\t]*")


def cleaned(document: Mapping[str, str]) -> dict[str, str]:
    """The row as our columns are written: "Yes" and "TRUE" are "yes", "no" is nothing."""
    clean = {name: value.strip() for name, value in document.items()}
    for flag in FLAGS:
        if flag in clean:
            said = clean[flag].casefold()
            clean[flag] = _YES_OR_NO.get(said, clean[flag])
    return clean


def unstorable(document: Mapping[str, str]) -> list[Finding]:
    """What no database, page or search would bear; the other checks need not see such a row."""
    return list(_unstorable(document))


def faults_of(document: Mapping[str, str], *, own: bool) -> list[Finding]:
    """Everything that a coordinator should know of a row, errors and warnings."""
    return [
        *_lacking(document, own=own),
        *_values(document),
        *check(document),
        *check_known(document),
        *shifted(
            document.get("opening_hours", ""),
            ". ".join(document.get(field, "") for field in _WORDS),
        ),
    ]


def says_no_more(value: str, echo: str) -> bool:
    """Whether a value is what our own export says, or of its JSON a part.

    A package has one row for an organisation, so what is kept of it comes back from one listing.
    """
    if value == echo:
        return True
    if not (value.startswith("{") and echo.startswith("{")):
        return False
    try:
        return _within(json.loads(value), json.loads(echo))
    except (ValueError, RecursionError):
        return False


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(each, whole[name]) for name, each in part.items())
    return bool(part == whole)


def _unstorable(document: Mapping[str, str]) -> Iterator[Finding]:
    for field, value in document.items():
        most = LONGEST_EXTRA if field == "hsds" else LONGEST_FIELD
        if len(value) > most:
            words = f"{len(value):,} characters are too many: the most is {most:,}."
            yield error("too_long", field, words)
        elif not _PLAIN.fullmatch(value) and (bad := _unprintable(value)):
            words = f"A character that cannot be shown is in it: {bad}."
            yield error("character", field, words)
    found = document.get("id", "")
    if found and not ID.fullmatch(found):
        words = f"“{found[:80]}” is no id: letters, digits, - . _ : and at most 60 of them."
        yield error("id", "id", words)


def _unprintable(value: str) -> str:
    """The first such character by its number; tabs and ends of lines are none."""
    bad = (c for c in value if unicodedata.category(c) in _UNPRINTABLE and c not in "\n\r\t")
    return next((f"U+{ord(c):04X}" for c in bad), "")


def _lacking(document: Mapping[str, str], *, own: bool) -> Iterator[Finding]:
    for field, words in _REQUIRED.items():
        if not document.get(field):
            yield error("missing", field, words)
    if own and not document.get("needs") and document.get("crisis") != "yes":
        yield error("missing", "needs", "No need is given, and it is no crisis line.")
    offered = document.get("status") in OFFERED_STATUSES
    if offered and not document.get("opening_hours"):
        yield warning("hours_missing", "opening_hours", "No opening hours are given.")
    if offered and not document.get("covers"):
        words = "No area is given that it serves: nobody who names a place will find it."
        yield warning("area_missing", "covers", words)


def _values(document: Mapping[str, str]) -> Iterator[Finding]:
    site = document.get("site", "")
    if site and site != NATIONAL and site not in all_sites():
        yield error("site_unknown", "site", f"There is no site called “{site}”.")
    for flag in FLAGS:
        if document.get(flag, "") not in ("", "yes"):
            yield error("flag", flag, f"“{document[flag][:20]}” is neither yes nor no.")
    for name in document.get("covers", "").split("|"):
        if len(name.strip()) > LONGEST_NAME:
            words = f"“{name.strip()[:30]}…” is too long for a place: split places by |."
            yield error("cover_long", "covers", words)
    for mode in filter(None, document.get("modes", "").split("|")):
        if mode.strip() not in MODES:
            yield error("mode", "modes", f"“{mode[:20]}” is none of phone, in_person and online.")
    if (kept := document.get("hsds", "")) and not _is_object(kept):
        yield error("hsds", "hsds", "This is kept for other systems and has to be a JSON object.")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
