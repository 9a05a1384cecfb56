"""The only place that asks what time it is, so that a test can move the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The present moment in UTC, aware."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date where our people are."""
    return now().astimezone(LONDON).date()
