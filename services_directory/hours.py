"""Opening hours as data: whether a service is open at a moment, until when, and its hours on days.

What the text of opening hours means is read in ``hours_text``. The rules kept here:

- A span belongs to the day on which it begins. One that runs past midnight runs on into the next
  day, even where that day is a bank holiday or an exception on which the service is closed.
- An exception for a date replaces the weekly, monthly and bank-holiday hours of that date.
- On a bank holiday of which the hours say nothing, the whole day is unknown: never a false "open",
  and never a false "closed" either. What never closes stays open.
- Times are those of the clocks of London. Where the clocks go back, a time that comes twice is the
  first for opening and the second for closing. Where they go forward, a time that is left out
  (01:30) moves forward to the end of what is left out (02:00); a span of which nothing remains
  (01:00-02:00) does not take place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from core.clock import LONDON
from services_directory.bank_holidays import is_bank_holiday

DAY = 24 * 60
WEEK = 7 * DAY
# Minutes of the week (0 = Monday 00:00), in order, not overlapping, within 0 and WEEK. Spans may
# touch: each belongs to the day on which it begins, which matters on exceptions and bank holidays.
Intervals = tuple[tuple[int, int], ...]
# Minutes of a day, in order; the end is past DAY where it closes on the next day.
Spans = tuple[tuple[int, int], ...]
Stretch = tuple[datetime, datetime, bool]

WHOLE_DAY: Spans = ((0, DAY),)
WHOLE_WEEK: Intervals = ((0, WEEK),)
# Longer than from the August bank holiday to Christmas, and than between two 5th Tuesdays.
_DAYS_AHEAD = 124
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OpenState:
    """Whether a service is open; ``until`` is the local date-time (ISO, with offset) of the change.

    ``until`` is None where nothing is known, where it never closes, and where nothing changes for
    four months. A closed service's ``until`` may be the beginning of a bank holiday of which
    nothing is known: ``opens_next`` gives the next opening that is sure.
    """

    state: Literal["open", "closed", "unknown"]
    until: str | None = None


@dataclass(frozen=True)
class Monthly:
    """Hours on one weekday of each month."""

    nth: int  # 1 to 5, or -1 for the last
    weekday: int  # 0 = Monday
    spans: Spans


@dataclass(frozen=True)
class DayHours:
    """Hours of one date, in place of all others; without spans it is closed all day."""

    date: date
    spans: Spans = ()


@dataclass(frozen=True)
class Hours:
    """When a service is open, as far as it is known.

    Kind "always" means 24 hours on every day, bank holidays too, but for the exceptions. Kind
    "appointment" may carry the hours in which appointments are given; it is never said to be open.
    """

    kind: Literal["weekly", "always", "appointment", "unknown"]
    week: Intervals = ()
    monthly: tuple[Monthly, ...] = ()
    exceptions: tuple[DayHours, ...] = ()
    bank_holidays: Literal["closed", "same", "special", "unknown"] = "unknown"
    holiday_spans: Spans = ()  # The hours of bank holidays, where they are "special".

    @property
    def steady(self) -> bool:
        """Whether every week is the same, bank holidays apart, so that the week alone decides."""
        return not self.monthly and not self.exceptions


UNKNOWN = Hours("unknown")
_ALWAYS = Hours("always", WHOLE_WEEK)


def open_state(hours: Hours | Intervals | None, moment: datetime) -> OpenState:
    """Whether it is open at ``moment`` (aware) by the clocks of London, and until when."""
    hours = _as_hours(hours)
    if hours.kind not in ("weekly", "always"):
        return OpenState("unknown")
    if hours.kind == "always" and not hours.exceptions:
        return OpenState("open")
    moment = moment.astimezone(UTC)
    today = moment.astimezone(LONDON).date()
    # A span that began yesterday may still run.
    last = today + _DAYS_AHEAD * _ONE_DAY
    state, until = _at(moment, _stretches(hours, today - _ONE_DAY, last))
    if until is None or until >= _utc(last, DAY):
        return OpenState(state)
    return OpenState(state, until.astimezone(LONDON).isoformat())


def opens_next(hours: Hours | Intervals | None, moment: datetime) -> datetime | None:
    """When it next surely opens, by the clocks of London.

    None while it is open, and where no opening is sure. Bank holidays of which nothing is known are
    passed over.
    """
    hours = _as_hours(hours)
    if hours.kind not in ("weekly", "always") or open_state(hours, moment).state == "open":
        return None
    today = moment.astimezone(LONDON).date()
    stretches = _stretches(hours, today, today + _DAYS_AHEAD * _ONE_DAY)
    opening = next((start for start, _, sure in stretches if sure and start > moment), None)
    return opening and opening.astimezone(LONDON)


def open_spans(hours: Hours, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """When it is surely open from the start of ``first`` to the end of ``last``, in UTC, joined."""
    if hours.kind not in ("weekly", "always"):
        return []
    begins, ends = _utc(first, 0), _utc(last, DAY)
    spans: list[tuple[datetime, datetime]] = []
    for opens, closes, sure in _stretches(hours, first - _ONE_DAY, last):
        start, end = max(opens, begins), min(closes, ends)
        if not sure or start >= end:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def week_of(spans: Iterable[tuple[int, int]]) -> Intervals:
    """A tidy week from spans of up to 24 hours, which may overlap and run past Sunday midnight.

    Spans of one day are joined, up to 24 hours. Of two others that overlap, the earlier ends where
    the later begins.
    """
    pieces = [(start, end, start // DAY) for start, end in spans]
    # Sunday night's stand before Monday morning's too.
    pieces += [(start - WEEK, end - WEEK, day - 7) for start, end, day in pieces if end > WEEK]
    week: list[tuple[int, int, int]] = []
    for start, end, day in sorted(pieces):
        if not week or start > week[-1][1]:
            week.append((start, end, day))
            continue
        begun, until, owner = week[-1]
        if owner == day and max(end, until) - begun <= DAY:
            week[-1] = (begun, max(end, until), day)
        elif end > until:
            week[-1:] = [(begun, start, owner), (start, end, day)]
    return tuple((max(start, 0), min(end, WEEK)) for start, end, _ in week if end > 0)


def joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, and those that touch or overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@lru_cache(maxsize=4096)
def by_weekday(week: Intervals) -> tuple[Spans, ...]:
    """The spans that begin on each weekday from Monday, in minutes of that day.

    What runs longer than a day is cut at midnights: no single day's hours are that long.
    """
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in _over_sunday_night(week):
        cuts = [start, *range(start + DAY - start % DAY, end, DAY), end]
        if end - start <= DAY:
            cuts = [start, end]
        for begin, stop in pairwise(cuts):
            day = begin // DAY
            days[day].append((begin - day * DAY, stop - day * DAY))
    return tuple(map(tuple, days))


def _as_hours(hours: Hours | Intervals | None) -> Hours:
    if isinstance(hours, Hours):
        return hours
    if hours is None:
        return UNKNOWN
    return _ALWAYS if hours == WHOLE_WEEK else Hours("weekly", hours)


def _at(
    moment: datetime, stretches: Iterator[Stretch]
) -> tuple[Literal["open", "closed", "unknown"], datetime | None]:
    """The state at the moment, and when it ends; None where that is not among the stretches."""
    unsure = False
    for start, end, sure in stretches:
        if start > moment:
            return ("unknown", None) if unsure else ("closed", start)
        if end > moment and sure:
            return "open", _end_of_run(end, stretches)
        unsure = unsure or end > moment
    return ("unknown" if unsure else "closed"), None


def _end_of_run(end: datetime, stretches: Iterator[Stretch]) -> datetime:
    """The end of hours that go on without a break, where one span touches the next."""
    for start, stop, sure in stretches:
        if start > end:
            break
        if sure:
            end = max(end, stop)
    return end


def _stretches(hours: Hours, first: date, last: date) -> Iterator[Stretch]:
    """From when to when (UTC) it is open, or unknown (False), in the order in which they begin."""
    week = by_weekday(hours.week)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        yield from _on_clocks(day, *_of_day(hours, week[day.weekday()], day))


@lru_cache(maxsize=8192)
def _on_clocks(day: date, spans: Spans, sure: bool) -> tuple[Stretch, ...]:
    """A day's spans in UTC. Kept, since a search asks the same of very many services."""
    stretches = [(_utc(day, start), _utc(day, end, fold=1), sure) for start, end in spans]
    return tuple(sorted(stretch for stretch in stretches if stretch[0] < stretch[1]))


def _of_day(hours: Hours, usual: Spans, day: date) -> tuple[Spans, bool]:
    """The spans that begin on a date, and whether they are sure to be the hours of that date."""
    for exception in hours.exceptions:
        if exception.date == day:
            return exception.spans, True
    if hours.kind == "always":
        return WHOLE_DAY, True
    for monthly in hours.monthly:
        usual += monthly.spans if _falls_on(monthly, day) else ()
    if hours.bank_holidays == "same" or not is_bank_holiday(day):
        return usual, True
    if hours.bank_holidays == "unknown":
        return ((0, max([DAY, *(end for _, end in usual)])),), False
    return hours.holiday_spans, True


def _falls_on(monthly: Monthly, day: date) -> bool:
    if day.weekday() != monthly.weekday:
        return False
    if monthly.nth == -1:
        return (day + 7 * _ONE_DAY).month != day.month
    return (day.day - 1) // 7 + 1 == monthly.nth


def _over_sunday_night(week: Intervals) -> Intervals:
    """With the piece of Monday morning that belongs to Sunday night put back onto its end."""
    if len(week) < 2 or week[0][0] != 0 or week[-1][1] != WEEK:
        return week
    carried, begun = week[0][1], week[-1][0]
    if carried >= DAY or WEEK - begun + carried > DAY:
        return week
    return (*week[1:-1], (begun, WEEK + carried))


@lru_cache(maxsize=1024)
def _midnight(day: date) -> tuple[datetime, bool]:
    """A day's beginning in UTC, and whether the clocks stay as they are for two days from then."""
    wall = datetime(day.year, day.month, day.day, tzinfo=LONDON)
    return wall.astimezone(UTC), wall.utcoffset() == (wall + 2 * _ONE_DAY).utcoffset()


def _utc(day: date, minute: int, fold: int = 0) -> datetime:
    """The moment at which the clocks of London show so many minutes (at most two days) after it.

    ``fold`` 1 is the second such moment where there are two.
    """
    midnight, calm = _midnight(day)
    if calm:
        return midnight + timedelta(minutes=minute)
    wall = midnight.astimezone(LONDON) + timedelta(minutes=minute)
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first > second:
        # Left out in spring: the clocks go from 01:00 straight to 02:00, and that moment is taken.
        return first.replace(minute=0)
    return second if fold else first
