"""The only place that asks what time it is, so that a test can move the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# The clocks of our machines differ by less: what was written further ahead than that was written
# before the clock was set back, and its moment says nothing about how long it lasts from now.
AHEAD = timedelta(minutes=1)


def now() -> datetime:
    """The present moment in UTC, aware."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date where our people are."""
    return now().astimezone(LONDON).date()
