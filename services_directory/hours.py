"""Opening hours: from their text to a week of minutes, and whether a service is open at a moment.

Bank holidays, dated exceptions and nth weekdays are not understood yet: a service that closes on a
bank holiday is still called open by its weekly hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from core.clock import LONDON

DAY = 24 * 60
WEEK = 7 * DAY
Intervals = tuple[tuple[int, int], ...]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = frozenset({"24/7", "24 hours"})
_ASIDES = re.compile(
    # Hours of another number or of the webchat say nothing about the service's own line.
    r";\s*(?:out of hours|office|webchat)\b[^;]*"
    r"|,\s*365 days a year"
    r"|\((?:arrive before \d\d:\d\d|national helpline)\)"
    r"|,\s*option \d(?=$|;)"
    r"|\bby telephone$",
    re.I,
)
_TOKEN = re.compile(
    r"\s*(?:(?P<every>every (?:day|evening))"
    r"|(?P<days>(?P<first>mon|tue|wed|thu|fri|sat|sun)(?:-(?P<last>mon|tue|wed|thu|fri|sat|sun))?)\b"
    r"|(?P<from>(?:[01]\d|2[0-3]):[0-5]\d)-(?P<to>(?:[01]\d|2[0-3]):[0-5]\d)\b"
    r"|(?P<joint>[,;]|and\b))",
    re.I,
)


@dataclass(frozen=True)
class OpenState:
    """Whether a service is open; ``until`` is the local date-time (ISO, with offset) of the change.

    ``until`` is None where nothing is known, or where it never closes.
    """

    state: Literal["open", "closed", "unknown"]
    until: str | None = None


@lru_cache(maxsize=1024)
def weekly_intervals(text: str) -> Intervals | None:
    """Minutes of the week (0 = Monday 00:00) between which it is open; None if not surely known.

    Whatever is not understood to the last word is unknown, which is never treated as closed.
    A closing time at or before the opening time is on the next day.
    """
    said = _ASIDES.sub("", text).strip().casefold()
    if said in _ALWAYS:
        return ((0, WEEK),)
    spans: list[tuple[int, int]] = []
    days: tuple[int, ...] = ()
    timed = True
    position = 0
    while position < len(said):
        token = _TOKEN.match(said, position)
        if token is None or (token["from"] and not days):
            return None
        position = token.end()
        if token["from"]:
            spans += [_span(day, token["from"], token["to"]) for day in days]
            timed = True
        elif not token["joint"]:
            days = (() if timed else days) + _days(token)
            timed = False
    return _merged(spans) if spans and timed else None


def open_state(intervals: Intervals | None, moment: datetime) -> OpenState:
    """Whether it is open at ``moment`` (aware) by the clocks of London, and until when."""
    if intervals is None:
        return OpenState("unknown")
    if intervals == ((0, WEEK),):
        return OpenState("open")
    local = moment.astimezone(LONDON)
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    closes = next((end for start, end in intervals if start <= minute < end), None)
    if closes is None:
        wait = min((start - minute) % WEEK for start, _ in intervals)
        return OpenState("closed", _later(moment, wait))
    runs_on = intervals[0][1] if closes == WEEK and intervals[0][0] == 0 else 0
    return OpenState("open", _later(moment, closes - minute + runs_on))


def _days(token: re.Match[str]) -> tuple[int, ...]:
    if token["every"]:
        return tuple(range(7))
    first = _DAYS.index(token["first"])
    last = _DAYS.index(token["last"]) if token["last"] else first
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def _span(day: int, opens: str, closes: str) -> tuple[int, int]:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    return day * DAY + start, day * DAY + (end if end > start else end + DAY)


def _merged(spans: list[tuple[int, int]]) -> Intervals:
    """In order, without overlap, and with Sunday night's end carried to Monday morning."""
    carried = [(0, end - WEEK) for _, end in spans if end > WEEK]
    merged: list[tuple[int, int]] = []
    for start, end in sorted([(start, min(end, WEEK)) for start, end in spans] + carried):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _later(moment: datetime, minutes: int) -> str:
    """The clock time so many clock minutes after ``moment``, on days when clocks change too."""
    local = moment.astimezone(LONDON).replace(second=0, microsecond=0)
    change = (local + timedelta(minutes=minutes)).replace(fold=0)
    if change.astimezone(UTC) <= moment:
        change = change.replace(fold=1)
    return change.astimezone(UTC).astimezone(LONDON).isoformat()
