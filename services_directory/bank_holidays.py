"""England's bank holidays, from the data that the package ships: the network is never asked."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from govuk_bank_holidays.bank_holidays import BankHolidays  # type: ignore[import-untyped]


@lru_cache(maxsize=1)
def bank_holidays() -> frozenset[date]:
    """Every bank holiday of England that is known, substitute days included."""
    known = BankHolidays(use_cached_holidays=True)
    events = known.get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(event["date"] for event in events)


def is_bank_holiday(day: date) -> bool:
    """Whether England keeps this day; False too for days after ``last_known``."""
    return day in bank_holidays()


def last_known() -> date:
    """The last bank holiday in the data; past it none is seen, and the package needs an update."""
    return max(bank_holidays())
