"""What we text of our own accord, and when: the day before, the week after, never at night."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import LONDON
from outreach.texts.journey import (
    HOURS,
    after,
    follow_up,
    in_hours,
    next_moment,
    reminders,
)
from sites import all_sites
from sites.model import Messages

ON = Messages(reminders=True, hello=True, check_in_after_days=(28, 84), follow_up=True)
OFF = Messages()
A, B = date(2026, 12, 5), date(2027, 1, 2)
PLANNED_AT = datetime(2026, 11, 28, 12, tzinfo=LONDON)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
MINUTES = int((END - START).total_seconds() // 60)
MOMENTS = st.integers(0, MINUTES).map(lambda each: START + timedelta(minutes=each))


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), LONDON)


def test_each_workshop_is_reminded_of_on_the_day_before_in_the_hours_that_were_chosen() -> None:
    planned = reminders((A, B), "10:00", "evening", PLANNED_AT, on=ON)
    assert [(each.kind, each.due_at, each.until) for each in planned] == [
        ("reminder_a", at(date(2026, 12, 4), 17), at(date(2026, 12, 4), 20)),
        ("reminder_b", at(date(2027, 1, 1), 17), at(date(2027, 1, 1), 20)),
    ]


def test_a_booking_made_on_the_eve_is_reminded_of_at_once_and_one_made_too_late_is_not() -> None:
    eve = at(date(2026, 12, 4), 15)
    first, _ = reminders((A, B), "9:30", "day", eve, on=ON)
    assert first.due_at == eve
    assert [each.kind for each in reminders((A, B), "9:30", "morning", eve, on=ON)] == [
        "reminder_b"
    ]


def test_the_hello_comes_on_the_next_day_and_check_ins_as_the_site_set_them() -> None:
    assert [(each.kind, each.due_at) for each in after(B, "afternoon", on=ON)] == [
        ("hello", at(date(2027, 1, 3), 12)),
        ("check_in", at(date(2027, 1, 30), 12)),
        ("check_in", at(date(2027, 3, 27), 12)),
    ]


def test_a_signposting_is_asked_about_a_week_later() -> None:
    (asked,) = follow_up(at(A, 22), "s-1", "day", on=ON)
    assert asked.due_at == at(date(2026, 12, 13), 9)


def test_nothing_goes_where_the_site_has_not_switched_it_on() -> None:
    assert reminders((A, B), "10:00", "day", PLANNED_AT, on=OFF) == []
    assert after(B, "day", on=OFF) == []
    assert follow_up(PLANNED_AT, "s-1", "day", on=OFF) == []


@given(st.sampled_from(sorted(HOURS)), MOMENTS)
def test_the_next_moment_is_never_earlier_never_at_night_and_within_a_day(
    hours: str, moment: datetime
) -> None:
    found = next_moment(hours, moment)
    assert found >= moment
    assert found - moment <= timedelta(hours=25)
    assert in_hours(hours, found)
    assert time(9) <= found.astimezone(LONDON).time() < time(20)


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        # The clocks go forward on 28 March 2027 and back on 25 October 2026.
        (datetime(2027, 3, 27, 21, tzinfo=UTC), datetime(2027, 3, 28, 8, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 9, tzinfo=UTC)),
    ],
)
def test_nine_in_the_morning_is_londons_on_the_days_the_clocks_change(
    moment: datetime, first: datetime
) -> None:
    assert next_moment("day", moment) == first


def test_in_earnest_no_text_goes_until_its_site_has_confirmed_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sites.model.settings", lambda: type("Production", (), {"demo": False}))
    assert [site.code for site in all_sites().values() if site.texting.reminders] == []
