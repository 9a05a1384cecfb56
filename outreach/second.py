"""The second sender (design D2a): a web process does the worker's rounds while that is silent."""

from __future__ import annotations

import logging
import threading
import time

from core.settings import settings
from outreach.sending import last_sign, work

log = logging.getLogger("cara.second")

LOOK_EVERY = 0.5


def stand_in(ended: threading.Event) -> None:
    """Look after the worker until ``ended``; a copy that has just started gives it time to come.

    It is silent while its sign stays the same: no clock of the day tells how long, since that may
    be set back meanwhile, and a dead worker's last sign lie in the future.
    """
    known, since, standing_in = last_sign(), time.monotonic(), False
    while not ended.wait(LOOK_EVERY):
        sign = last_sign()
        if sign != known:
            known, since, standing_in = sign, time.monotonic(), False
            continue
        if time.monotonic() - since < settings().worker_silence:
            continue
        if not standing_in:
            log.warning("the worker is silent; this process sends what waits")
        standing_in = True
        try:
            work(standing_in=True)
        except Exception:
            # The thread must outlive whatever a round meets: it is the last that sends.
            log.exception("a round of the second sender failed")
