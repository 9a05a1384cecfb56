"""Schedules of HSDS as our text of opening hours, and weekdays that are counted wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services_directory.checks.finding import Finding, warning
from services_directory.checks.weekdays import DAYS, days_in
from services_directory.exchange.reading import Entity, text
from services_directory.hours import DAY, DayHours, Hours, Monthly, Spans, joined, week_of
from services_directory.hours_said import as_text
from services_directory.oruk.schedules import BYDAY

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d)?")
_ON = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# How ``oruk.schedules`` says what HSDS has no field for.
_SHUT_ON = re.compile(r"\bClosed on (\d{4}-\d\d-\d\d)\b")
_SPECIAL = re.compile(r"\bOther hours on bank holidays: ([^.]*)\.")
_BANK: tuple[tuple[str, Literal["closed", "same"]], ...] = (
    ("closed on bank holidays", "closed"),
    ("the same on bank holidays", "same"),
)
# There is no field for 24 hours: from midnight to this minute is the convention.
_LAST_MINUTE = DAY - 1
_LIMITS = ("count", "byweekno", "bymonthday", "byyearday")
SHIFTED = "weekday_shifted"
# So many rows that are out by some days are no accident.
_FEWEST = 3


class _StrangeError(ValueError):
    """A schedule says what our hours cannot; the message is part of a sentence."""


@dataclass
class _Told:
    week: list[tuple[int, int]] = field(default_factory=list)
    monthly: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)
    dated: dict[date, list[tuple[int, int]]] = field(default_factory=dict)


def hours_of(schedules: Sequence[Entity], *, on: date) -> tuple[str, list[Finding]]:
    """The text for schedules that hold on or after ``on``, and what was wrong with them.

    Where one is not understood the whole is its own words, so that a person looks: half of the
    hours would be taken for all of them.
    """
    if not schedules:
        return "", []
    told, findings = _Told(), []
    about = " ".join(dict.fromkeys(text(each.get("description")) for each in schedules)).strip()
    try:
        for schedule in schedules:
            if _over(schedule, on):
                findings.append(_past(schedule))
            else:
                _take(told, schedule, on)
    except _StrangeError as strange:
        words = f"The opening hours were not understood: {strange}."
        return about, [warning("schedule", "opening_hours", words)]
    said = as_text(_hours(told, about))
    return said, [*findings, *_against(days_in(said), about)]


def shift_of(hours: frozenset[int], said: frozenset[int]) -> int:
    """By how many days the first are early (late: below 0) against the second; 0 if not just so."""
    if not hours or hours == said or len(hours) != len(said):
        return 0
    # Of single days one is as likely as another: only the next one tells of wrong counting.
    steps = (1, -1) if len(hours) == 1 else (1, -1, 2, -2, 3, -3)
    shifts = [step for step in steps if _moved(hours, step) == said]
    return shifts[0] if shifts else 0


def shifted(hours: str, words: str) -> list[Finding]:
    """A warning where the hours are the days of the words, moved."""
    return _against(days_in(hours), words)


def shifts_in(findings: Iterable[Finding]) -> str:
    """A sentence where so many rows of a source are a day out that its way of counting must be."""
    count = sum(each.check == SHIFTED for each in findings)
    if count < _FEWEST:
        return ""
    return (
        f"In {count:,} rows the weekdays of the hours are not those of their own words, moved by"
        " the same days: the file probably counts its weekdays wrongly."
    )


def _take(told: _Told, schedule: Entity, on: date) -> None:
    """Add one schedule; raises :class:`_StrangeError`."""
    limits = [name for name in _LIMITS if text(schedule.get(name))]
    if limits or text(schedule.get("interval")) not in ("", "1"):
        raise _StrangeError(f"a rule by {(limits or ['interval'])[0]}")
    byday, freq = text(schedule.get("byday")).upper(), text(schedule.get("freq")).upper()
    opens, closes = (text(schedule.get(name)) for name in ("opens_at", "closes_at"))
    if not (byday or freq or opens or closes):
        return
    span = _span(opens, closes)
    day = _single_day(schedule)
    if day:
        told.dated.setdefault(day, []).append(span)
        return
    first = _day(schedule.get("valid_from"))
    if first and first > on:
        raise _StrangeError(f"hours that only begin on {first.isoformat()}")
    _recurring(told, freq, byday, span)


def _recurring(told: _Told, freq: str, byday: str, span: tuple[int, int]) -> None:
    if freq == "DAILY" and not byday:
        byday = ",".join(BYDAY)
    for part in re.split(r"[,;\s]+", byday):
        found = _ON.fullmatch(part)
        if not found or freq not in ("", "WEEKLY", "DAILY", "MONTHLY"):
            raise _StrangeError(f"“{freq} {byday}”".replace(" ”", "”"))
        day = BYDAY.index(found[2])
        if not found[1]:
            if freq == "MONTHLY":
                raise _StrangeError(f"“MONTHLY {byday}”")
            told.week.append((day * DAY + span[0], day * DAY + span[1]))
        elif (nth := int(found[1])) in (1, 2, 3, 4, 5, -1):
            told.monthly.setdefault((nth, day), []).append(span)
        else:
            raise _StrangeError(f"“{part}”")


def _hours(told: _Told, about: str) -> Hours:
    special = _SPECIAL.search(about)
    spans = _spans(special[1]) if special else ()
    bank: Literal["closed", "same", "special", "unknown"] = "special" if spans else "unknown"
    for words, meaning in _BANK:
        if words in about.casefold():
            bank = meaning
    dated: dict[date, list[tuple[int, int]]] = dict(told.dated)
    for each in _SHUT_ON.findall(about):
        if found := _day(each):
            dated.setdefault(found, [])
    return Hours(
        _kind(told, about),
        week_of(told.week),
        tuple(Monthly(nth, day, joined(told.monthly[nth, day])) for nth, day in told.monthly),
        tuple(DayHours(day, joined(dated[day])) for day in sorted(dated)),
        bank,
        spans,
    )


def _kind(told: _Told, about: str) -> Literal["appointment", "always", "weekly"]:
    if "by appointment" in about.casefold():
        return "appointment"
    return "always" if joined(week_of(told.week)) == ((0, 7 * DAY),) else "weekly"


def _span(opens: str, closes: str) -> tuple[int, int]:
    """Minutes of the day; closing at or before opening is on the next day."""
    start, end = _minute(opens), _minute(closes)
    if start == 0 and end == _LAST_MINUTE:
        return 0, DAY
    return start, end if end > start else end + DAY


def _minute(said: str) -> int:
    found = _CLOCK.fullmatch(said)
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY or (found and int(found[2]) > 59):
        raise _StrangeError(f"“{said}” is no time" if said else "a time is missing")
    return minute


def _spans(said: str) -> Spans:
    pairs = re.findall(r"(\d\d:\d\d) to (\d\d:\d\d)", said)
    return joined(_span(opens, closes) for opens, closes in pairs)


def _day(value: object) -> date | None:
    """A date; raises :class:`_StrangeError` for one that is in no calendar, as in the year 0."""
    said = text(value)
    if not said:
        return None
    found = _DATE.match(said)
    try:
        return date.fromisoformat(found[0] if found else said)
    except ValueError:
        raise _StrangeError(f"“{said[:20]}” is no date") from None


def _single_day(schedule: Entity) -> date | None:
    first, last = _day(schedule.get("valid_from")), _day(schedule.get("valid_to"))
    return first if first and first == last else None


def _over(schedule: Entity, on: date) -> bool:
    last = _day(schedule.get("valid_to"))
    return bool(last and last < on)


def _past(schedule: Entity) -> Finding:
    words = f"Hours that ended on {text(schedule.get('valid_to'))} are left out."
    return warning("schedule_past", "opening_hours", words)


def _against(hours: frozenset[int], words: str) -> list[Finding]:
    said = days_in(words)
    step = shift_of(hours, said)
    if not step:
        return []
    told = (
        f"The hours say {_named(hours)}, the words say {_named(said)}: every day is {_days(step)}."
    )
    return [warning(SHIFTED, "opening_hours", told)]


def _moved(days: frozenset[int], step: int) -> frozenset[int]:
    return frozenset((day + step) % len(DAYS) for day in days)


def _days(step: int) -> str:
    count = "one day" if abs(step) == 1 else f"{abs(step)} days"
    return f"{count} {'early' if step > 0 else 'late'}"


def _named(days: frozenset[int]) -> str:
    return ", ".join(DAYS[day] for day in sorted(days))
