"""Weekdays in the hours against weekdays in the words of the same listing.

In the data of a neighbour of ours the hours of 103 of 111 services were one day early against
their own text, so the day in the hours is not to be believed where the words name another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from services_directory.checks.finding import Finding, warning

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# So many listings that are out by the same number of days are no accident.
FEWEST_SHIFTED = 3
SHARE_SHIFTED = 0.5
_DAY = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|days?|sdays?|nesdays?|rs|rsdays?|urdays?)?\b", re.I
)
_RANGE = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\s*(?:-|–|to)\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b",
    re.I,
)
_SHUT = re.compile(r"\b(?:closed|except|not)(?: on)? (?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", re.I)
_WORDS = ("service_name", "eligibility", "how_to_access", "notes")
_SHORT = tuple(day[:3].casefold() for day in DAYS)


def check_weekdays(document: Mapping[str, str]) -> list[Finding]:
    """A warning where hours and words name days and none of the words' days is in the hours."""
    hours, said = _days_of(document)
    if not hours or not said or hours & said:
        return []
    words = f"The hours say {_named(hours)}, the words say {_named(said)}: ask which is right."
    return [warning("weekday_against_words", "opening_hours", words)]


def shifted(documents: Iterable[Mapping[str, str]]) -> int:
    """By how many days the hours of a whole file are early against its own words; 0 if they agree.

    Only listings with one day in each count. The number is from 1 to 6.
    """
    shifts: Counter[int] = Counter()
    for document in documents:
        hours, said = _days_of(document)
        if len(hours) == 1 and len(said) == 1:
            shifts[(min(said) - min(hours)) % len(DAYS)] += 1
    if not shifts:
        return 0
    days, count = shifts.most_common(1)[0]
    enough = count >= FEWEST_SHIFTED and count > SHARE_SHIFTED * shifts.total()
    return days if enough else 0


def _days_of(document: Mapping[str, str]) -> tuple[frozenset[int], frozenset[int]]:
    said = ". ".join(document.get(field, "") for field in _WORDS)
    return days_in(document.get("opening_hours", "")), days_in(said)


def days_in(text: str) -> frozenset[int]:
    """The days that a text names, 0 for Monday; ranges count whole, days it is closed on not."""
    text = _SHUT.sub(" ", text)
    found = {_SHORT.index(match[1].casefold()) for match in _DAY.finditer(text)}
    for match in _RANGE.finditer(text):
        first, last = (_SHORT.index(match[at].casefold()) for at in (1, 2))
        found |= {(first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1)}
    return frozenset(found)


def _named(days: frozenset[int]) -> str:
    return " and ".join(DAYS[day] for day in sorted(days))
