"""The worker: alerts from the spool to people, the outbox out, round after round; and sweeping.

`python -m cli.worker`. Any number may run: the spool has a lock, each row of the outbox a claim.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from cli.auditing import nightly
from cli.purging import purge
from cli.texting import texting
from core import metrics, traces
from core.clock import now
from core.logs import set_up
from core.pulse import beat_beside
from core.settings import settings
from outreach.sending import touch, work
from outreach.waiting import Waiting
from services_directory.link_round import due, look_round

ROUND = 0.5
# Seconds for a text that is with the provider at the end; one cut off is looked up before it is
# tried again.
LAST_TEXT = 5.0
SWEEP_EVERY = 3600.0
log = logging.getLogger("cara.worker")


def main() -> None:
    """Work until the process is asked to end; a round is never cut in the middle."""
    set_up()
    metrics.serve("worker", Waiting())
    traces.set_up("worker")
    ended = threading.Event()
    touch()
    # Not of the rounds: one may wait long for a provider, and its letters others send meanwhile.
    beat_beside()
    with texting(ended, ROUND, LAST_TEXT):
        _end_on_signals(ended)
        _go_round(ended)


def _end_on_signals(ended: threading.Event) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _go_round(ended: threading.Event) -> None:
    swept = float("-inf")
    while not ended.wait(ROUND):
        work()
        touch()
        if time.monotonic() - swept > SWEEP_EVERY:
            sweep()
            threading.Thread(target=look_at_links, daemon=True).start()
            threading.Thread(target=nightly, daemon=True).start()
            swept = time.monotonic()


def look_at_links() -> None:
    """Look at the web addresses whose time has come; never in a demonstration, which stays offline.

    In a thread of its own: a slow site must not keep an alert waiting.
    """
    if settings().demo:
        return
    try:
        asyncio.run(look_round(due(now())))
    except SQLAlchemyError as error:
        log.warning("no link was looked at: %s", type(error).__name__)


def sweep() -> None:
    """Remove what is past its time (``docs/data.yml``)."""
    purge()


if __name__ == "__main__":
    main()
