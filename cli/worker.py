"""The worker: alerts from the spool to people, the outbox out, round after round.

`python -m cli.worker`. Any number may run: the spool has a lock, each row of the outbox a claim.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from outreach.sending import touch, work

ROUND = 0.5


def main() -> None:
    """Work until the process is asked to end; a round is never cut in the middle."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    touch()
    while not ended.wait(ROUND):
        work()
        touch()


if __name__ == "__main__":
    main()
