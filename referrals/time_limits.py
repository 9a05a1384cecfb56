"""Whether both workshops fit before the condition ends and the prosecution limit (B19).

Sources: Magistrates' Courts Act 1980 s.127 (six months, summary offences); Criminal Justice
Act 1988 s.39A (domestic common assault: two years from the offence and six months from the
victim's first statement). The margins are proposals of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

BREACH_MARGIN = timedelta(days=14)
BETWEEN_WORKSHOPS = timedelta(days=35)
LONGEST_CONDITION_WEEKS = 20
SOON = timedelta(weeks=4)


@dataclass(frozen=True)
class CaseDates:
    """The dates of a case; ``condition_weeks`` is the length of the condition."""

    given_on: date
    offence_date: date
    offence: str
    first_statement_on: date | None = None
    condition_weeks: int = 16


def condition_ends(dates: CaseDates) -> date:
    """The last day of the condition."""
    return dates.given_on + timedelta(weeks=dates.condition_weeks)


def prosecution_limit(dates: CaseDates, limits: Mapping[str, str]) -> date | None:
    """The last day to start a prosecution, or None where the law sets none.

    ``limits`` maps an offence code to ``domestic_assault``, ``summary`` or ``none``;
    raises ``KeyError`` for an offence whose limit is not known.
    """
    kind = limits[dates.offence]
    six_months = dates.offence_date + relativedelta(months=6)
    if kind == "none":
        return None
    if kind == "domestic_assault" and dates.first_statement_on:
        return min(
            dates.offence_date + relativedelta(years=2),
            dates.first_statement_on + relativedelta(months=6),
        )
    return six_months


def time_code(dates: CaseDates, limits: Mapping[str, str]) -> str | None:
    """The code of B19_time for these dates; None where the offence's limit is not known."""
    if dates.offence not in limits:
        return None
    end, limit = condition_ends(dates), prosecution_limit(dates, limits)
    long_enough = end - dates.given_on >= BETWEEN_WORKSHOPS
    lawful = dates.condition_weeks <= LONGEST_CONDITION_WEEKS
    in_time = limit is None or end + BREACH_MARGIN <= limit
    return "fits" if long_enough and lawful and in_time else "does_not_fit"


@dataclass(frozen=True)
class Clock:
    """Every date of a case that somebody has to keep, why the limit is what it is, and warnings.

    ``limit_by`` and ``warnings`` are codes; pages have the words for them.
    """

    ends: date
    workshop_a_by: date
    workshop_b_by: date
    limit: date | None
    limit_by: str
    warnings: tuple[str, ...]


def clock(dates: CaseDates, limits: Mapping[str, str], *, today: date) -> Clock:
    """The dates of a case as it stands ``today``; an offence without a known limit has none."""
    ends = condition_ends(dates)
    known = dates.offence in limits
    limit = prosecution_limit(dates, limits) if known else None
    by = limits[dates.offence] if known else "unknown"
    if by == "domestic_assault" and dates.first_statement_on is None:
        by = "no_statement"
    workshop_a = ends - BETWEEN_WORKSHOPS
    found = {
        "too_short": workshop_a < dates.given_on,
        "too_long": dates.condition_weeks > LONGEST_CONDITION_WEEKS,
        "past_limit": limit is not None and today <= limit < ends + BREACH_MARGIN,
        "limit_passed": limit is not None and limit < today,
        "limit_soon": limit is not None and timedelta() <= limit - today < SOON,
        "workshops_late": workshop_a < today,
    }
    warnings = tuple(code for code, holds in found.items() if holds)
    return Clock(ends, workshop_a, ends, limit, by, warnings)
