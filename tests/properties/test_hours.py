"""Opening hours against dateutil: its rules and its clocks of London say when a service is open.

More examples than the few of an ordinary run: HYPOTHESIS_EXAMPLES=2000 pytest tests/properties
"""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from dateutil import tz
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, rruleset, weekday
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services_directory.bank_holidays import bank_holidays
from services_directory.hours import (
    DAY,
    WEEK,
    DayHours,
    Hours,
    Monthly,
    Spans,
    open_spans,
    open_state,
    opens_next,
    week_of,
)
from services_directory.hours_text import as_text, hours_faults, read_hours, said

LONDON = tz.gettz("Europe/London")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
# The moments at which the clocks change, and the midnights at which some bank holidays begin.
TURNS = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2027, 3, 28, 1, tzinfo=UTC),
    datetime(2027, 10, 31, 1, tzinfo=UTC),
    datetime(2026, 12, 25, tzinfo=UTC),
    datetime(2027, 3, 26, tzinfo=UTC),
    datetime(2027, 5, 2, 23, tzinfo=UTC),
    datetime(2027, 8, 29, 23, tzinfo=UTC),
)

many = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")), deadline=None, database=None
)


@dataclass(frozen=True)
class Case:
    """Hours, and the spans of a week (start, length) from which they were made."""

    hours: Hours
    spans: tuple[tuple[int, int], ...]


@st.composite
def day_spans(draw: st.DrawFn) -> Spans:
    edges = sorted(draw(st.sets(st.integers(0, DAY + 300), min_size=2, max_size=4)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple((start, end) for start, end in pairs if start < DAY and end - start <= DAY)


@st.composite
def cases(draw: st.DrawFn, *, changing: bool = True) -> Case:
    """Weekly hours, many of which begin or end in the hour when the clocks change."""
    minutes = st.integers(0, WEEK - 1) | st.integers(6 * DAY + 30, 6 * DAY + 150)
    starts = sorted(draw(st.sets(minutes, min_size=1, max_size=8)))
    spans = []
    for start, following in zip(starts, [*starts[1:], starts[0] + WEEK], strict=True):
        # Sunday night's hours that touch Monday 00:00 cannot be told from those that run on.
        most = min(DAY, following - start - (following == WEEK))
        assume(most > 0)
        length = draw(st.integers(1, most) | st.just(most) | st.integers(1, min(most, 90)))
        spans.append((start, length))
    week = week_of((start, start + length) for start, length in spans)
    hours = Hours("weekly", week, bank_holidays="same")
    return Case(draw(changed(hours)) if changing else hours, tuple(spans))


@st.composite
def changed(draw: st.DrawFn, hours: Hours) -> Hours:
    """With exceptions, nth weekdays and something about bank holidays."""
    nths = st.tuples(st.sampled_from([1, 2, 3, 4, 5, -1]), st.integers(0, 6))
    named = sorted(draw(st.sets(nths, max_size=2)), key=lambda nth: (nth[0] % 7, nth[1]))
    near = st.sampled_from(TURNS).flatmap(
        lambda turn: st.integers(-2, 3).map(lambda step: turn.date() + timedelta(days=step))
    )
    dates = sorted(draw(st.sets(near, max_size=4)))
    spoken: Literal["closed", "same", "special", "unknown"] = draw(
        st.sampled_from(["closed", "same", "special", "unknown"])
    )
    some = day_spans().filter(bool)
    return replace(
        hours,
        monthly=tuple(Monthly(*nth, draw(some)) for nth in named),
        exceptions=tuple(DayHours(day, draw(st.just(()) | day_spans())) for day in dates),
        bank_holidays=spoken,
        holiday_spans=draw(some) if spoken == "special" else (),
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    spread = st.integers(-4000, 4000) | st.integers(-130, 130) | st.integers(-200000, 200000)
    return draw(st.sampled_from(TURNS)) + draw(spread) * MINUTE


def existing(wall: datetime) -> datetime:
    """The time on the clocks of London, or the next one that exists."""
    local = wall.replace(tzinfo=LONDON)
    while not tz.datetime_exists(local):
        local += MINUTE
    return local


def opening(wall: datetime) -> datetime:
    return existing(wall).astimezone(UTC)


def closing(wall: datetime) -> datetime:
    return tz.enfold(existing(wall), 1).astimezone(UTC)


def ruled(case: Case, around: datetime) -> tuple[list[tuple[datetime, datetime]], set[date]]:
    """When it is open within four days of a moment by rules of dateutil, and its unsure days."""
    first = datetime(around.year, around.month, around.day) - timedelta(days=5)  # noqa: DTZ001
    until = first + timedelta(days=10)
    other = {e.date: e.spans for e in case.hours.exceptions}
    holidays = {day for day in bank_holidays() if case.hours.bank_holidays != "same"}
    usual: list[tuple[rrule, int, int]] = []
    for start, length in case.spans:
        on, minute = divmod(start, DAY)
        rule = rrule(WEEKLY, dtstart=first, until=until, byweekday=weekday(on))
        usual.append((rule, minute, minute + length))
    for monthly in case.hours.monthly:
        on_nth = weekday(monthly.weekday, monthly.nth)
        rule = rrule(MONTHLY, dtstart=first.replace(day=1), until=until, byweekday=on_nth)
        usual += [(rule, start, end) for start, end in monthly.spans]
    spans = []
    for rule, start, end in usual:
        spans += [
            (day + start * MINUTE, day + end * MINUTE)
            for day in rule
            if day.date() not in other and day.date() not in holidays
        ]
    days = rruleset()
    days.rrule(rrule(DAILY, dtstart=first, until=until))
    for day in days:
        special = case.hours.holiday_spans if day.date() in holidays else ()
        spans += [
            (day + start * MINUTE, day + end * MINUTE)
            for start, end in other.get(day.date(), special)
        ]
    unsure = holidays - set(other) if case.hours.bank_holidays == "unknown" else set()
    return [(opening(start), closing(end)) for start, end in spans], unsure


def state_by_rules(case: Case, moment: datetime) -> str:
    spans, unsure = ruled(case, moment)
    if any(start <= moment < end for start, end in spans):
        return "open"
    local = moment.astimezone(LONDON)
    if local.date() in unsure:
        return "unknown"
    # Hours that begin on an unsure day are as unsure where they run past its midnight.
    certain = replace(case, hours=replace(case.hours, bank_holidays="same"))
    before = local.date() - timedelta(days=1)
    night, _ = ruled(certain, moment)
    runs_on = any(
        start <= moment < end and start.astimezone(LONDON).date() == before for start, end in night
    )
    return "unknown" if before in unsure and runs_on else "closed"


@many
@given(cases(changing=False), moments())
def test_plain_weekly_hours_are_open_when_the_rules_say(case: Case, moment: datetime) -> None:
    spans, _ = ruled(case, moment)
    near = [at for span in spans for at in span if abs(at - moment) < timedelta(days=2)]
    for at in (moment, *near, *(edge - SECOND for edge in near)):
        assert open_state(case.hours, at).state == state_by_rules(case, at), at


@many
@given(cases(), moments())
def test_exceptions_nth_weekdays_and_bank_holidays_too(case: Case, moment: datetime) -> None:
    spans, _ = ruled(case, moment)
    near = [at for span in spans for at in span if abs(at - moment) < timedelta(days=2)]
    for at in (moment, *near, *(edge - SECOND for edge in near)):
        assert open_state(case.hours, at).state == state_by_rules(case, at), at


@many
@given(cases(), moments(), st.lists(st.floats(0, 0.999), min_size=8, max_size=8))
def test_the_change_that_is_announced_is_the_next(
    case: Case, moment: datetime, shares: list[float]
) -> None:
    state = open_state(case.hours, moment)
    if state.state == "unknown":
        assert state.until is None
        return
    assert state.until is not None
    change = datetime.fromisoformat(state.until)
    assert change > moment
    assert open_state(case.hours, change).state != state.state
    wait = change.astimezone(UTC) - moment
    for before in (change - SECOND, *(moment + share * wait for share in shares)):
        assert before < moment or open_state(case.hours, before) == state


@many
@given(cases(), moments())
def test_the_next_opening_is_the_first_that_is_sure(case: Case, moment: datetime) -> None:
    opens = opens_next(case.hours, moment)
    if open_state(case.hours, moment).state == "open":
        assert opens is None
        return
    assert opens is not None
    assert open_state(case.hours, opens).state == "open"
    day = timedelta(days=1)
    spans = open_spans(case.hours, moment.date() - day, opens.date() + day)
    assert not [start for start, end in spans if end > moment and start < opens]


@many
@given(cases(), moments(), st.integers(0, 20), st.lists(st.integers(0, 21 * DAY), min_size=5))
def test_spans_over_a_range_of_days_hold_every_open_moment(
    case: Case, moment: datetime, days: int, minutes: list[int]
) -> None:
    first = moment.date()
    last = first + timedelta(days=days)
    spans = open_spans(case.hours, first, last)
    flat = [at for span in spans for at in span]
    assert flat == sorted(set(flat))
    begins = opening(datetime(first.year, first.month, first.day))  # noqa: DTZ001
    for at in (begins + step * MINUTE for step in minutes):
        if at.astimezone(LONDON).date() <= last:
            held = bisect_right(flat, at) % 2 == 1
            assert held == (open_state(case.hours, at).state == "open"), at


@many
@given(cases(), st.sampled_from(["weekly", "appointment"]))
def test_hours_that_are_written_are_read_back(
    case: Case, kind: Literal["weekly", "appointment"]
) -> None:
    hours = replace(case.hours, kind=kind)
    text = as_text(hours)
    assert hours_faults(text) == []
    assert read_hours(text) == hours
    assert said(read_hours(text)) == said(hours)


WORDS = (
    *("Mon-Fri", "Sat", "Sundays", "weekends", "every day", "1st Tue", "last Fri of the month"),
    *("09:00-17:00", "9.30am-1pm", "22:00–02:00", "noon to midnight", "24 hours", "24/7", "19:00"),
    *("closed", "not", "except", "bank holidays", "including bank holidays", "by appointment"),
    *("25 Dec 2026", "24 Dec 2026-2 Jan 2027", "31 Feb 2027", "25 Dec", "25:00", "shorter"),
    *(",", ";", "and", "(", ")", "9", "-", "365 days a year"),
)


@many
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_text_is_read_back_or_has_a_fault_that_says_why(text: str) -> None:
    hours = read_hours(text)
    assert (hours.kind == "unknown") == (not text.strip() or bool(hours_faults(text)))
    assert read_hours(as_text(hours)) == hours
    assert bool(said(hours)) == (hours.kind != "unknown")


@many
@given(st.lists(st.sampled_from(WORDS), max_size=8), st.integers(0, 8))
def test_one_word_that_is_not_understood_makes_the_whole_unknown(
    words: list[str], place: int
) -> None:
    text = " ".join([*words[:place], "sometimes", *words[place:]])
    assert read_hours(text) == Hours("unknown")
    assert '"sometimes" is not understood.' in hours_faults(text)
