"""Opening hours: what their text means, and whether a service is open at a moment in London."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter

from core.clock import LONDON
from services_directory.bank_holidays import is_bank_holiday, last_known
from services_directory.hours import (
    OpenState,
    open_spans,
    open_state,
    opens_next,
)
from services_directory.hours_text import as_text, hours_faults, read_hours, said

MONDAY = datetime(2026, 11, 23, tzinfo=LONDON)


def state(hours: str, moment: datetime) -> str:
    return open_state(read_hours(hours), moment).state


def until(hours: str, moment: datetime) -> str | None:
    return open_state(read_hours(hours), moment).until


@pytest.mark.parametrize(
    ("hours", "day", "clock", "expected"),
    [
        ("Mon-Fri 09:00-17:00", 0, "08:59", "closed"),
        ("Mon-Fri 09:00-17:00", 0, "09:00", "open"),
        ("Mon-Fri 09:00-17:00", 4, "16:59", "open"),
        ("Mon-Fri 09:00-17:00", 4, "17:00", "closed"),
        ("Mon-Fri 09:00-17:00", 5, "12:00", "closed"),
        ("Mon and Wed 09:00-20:00; Tue, Thu, Fri 09:00-17:00", 1, "18:00", "closed"),
        ("Mon and Wed 09:00-20:00; Tue, Thu, Fri 09:00-17:00", 2, "18:00", "open"),
        ("Mon-Thu 10:00-21:00, Fri 10:00-18:00", 3, "20:00", "open"),
        ("Mon-Thu 10:00-21:00, Fri 10:00-18:00", 4, "20:00", "closed"),
        ("Mon-Fri 09:30-12:00 and 14:00-17:00 by telephone", 2, "13:00", "closed"),
        ("Mon-Fri 09:30-12:00 and 14:00-17:00 by telephone", 2, "14:30", "open"),
        ("Every day 16:30-00:00, 365 days a year (arrive before 23:00)", 6, "23:59", "open"),
        ("Every evening 18:00-22:00", 6, "19:00", "open"),
        ("Every day 09:00-23:00; webchat 10:00-21:00", 0, "22:30", "open"),
        ("Mon-Fri 08:30-17:00; out of hours 0121 496 0000", 5, "12:00", "closed"),
        ("24/7; office 0121 496 0000 Mon-Fri 09:00-17:00", 6, "03:00", "open"),
    ],
)
def test_a_service_is_open_exactly_in_its_hours(
    hours: str, day: int, clock: str, expected: str
) -> None:
    hour, minute = map(int, clock.split(":"))
    assert state(hours, MONDAY + timedelta(days=day, hours=hour, minutes=minute)) == expected


@pytest.mark.parametrize("clock", [21, 23, 25, 29])
def test_a_night_shelter_stays_open_past_midnight(clock: int) -> None:
    assert state("Tue 21:00-06:00", MONDAY + timedelta(days=1, hours=clock)) == "open"


def test_a_sunday_night_runs_on_into_monday_morning() -> None:
    late = datetime(2026, 11, 29, 23, 30, tzinfo=LONDON)
    assert until("Sun 20:00-02:00", late) == "2026-11-30T02:00:00+00:00"
    assert until("Sun 20:00-02:00", MONDAY + timedelta(hours=1)) == "2026-11-23T02:00:00+00:00"


@pytest.mark.parametrize(
    "hours",
    [
        "",
        "Evenings",
        "365 days a year",
        "10:00-22:00",
        "Mon-Fri",
        "Mon-Fri office hours, option 2",
        "Mondays 19:00 (not bank holidays)",
        "Mon-Fri 09:00-21:00, shorter at weekends",
        "09:30-15:30, closed Wednesday",
        "09:00-17:00; Sat 10:00-12:00",
        "Mon-Fri daytime (sources disagree: 09:00-17:00 or 10:00-17:00)",
        "out of hours 0121 496 0000",
        "Mon-Fri 09:00-17:00 and Sat",
        "Mon-Fri 09:00-25:00",
    ],
)
def test_hours_not_understood_to_the_last_word_are_unknown_and_never_closed(hours: str) -> None:
    assert read_hours(hours).kind == "unknown"
    assert open_state(read_hours(hours), MONDAY) == OpenState("unknown", None)


@pytest.mark.parametrize(
    "hours", ["24/7", "24 hours", "24/7 (national helpline)", "Every day 00:00-00:00"]
)
def test_a_line_that_never_closes_has_no_closing_time(hours: str) -> None:
    assert read_hours(hours).kind == "always"
    assert open_state(read_hours(hours), MONDAY) == OpenState("open", None)


def test_a_closed_service_says_when_it_next_opens() -> None:
    friday_evening = MONDAY + timedelta(days=4, hours=18)
    assert until("Mon-Fri 09:00-17:00", friday_evening) == "2026-11-30T09:00:00+00:00"


def test_the_clocks_of_london_decide_in_summer() -> None:
    half_past_eight = datetime(2026, 7, 6, 8, 30, tzinfo=UTC)
    assert open_state(read_hours("Mon-Fri 09:00-17:00"), half_past_eight) == OpenState(
        "open", "2026-07-06T17:00:00+01:00"
    )


def test_opening_hours_keep_their_clock_time_over_the_night_the_clocks_change() -> None:
    # Clocks go forward on 29 March 2026 and back on 25 October 2026.
    assert until("Every day 22:00-06:00", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)) == (
        "2026-03-29T06:00:00+01:00"
    )
    second_ten_past_one = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert until("Every day 22:00-01:30", second_ten_past_one) == "2026-10-25T01:30:00+00:00"


def said_at(hours: str, moment: datetime) -> OpenState:
    return open_state(read_hours(hours), moment)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


WEEKDAYS = "Mon-Fri 09:00-17:00"


@pytest.mark.parametrize(
    ("hours", "clock", "expected", "until"),
    [
        # Christmas Day 2026 is a Friday; Saturday is no bank holiday, Monday 28 December is one.
        (WEEKDAYS, "2026-12-24T16:00", "open", "24 Dec 17:00"),
        (WEEKDAYS, "2026-12-25T10:00", "unknown", None),
        (WEEKDAYS, "2026-12-25T20:00", "unknown", None),
        (WEEKDAYS, "2026-12-24T18:00", "closed", "25 Dec 00:00"),
        (WEEKDAYS, "2026-12-26T10:00", "closed", "28 Dec 00:00"),
        (f"{WEEKDAYS}, closed bank holidays", "2026-12-25T10:00", "closed", "29 Dec 09:00"),
        (f"{WEEKDAYS} (not bank holidays)", "2026-12-24T18:00", "closed", "29 Dec 09:00"),
        (f"{WEEKDAYS} including bank holidays", "2026-12-25T10:00", "open", "25 Dec 17:00"),
        (f"{WEEKDAYS}; bank holidays 10:00-14:00", "2026-12-25T09:30", "closed", "25 Dec 10:00"),
        (f"{WEEKDAYS}; bank holidays 10:00-14:00", "2026-12-25T11:00", "open", "25 Dec 14:00"),
        ("Mon-Fri 20:00-02:00", "2026-12-25T01:00", "open", "25 Dec 02:00"),
        ("Mon-Fri 20:00-02:00", "2026-12-25T03:00", "unknown", None),
        ("Mon-Fri 20:00-02:00", "2026-12-26T01:00", "unknown", None),
        ("Mon-Fri 20:00-02:00", "2026-12-26T02:00", "closed", "28 Dec 00:00"),
        ("24/7", "2026-12-25T10:00", "open", None),
        ("24/7, closed bank holidays", "2026-12-24T10:00", "open", "25 Dec 00:00"),
        ("24/7, closed bank holidays", "2026-12-25T10:00", "closed", "26 Dec 00:00"),
        # Exceptions stand in place of everything else on their dates.
        (f"{WEEKDAYS}; 25 Nov 2026 closed", "2026-11-25T10:00", "closed", "26 Nov 09:00"),
        (f"{WEEKDAYS}; 25 Nov 2026 12:00-13:00", "2026-11-25T10:00", "closed", "25 Nov 12:00"),
        (f"{WEEKDAYS}; 25 Dec 2026 10:00-11:00", "2026-12-25T10:00", "open", "25 Dec 11:00"),
        (
            f"{WEEKDAYS}; 24 Dec 2026-3 Jan 2027 closed",
            "2026-12-23T18:00",
            "closed",
            "04 Jan 09:00",
        ),
        ("Every day 20:00-02:00; 25 Nov 2026 closed", "2026-11-25T01:00", "open", "25 Nov 02:00"),
        ("Every day 20:00-02:00; 25 Nov 2026 closed", "2026-11-26T01:00", "closed", "26 Nov 20:00"),
        ("24/7; 25 Nov 2026 closed", "2026-11-24T12:00", "open", "25 Nov 00:00"),
        ("24/7; 25 Nov 2026 closed", "2026-11-25T12:00", "closed", "26 Nov 00:00"),
        ("24/7; 25 Nov 2026 closed", "2026-11-26T12:00", "open", None),
        ("Mon-Wed 24 hours; 24 Nov 2026 closed", "2026-11-24T12:00", "closed", "25 Nov 00:00"),
        ("Mon-Wed 24 hours", "2026-11-24T12:00", "open", "26 Nov 00:00"),
        # The first Tuesday of December 2026 is the 1st, the last Friday of November the 27th.
        ("1st Tue 10:00-12:00", "2026-12-01T11:00", "open", "01 Dec 12:00"),
        ("1st Tue 10:00-12:00", "2026-12-08T11:00", "closed", "25 Dec 00:00"),
        ("1st Tue 10:00-12:00, closed bank holidays", "2026-12-08T11:00", "closed", "05 Jan 10:00"),
        ("last Fri of the month 10:00-12:00", "2026-11-20T11:00", "closed", "27 Nov 10:00"),
        ("last Fri of the month 10:00-12:00", "2026-11-27T11:00", "open", "27 Nov 12:00"),
        ("last Tue 10:00-12:00", "2026-11-24T11:00", "open", "24 Nov 12:00"),
        ("Sat 24 hours", "2026-11-28T03:00", "open", "29 Nov 00:00"),
        ("Sat 24 hours", "2026-11-29T00:00", "closed", "05 Dec 00:00"),
        ("By appointment only", "2026-11-24T12:00", "unknown", None),
        (f"{WEEKDAYS} by appointment", "2026-11-24T12:00", "unknown", None),
        ("Ask at the desk", "2026-11-24T12:00", "unknown", None),
    ],
)
def test_bank_holidays_exceptions_nth_weekdays_and_clock_changes(
    hours: str, clock: str, expected: str, until: str | None
) -> None:
    state = said_at(hours, london(clock))
    assert state.state == expected
    change = state.until and f"{datetime.fromisoformat(state.until):%d %b %H:%M}"
    assert change == until


@pytest.mark.parametrize(
    ("hours", "clock", "expected", "until"),
    [
        # The clocks go back from 02:00 to 01:00 on 25 October 2026: 01:30 comes twice.
        ("Sun 01:30-05:00", "2026-10-25T01:00", "closed", "2026-10-25T01:30:00+01:00"),
        ("Sat 22:00-01:30", "2026-10-25T01:45", "open", "2026-10-25T01:30:00+00:00"),
        # They go forward from 01:00 to 02:00 on 28 March 2027: 01:30 does not come.
        ("Sun 01:30-05:00", "2027-03-28T00:59", "closed", "2027-03-28T02:00:00+01:00"),
        ("Sat 22:00-01:30", "2027-03-28T00:59", "open", "2027-03-28T02:00:00+01:00"),
        ("Sun 01:00-02:00", "2027-03-28T00:59", "closed", "2027-03-29T00:00:00+01:00"),
        ("Sun 09:00-17:00", "2027-03-28T09:00", "open", "2027-03-28T17:00:00+01:00"),
    ],
)
def test_a_time_that_comes_twice_or_not_at_all(
    hours: str, clock: str, expected: str, until: str
) -> None:
    assert said_at(hours, london(clock)) == OpenState(expected, until)  # type: ignore[arg-type]


def test_a_night_is_open_throughout_the_hour_that_comes_twice() -> None:
    # 01:15 comes at 00:15 and at 01:15 UTC, and closing at 01:30 is the second.
    for minutes in range(0, 90, 15):
        moment = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minutes)
        assert said_at("Sat 22:00-01:30", moment).state == "open"
    assert said_at("Sat 22:00-01:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)).state == "closed"


@pytest.mark.parametrize(
    ("text", "canonical", "lines"),
    [
        (
            "Monday to Friday, 9.30am–1pm",
            "Mon-Fri 09:30-13:00",
            ["Monday to Friday: 9:30am to 1pm"],
        ),
        ("weekdays 9am to noon", "Mon-Fri 09:00-12:00", ["Monday to Friday: 9am to midday"]),
        (
            "weekends 12:00-midnight",
            "Sat-Sun 12:00-00:00",
            ["Saturday to Sunday: midday to midnight"],
        ),
        (
            "Tues & Thurs 10:00-24:00",
            "Tue, Thu 10:00-00:00",
            ["Tuesday and Thursday: 10am to midnight"],
        ),
        (
            "Mon-Sat 10:00-12:00; closed Wed",
            "Mon-Tue, Thu-Sat 10:00-12:00",
            ["Monday to Tuesday and Thursday to Saturday: 10am to midday"],
        ),
        ("24/7", "24/7", ["Every day: 24 hours"]),
        ("By appointment", "by appointment", ["By appointment: ring first"]),
        (
            "1st and 3rd Tue 10:00-12:00 (except bank holidays)",
            "1st Tue 10:00-12:00; 3rd Tue 10:00-12:00; closed bank holidays",
            [
                "First Tuesday of the month: 10am to midday",
                "Third Tuesday of the month: 10am to midday",
                "Closed on bank holidays",
            ],
        ),
        (
            "Sat and bank holidays 10:00-14:00; 25-28 Dec 2026 closed",
            "Sat 10:00-14:00; bank holidays 10:00-14:00; 25 Dec 2026-28 Dec 2026 closed",
            [
                "Saturday: 10am to 2pm",
                "Bank holidays: 10am to 2pm",
                "25 December 2026 to 28 December 2026: closed",
            ],
        ),
        (
            "Every day 10:00-12:00, 365 days a year",
            "Every day 10:00-12:00; including bank holidays",
            ["Every day: 10am to midday", "Open on bank holidays too"],
        ),
        (
            "Sun 20:00-10:00; Mon 09:00-17:00",
            "Mon 09:00-17:00; Sun 20:00-09:00",
            ["Monday: 9am to 5pm", "Sunday: 8pm to 9am"],
        ),
        ("Whenever", "", []),
    ],
)
def test_hours_are_written_in_one_way_and_said_to_people(
    text: str, canonical: str, lines: list[str]
) -> None:
    assert as_text(read_hours(text)) == canonical
    assert read_hours(canonical) == read_hours(text)
    assert said(read_hours(text)) == lines


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", []),
        ("Mon-Fri 09:00-17:00", []),
        ("Mon-Fri 09:00-25:00", ['"25:00" is not a time. Write times as 09:00.']),
        ("Mon-Fri 9-5pm", ['"9" is not a time. Write times as 09:00.']),
        ("Mon-Fri 9:00-5:00", ['"5:00" is not a time. Write times as 09:00.']),
        ("Mon-Fri 13am-2pm", ['"13am" is not a time. Write times as 09:00.']),
        (
            "Mondays 19:00 (not bank holidays)",
            ['"19:00" has no closing time. Write both, as 09:00-17:00.'],
        ),
        (
            "10:00-22:00",
            ['"10:00-22:00" has no days before it. Write them first, as Mon-Fri 09:00-17:00.'],
        ),
        ("Mon-Fri", ['"Mon-Fri" has no times after it, as 09:00-17:00.']),
        (
            "Mon 10:00-12:00, shorter in May",
            ['"shorter" is not understood.', '"in" is not understood.', '"May" is not understood.'],
        ),
        (
            "Mon 10:00-12:00; 31 Feb 2027 closed",
            ['"31 Feb 2027" is not a date. Write dates as 25 Dec 2026.'],
        ),
        ("Mon 10:00-12:00; 25 Dec closed", ['"25 Dec" has no year. Write dates as 25 Dec 2026.']),
        ("Mon 10:00-12:00; Thu 25 Dec 2026 closed", ['"Thu 25 Dec 2026" is a Friday.']),
        (
            "Mon 10:00-12:00; 2 Jan 2027-25 Dec 2026 closed",
            ['"2 Jan 2027-25 Dec 2026" does not run from a date to a later one within a year.'],
        ),
        (
            "25 Dec 2026 closed",
            ["No day of the week has times. Write them as Mon-Fri 09:00-17:00."],
        ),
        ("Mon 10:00-12:00, closed", ['"closed" does not say on which days.']),
        (
            "Mon 10:00-12:00; last Fri closed",
            ['"last Fri" cannot be closed. Write the dates on which it is.'],
        ),
        (
            "Mon and bank holidays 10:00-12:00; closed bank holidays",
            ['"bank holidays" has times and is closed. Leave one of them out.'],
        ),
        ("Mon 10:00-12:00 24/7", ['"24/7" comes first, before other days and times.']),
    ],
)
def test_who_types_hours_is_told_what_is_not_understood(text: str, faults: list[str]) -> None:
    assert hours_faults(text) == faults
    assert (read_hours(text).kind == "unknown") == (bool(faults) or not text)


@pytest.mark.parametrize(
    "hours",
    [f"{WEEKDAYS}, closed bank holidays", f"{WEEKDAYS}; 25 Dec 2026 closed", "1st Tue 9am-1pm"],
)
def test_a_week_alone_is_not_given_where_it_would_not_say_all(hours: str) -> None:
    assert read_hours(hours).kind == "weekly"
    assert read_hours(hours).steady == ("closed bank" in hours)


def test_the_next_sure_opening_passes_over_a_bank_holiday_of_which_nothing_is_known() -> None:
    opens = opens_next(read_hours(WEEKDAYS), london("2026-12-24T18:00"))
    assert opens == london("2026-12-29T09:00")
    assert opens_next(read_hours(WEEKDAYS), london("2026-12-24T16:00")) is None
    assert opens_next(read_hours("by appointment"), london("2026-12-24T16:00")) is None


def test_spans_of_days_are_cut_at_their_ends_and_leave_out_what_is_unknown() -> None:
    nights = read_hours("Mon-Fri 20:00-02:00")
    assert open_spans(nights, date(2026, 12, 24), date(2026, 12, 26)) == [
        (datetime(2026, 12, 24, 0, tzinfo=UTC), datetime(2026, 12, 24, 2, tzinfo=UTC)),
        (datetime(2026, 12, 24, 20, tzinfo=UTC), datetime(2026, 12, 25, 2, tzinfo=UTC)),
    ]
    assert open_spans(read_hours("Whenever"), date(2026, 12, 24), date(2026, 12, 26)) == []


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026, 2027, 2028])
def test_easter_and_the_may_bank_holidays_are_where_the_calendar_puts_them(year: int) -> None:
    mondays = [date(year, 5, 1) + timedelta(days=step) for step in range(31)]
    mondays = [day for day in mondays if day.weekday() == 0]
    for day in (easter(year) - timedelta(days=2), easter(year) + timedelta(days=1), mondays[-1]):
        assert is_bank_holiday(day)
    assert is_bank_holiday(mondays[0])
    assert not is_bank_holiday(easter(year))


def test_only_englands_bank_holidays_count_with_their_substitute_days() -> None:
    assert is_bank_holiday(date(2026, 12, 28))  # for Saturday 26 December
    assert not is_bank_holiday(date(2026, 12, 26))
    assert not is_bank_holiday(date(2026, 11, 30))  # St Andrew's Day, Scotland
    assert last_known() >= date(2028, 12, 26)
