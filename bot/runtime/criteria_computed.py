"""Answers that are worked out from a number or a date: the age, and how old a conviction is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

Found = tuple[str, bool] | None
"""The value and whether it is sure, or ``None`` where the number says nothing."""

ADULT = 18
LOOK_BACK_MONTHS = 24
_UNITS = {
    word: at
    for at, word in enumerate(
        [
            *["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
            *["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"],
            *["eighteen", "nineteen"],
        ],
        start=1,
    )
}
_TENS = {
    word: 10 * at
    for at, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_NUMBERS = _UNITS | _TENS | {"a": 1, "an": 1, "couple": 2}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DATE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[/ ]([a-z]{3,9}|\d{1,2})[/ ](\d{4}|\d{2})\b")
_MONTH_YEAR = re.compile(
    rf"\b({'|'.join(_MONTHS)})[a-z]* (?:of )?((?:19|20)\d\d|[012]\d(?! (?:19|20)\d\d))\b"
)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_AGO = re.compile(r"\b([a-z]+|\d+) (?:of )?(year|month|week|day)s? (?:ago|back|old)\b")
_RECENT = re.compile(
    r"\b(?:last|this|earlier this) (?:year|month|week|summer|autumn|winter|spring|christmas|xmas"
    r"|easter)\b|\brecent(?:ly)?\b"
    rf"|\b(?:in|last|since|on|from|back in) (?:{'|'.join(_MONTHS)})[a-z]*\b(?! *(?:\d|of ))"
)
_LONG_AGO = re.compile(
    r"\b(?:years ago|decades? ago|ages ago|long time ago|historic(?:al)?|as a (?:juvenile|youth)"
    r"|outside (?:the )?look ?back|(?:over|more than) (?:two|2|24) (?:years?|months)|older than)\b"
)
_WITHIN = re.compile(r"\b(?:within|inside|in the last) (?:the )?(?:look ?back|2|two|24|12|last)\b")


def number(words: str) -> int | None:
    """ "thirty two", "32" -> 32."""
    if words.isdigit():
        return int(words)
    parts = [_NUMBERS.get(word) for word in words.split()]
    return None if not parts or None in parts else sum(part for part in parts if part)


def age(match: re.Match[str], around: str, today: date) -> Found:
    """18 or over, from an age; an age below ten is somebody else's."""
    years = number(match["age"])
    if years is None or not 10 <= years <= 99:
        return None
    return ("yes" if years >= ADULT else "no"), True


def birth(match: re.Match[str], around: str, today: date) -> Found:
    """18 or over, from a birth date (day first) or a birth year where that settles it."""
    told = match["born"]
    full, year = _DATE.search(told), _YEAR.search(told)
    if full and (month := _month(full[2])):
        turned = (_century(int(full[3]), today) + ADULT, month, int(full[1]))
        return ("yes" if turned <= (today.year, today.month, today.day) else "no"), True
    if year and (years := today.year - int(year[1])) != ADULT:
        return ("yes" if years > ADULT else "no"), True
    return None


def look_back(match: re.Match[str], around: str, today: date) -> Found:
    """Inside or outside the look-back, from the words around a conviction; undated is unsure."""
    for test, value in ((_WITHIN, "yes"), (_LONG_AGO, "older"), (_RECENT, "yes")):
        if test.search(around) and not (test is _LONG_AGO and _AGO.search(around)):
            return value, True
    months = _months_since(around, today)
    if months is None:
        return "yes", False
    to_the_month = _AGO.search(around) or _dated(around, today)
    borderline = abs(months - LOOK_BACK_MONTHS) < (1 if to_the_month else 12)
    return ("older" if months > LOOK_BACK_MONTHS else "yes"), not borderline


COMPUTED: dict[str, Callable[[re.Match[str], str, date], Found]] = {
    "=age": age,
    "=birth": birth,
    "=look_back": look_back,
}


def _months_since(around: str, today: date) -> int | None:
    ago = _AGO.search(around)
    count = number(ago[1]) if ago else None
    if ago and count is not None:
        return count * {"year": 12, "month": 1, "week": 0, "day": 0}[ago[2]]
    if dated := _dated(around, today):
        return dated[0]
    years = [int(year) for year in _YEAR.findall(around) if int(year) <= today.year]
    return (today.year - max(years)) * 12 if years else None


def _dated(around: str, today: date) -> list[int]:
    """Months since each date that names its month, the latest first."""
    found = [
        (_month(month), _century(int(year), today)) for month, year in _MONTH_YEAR.findall(around)
    ]
    found += [
        (_month(month), _century(int(year), today)) for _, month, year in _DATE.findall(around)
    ]
    since = [12 * (today.year - year) + today.month - month for month, year in found if month]
    return sorted(months for months in since if months >= 0)


def _month(word: str) -> int | None:
    if word.isdigit():
        return int(word) if 1 <= int(word) <= 12 else None
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else None


def _century(year: int, today: date) -> int:
    if year > 99:
        return year
    return year + (2000 if year <= today.year % 100 else 1900)
