"""Opening hours in words: in the one way of writing that is read back, and in lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from services_directory.hours import DAY, WHOLE_DAY, DayHours, Hours, Spans, by_weekday

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_DAYS = tuple(name[:3] for name in DAYS)
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
NTH = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", -1: "Last"}
SHORT_NTH = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 5: "5th", -1: "last"}
MOST_DATES = 366  # The longest range of dates in one clause, in days.


def as_text(hours: Hours) -> str:
    """The same hours in one way of writing, which ``read_hours`` reads back; "" where unknown."""
    clauses = ["24/7"] if hours.kind == "always" else []
    if not clauses:
        clauses = [f"{_short_days(days)} {_times_text(spans)}" for spans, days in _weekly(hours)]
    for monthly in hours.monthly:
        name = monthly_day(monthly.nth, monthly.weekday, SHORT_NTH, SHORT_DAYS)
        clauses.append(f"{name} {_times_text(monthly.spans)}")
    clauses += {
        "closed": ["closed bank holidays"],
        "same": ["including bank holidays"],
        "special": [f"bank holidays {_times_text(hours.holiday_spans)}"],
        "unknown": [],
    }[hours.bank_holidays]
    for first, last, spans in _ranges(hours.exceptions):
        dates = "-".join(date_text(day) for day in dict.fromkeys((first, last)))
        clauses.append(f"{dates} {_times_text(spans)}")
    return "; ".join([*clauses, *(["by appointment"] if hours.kind == "appointment" else [])])


def said(hours: Hours) -> list[str]:
    """The hours in lines for people; none where they are unknown."""
    lines = ["By appointment: ring first"] if hours.kind == "appointment" else []
    if hours.kind == "always":
        lines = ["Every day: 24 hours"]
    else:
        lines += [f"{_long_days(days)}: {_times_said(spans)}" for spans, days in _weekly(hours)]
    for monthly in hours.monthly:
        name = monthly_day(monthly.nth, monthly.weekday, NTH, DAYS)
        lines.append(f"{name} of the month: {_times_said(monthly.spans)}")
    lines += {
        "closed": ["Closed on bank holidays"],
        "same": ["Open on bank holidays too"],
        "special": [f"Bank holidays: {_times_said(hours.holiday_spans)}"],
        "unknown": [],
    }[hours.bank_holidays]
    for first, last, spans in _ranges(hours.exceptions):
        dates = " to ".join(_date_said(day) for day in dict.fromkeys((first, last)))
        lines.append(f"{dates}: {_times_said(spans)}")
    return lines


def _weekly(hours: Hours) -> Iterable[tuple[Spans, list[int]]]:
    """The days that have the same hours, together."""
    days: dict[Spans, list[int]] = {}
    for day, spans in enumerate(by_weekday(hours.week)):
        if spans:
            days.setdefault(spans, []).append(day)
    return days.items()


def _runs(days: list[int], names: Sequence[str], to: str) -> list[str]:
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0])
    ]
    return [to.join(names[day] for day in dict.fromkeys((run[0], run[-1]))) for run in runs]


def _short_days(days: list[int]) -> str:
    return "Every day" if len(days) == 7 else ", ".join(_runs(days, SHORT_DAYS, "-"))


def _long_days(days: list[int]) -> str:
    if len(days) == 7:
        return "Every day"
    *others, last = _runs(days, DAYS, " to ")
    return f"{', '.join(others)} and {last}" if others else last


def monthly_day(nth: int, day: int, ordinals: dict[int, str], names: Sequence[str]) -> str:
    """An nth weekday of the month, in short or in full by the names that are given."""
    return f"{ordinals[nth]} {names[day]}"


def _ranges(exceptions: Iterable[DayHours]) -> list[tuple[date, date, Spans]]:
    """Dates that follow one another with the same hours, as from the first to the last."""
    ranges: list[tuple[date, date, Spans]] = []
    for day in exceptions:
        first, last, spans = ranges[-1] if ranges else (date.min, date.min, ())
        follows = (day.date - last).days == 1 and (day.date - first).days < MOST_DATES
        if follows and spans == day.spans:
            ranges[-1] = (first, day.date, spans)
        else:
            ranges.append((day.date, day.date, day.spans))
    return ranges


def date_text(day: date) -> str:
    """A date as it is written in the text of opening hours: 25 Dec 2026."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _date_said(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _times_text(spans: Spans) -> str:
    if not spans or spans == WHOLE_DAY:
        return "24 hours" if spans else "closed"
    return " and ".join("-".join(map(_clock, span)) for span in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _times_said(spans: Spans) -> str:
    if not spans or spans == WHOLE_DAY:
        return "24 hours" if spans else "closed"
    return " and ".join(" to ".join(map(_clock_said, span)) for span in spans)


def _clock_said(minute: int) -> str:
    hour, minute = divmod(minute % DAY, 60)
    if minute == 0 and hour % 12 == 0:
        return "midday" if hour else "midnight"
    return f"{hour % 12 or 12}{f':{minute:02}' if minute else ''}{'pm' if hour >= 12 else 'am'}"
