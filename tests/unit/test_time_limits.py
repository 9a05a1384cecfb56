"""The clock of B19: the condition, the prosecution limit, and whether both workshops fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.rule_set import rule_set_of
from referrals.time_limits import CaseDates, clock, condition_ends, prosecution_limit, time_code

LIMITS = dict(rule_set_of("hampshire").prosecution_limits)
# Given ten days after an offence of 1 March 2026, a condition of 16 weeks ends on 1 July.
SOON = CaseDates(date(2026, 3, 11), date(2026, 3, 1), "harassment")


def limit(offence: str, on: str, statement: str | None = None) -> str | None:
    case = CaseDates(
        date.fromisoformat(on),
        date.fromisoformat(on),
        offence,
        date.fromisoformat(statement) if statement else None,
    )
    found = prosecution_limit(case, LIMITS)
    return found.isoformat() if found else None


# How long there is to prosecute


@pytest.mark.parametrize(
    ("committed", "last_day"),
    [
        ("2026-01-15", "2026-07-15"),
        ("2025-08-31", "2026-02-28"),
        ("2027-08-31", "2028-02-29"),
        ("2026-08-29", "2027-02-28"),
        ("2024-02-29", "2024-08-29"),
        ("2026-03-31", "2026-09-30"),
        ("2025-12-31", "2026-06-30"),
    ],
)
def test_a_summary_offence_has_six_months_also_over_a_short_month(
    committed: str, last_day: str
) -> None:
    assert limit("harassment", committed) == last_day
    assert limit("threatening_behaviour", committed) == last_day


@pytest.mark.parametrize("offence", ["criminal_damage", "domestic_theft", "indictable_only"])
def test_an_either_way_or_indictable_offence_has_no_limit(offence: str) -> None:
    assert limit(offence, "2026-01-15") is None
    assert limit(offence, "2026-01-15", "2026-01-16") is None


def test_a_domestic_assault_has_six_months_from_the_first_statement() -> None:
    assert limit("common_assault", "2025-01-15", "2026-02-01") == "2026-08-01"
    assert limit("common_assault", "2025-08-30", "2025-08-31") == "2026-02-28"


def test_but_never_more_than_two_years_from_the_offence() -> None:
    assert limit("common_assault", "2024-03-10", "2025-12-01") == "2026-03-10"
    assert limit("common_assault", "2024-02-29", "2026-01-01") == "2026-02-28"


def test_a_domestic_assault_without_a_statement_has_six_months_from_the_offence() -> None:
    assert limit("common_assault", "2026-01-15") == "2026-07-15"


def test_a_statement_changes_nothing_for_any_other_summary_offence() -> None:
    assert limit("harassment", "2026-01-15", "2026-06-01") == "2026-07-15"


@pytest.mark.parametrize("offence", ["other", "more_than_one"])
def test_a_limit_that_nobody_has_confirmed_is_not_guessed(offence: str) -> None:
    assert time_code(replace(SOON, offence=offence), LIMITS) is None
    with pytest.raises(KeyError):
        prosecution_limit(replace(SOON, offence=offence), LIMITS)


# Whether it fits


def test_the_condition_is_sixteen_weeks_unless_said_otherwise() -> None:
    assert condition_ends(SOON) == date(2026, 7, 1)
    assert condition_ends(replace(SOON, condition_weeks=6)) == date(2026, 4, 22)


def test_a_fresh_summary_offence_fits() -> None:
    assert time_code(SOON, LIMITS) == "fits"


def test_a_fortnight_is_kept_between_the_end_of_the_condition_and_the_limit() -> None:
    limit = prosecution_limit(SOON, LIMITS)
    assert limit == date(2026, 9, 1)
    last = limit - timedelta(days=14) - timedelta(weeks=16)
    assert time_code(replace(SOON, given_on=last), LIMITS) == "fits"
    assert time_code(replace(SOON, given_on=last + timedelta(days=1)), LIMITS) == "does_not_fit"


@pytest.mark.parametrize(("weeks", "code"), [(20, "fits"), (21, "does_not_fit")])
def test_no_condition_is_longer_than_twenty_weeks(weeks: int, code: str) -> None:
    either_way = replace(SOON, offence="criminal_damage", condition_weeks=weeks)
    assert time_code(either_way, LIMITS) == code


@pytest.mark.parametrize(("weeks", "code"), [(5, "fits"), (4, "does_not_fit")])
def test_two_workshops_four_weeks_apart_need_five_weeks(weeks: int, code: str) -> None:
    assert time_code(replace(SOON, condition_weeks=weeks), LIMITS) == code


def test_an_old_either_way_offence_still_fits() -> None:
    assert time_code(replace(SOON, offence="domestic_theft", offence_date=date(2023, 1, 1)), LIMITS)


def test_an_assault_told_late_fits_by_the_statement_where_the_offence_alone_would_not() -> None:
    late = CaseDates(date(2026, 3, 11), date(2025, 10, 1), "common_assault")
    assert time_code(late, LIMITS) == "does_not_fit"
    assert time_code(replace(late, first_statement_on=date(2026, 3, 1)), LIMITS) == "fits"


def test_an_assault_two_years_old_does_not_fit_though_the_statement_is_of_yesterday() -> None:
    old = CaseDates(date(2026, 3, 11), date(2024, 3, 12), "common_assault", date(2026, 3, 10))
    assert time_code(old, LIMITS) == "does_not_fit"


days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(committed=days, waited=st.integers(0, 300), more=st.integers(0, 300))
def test_waiting_longer_never_makes_a_case_fit(committed: date, waited: int, more: int) -> None:
    given_on = committed + timedelta(days=waited)
    early = CaseDates(given_on, committed, "harassment")
    late = replace(early, given_on=given_on + timedelta(days=more))
    if time_code(late, LIMITS) == "fits":
        assert time_code(early, LIMITS) == "fits"


@given(committed=days, told=st.integers(0, 900))
def test_a_domestic_assault_is_never_later_than_either_of_its_two_limits(
    committed: date, told: int
) -> None:
    statement = committed + timedelta(days=told)
    case = CaseDates(committed, committed, "common_assault", statement)
    last = prosecution_limit(case, LIMITS)
    assert last is not None
    assert last <= statement + timedelta(days=184)
    assert last <= committed + timedelta(days=731)
    assert (last - statement).days >= 181 or last.year - committed.year == 2


# The clock

CASE = CaseDates(date(2026, 11, 27), date(2026, 11, 20), "criminal_damage")


@pytest.mark.parametrize(
    ("changed", "limit", "why", "warnings"),
    [
        ({}, date(2027, 5, 20), "summary", ()),
        ({"offence": "either"}, None, "none", ()),
        ({"offence": "strange"}, None, "unknown", ()),
        ({"offence": "assault"}, date(2027, 5, 20), "no_statement", ()),
        (
            {"offence": "assault", "first_statement_on": date(2026, 11, 22)},
            date(2027, 5, 22),
            "domestic_assault",
            (),
        ),
        (
            {
                "offence": "assault",
                "offence_date": date(2025, 1, 10),
                "first_statement_on": date(2026, 11, 22),
            },
            date(2027, 1, 10),
            "domestic_assault",
            ("past_limit",),
        ),
        ({"condition_weeks": 4}, date(2027, 5, 20), "summary", ("too_short", "workshops_late")),
        ({"condition_weeks": 24}, date(2027, 5, 20), "summary", ("too_long", "past_limit")),
        (
            {"offence_date": date(2026, 6, 20)},
            date(2026, 12, 20),
            "summary",
            ("past_limit", "limit_soon"),
        ),
        ({"offence_date": date(2026, 5, 20)}, date(2026, 11, 20), "summary", ("limit_passed",)),
    ],
)
def test_every_date_of_a_case_with_its_reason_and_its_warnings(
    changed: dict[str, Any], limit: date | None, why: str, warnings: tuple[str, ...]
) -> None:
    limits = {"criminal_damage": "summary", "assault": "domestic_assault", "either": "none"}
    found = clock(replace(CASE, **changed), limits, today=date(2026, 11, 28))
    assert (found.limit, found.limit_by, found.warnings) == (limit, why, warnings)


def test_the_first_workshop_leaves_five_weeks_for_the_second() -> None:
    limits = {"criminal_damage": "summary"}
    found = clock(CASE, limits, today=date(2026, 11, 28))
    assert found.ends == date(2027, 3, 19)
    assert (found.workshop_a_by, found.workshop_b_by) == (date(2027, 2, 12), date(2027, 3, 19))
