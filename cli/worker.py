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

from bot.channels import sweeping
from bot.learning import keeping
from cli.texting import keep_sending
from core.clock import now
from core.database import transaction
from core.settings import settings
from outreach.sending import touch, work
from referrals.expiring import expire_drafts
from services_directory.link_round import due, look_round

ROUND = 0.5
# Seconds for a text that is with the provider at the end; one cut off is looked up before it is
# tried again.
LAST_TEXT = 5.0
SWEEP_EVERY = 3600.0
log = logging.getLogger("cara.worker")


def main() -> None:
    """Work until the process is asked to end; a round is never cut in the middle."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    touch()
    texts = keep_sending(ended, ROUND)
    swept = float("-inf")
    while not ended.wait(ROUND):
        work()
        touch()
        if time.monotonic() - swept > SWEEP_EVERY:
            sweep()
            threading.Thread(target=look_at_links, daemon=True).start()
            swept = time.monotonic()
    texts.join(LAST_TEXT)


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
    """Remove what is past its time (``docs/data.yml``); a database that is away can wait.

    Each in a transaction of its own: what keeps one from it does not keep the others.
    """
    for remove in (keeping.sweep, sweeping.sweep, expire_drafts):
        try:
            with transaction() as session:
                remove(session)
        except SQLAlchemyError as error:
            log.warning("%s removed nothing: %s", remove.__name__, type(error).__name__)


if __name__ == "__main__":
    main()
