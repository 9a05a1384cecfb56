"""The worker: alerts from the spool to people, the outbox out, round after round; and sweeping.

`python -m cli.worker`. Any number may run: the spool has a lock, each row of the outbox a claim.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from bot.learning import keeping
from core.database import transaction
from outreach.sending import touch, work

ROUND = 0.5
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
    swept = float("-inf")
    while not ended.wait(ROUND):
        work()
        touch()
        if time.monotonic() - swept > SWEEP_EVERY:
            sweep()
            swept = time.monotonic()


def sweep() -> None:
    """Remove what was kept to learn from and is past its time; a database that is away can wait."""
    try:
        with transaction() as session:
            keeping.sweep(session)
    except SQLAlchemyError as error:
        log.warning("nothing was swept: %s", type(error).__name__)


if __name__ == "__main__":
    main()
