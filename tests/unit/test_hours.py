"""Opening hours: what their text means, and whether a service is open at a moment in London."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.clock import LONDON
from services_directory.hours import WEEK, OpenState, open_state, weekly_intervals

MONDAY = datetime(2026, 11, 23, tzinfo=LONDON)


def state(hours: str, moment: datetime) -> str:
    return open_state(weekly_intervals(hours), moment).state


def until(hours: str, moment: datetime) -> str | None:
    return open_state(weekly_intervals(hours), moment).until


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
    assert weekly_intervals(hours) is None
    assert open_state(weekly_intervals(hours), MONDAY) == OpenState("unknown", None)


@pytest.mark.parametrize(
    "hours", ["24/7", "24 hours", "24/7 (national helpline)", "Every day 00:00-00:00"]
)
def test_a_line_that_never_closes_has_no_closing_time(hours: str) -> None:
    assert weekly_intervals(hours) == ((0, WEEK),)
    assert open_state(weekly_intervals(hours), MONDAY) == OpenState("open", None)


def test_a_closed_service_says_when_it_next_opens() -> None:
    friday_evening = MONDAY + timedelta(days=4, hours=18)
    assert until("Mon-Fri 09:00-17:00", friday_evening) == "2026-11-30T09:00:00+00:00"


def test_the_clocks_of_london_decide_in_summer() -> None:
    half_past_eight = datetime(2026, 7, 6, 8, 30, tzinfo=UTC)
    assert open_state(weekly_intervals("Mon-Fri 09:00-17:00"), half_past_eight) == OpenState(
        "open", "2026-07-06T17:00:00+01:00"
    )


def test_opening_hours_keep_their_clock_time_over_the_night_the_clocks_change() -> None:
    # Clocks go forward on 29 March 2026 and back on 25 October 2026.
    assert until("Every day 22:00-06:00", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)) == (
        "2026-03-29T06:00:00+01:00"
    )
    second_ten_past_one = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert until("Every day 22:00-01:30", second_ten_past_one) == "2026-10-25T01:30:00+00:00"
