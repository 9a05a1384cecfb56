"""A clock for real processes, which a test moves while they run.

Every process of ours reads the time in Python, so a file that Python runs before anything of ours
moves it for all of them: the time, what we call now, and the times of files as we leave them.
Nothing in the product knows of it, so there is nothing for production to refuse.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.settings import ROOT

HOUR = timedelta(hours=1)
MOVED = """
import os, time
from datetime import UTC, datetime

true_time, true_utime, true_fsync = time.time, os.utime, os.fsync

def ahead():
    with open(os.environ["CLOCK_AHEAD"]) as file:
        return float(file.read())

def moved():
    return true_time() + ahead()

def utime(path, times=None, **more):
    true_utime(path, (moved(), moved()) if times is None and not more else times, **more)

def fsync(descriptor):
    true_fsync(descriptor)
    true_utime(descriptor, (moved(), moved()))

time.time, os.utime, os.fsync = moved, utime, fsync
from core import clock
clock.now = lambda: datetime.fromtimestamp(moved(), UTC)
"""


@dataclass
class Clock:
    """The clock of the processes that were started with :meth:`told`."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "sitecustomize.py").write_text(MOVED)
        self.ahead(timedelta())

    def told(self) -> dict[str, str]:
        path = os.pathsep.join((str(self.folder), str(ROOT)))
        return {"PYTHONPATH": path, "CLOCK_AHEAD": str(self.folder / "ahead")}

    def ahead(self, by: timedelta) -> None:
        """It is so much ahead of the true one from now on."""
        fresh = self.folder / "fresh"
        fresh.write_text(str(by.total_seconds()))
        fresh.replace(self.folder / "ahead")

    def says(self, moment: datetime) -> None:
        """It is that moment now."""
        self.ahead(moment - datetime.now(UTC))


def summer_ends(year: int) -> datetime:
    """One o'clock UTC on the last Sunday of October, when it is two here, and one again."""
    last = datetime(year, 10, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
