"""A writer of the audit in a process of its own, which imports nothing but what it needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sqlalchemy.exc import OperationalError

from core.audit import Actor, record
from core.database import transaction

OFFICER = Actor("staff", "an officer", "hampshire")
ACTS, AT_ONCE = 25, 4


def write_together(number: int) -> None:
    """Several writers in this process, numbered on from ``number`` times as many."""
    numbers = range(number * AT_ONCE, (number + 1) * AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as writers:
        list(writers.map(write, numbers))


def write(number: int) -> int:
    """So many acts, each with two rows; gives how often a turn did not come in time."""
    done = waited = 0
    while done < ACTS:
        # A writer waits two seconds for its turn; whoever is told so then tries again.
        waited += 1
        with suppress(OperationalError):
            with transaction() as session:
                record(session, OFFICER, "referral.answer", f"referral:{number}.{done}")
                record(session, OFFICER, "referral.view", f"referral:{number}.{done}")
            done += 1
    return waited - ACTS
