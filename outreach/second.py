"""The second sender (design D2a): a web process does the worker's rounds while that is silent."""

from __future__ import annotations

import logging
import threading
import time

from core.settings import settings
from outreach.sending import work, worker_is_silent

log = logging.getLogger("cara.second")

LOOK_EVERY = 0.5


def stand_in(ended: threading.Event) -> None:
    """Look after the worker until ``ended``; a copy that has just started gives it time to come."""
    begun, standing_in = time.monotonic(), False
    while not ended.wait(LOOK_EVERY):
        if time.monotonic() - begun < settings().worker_silence or not worker_is_silent():
            standing_in = False
            continue
        if not standing_in:
            log.warning("the worker is silent; this process sends what waits")
        standing_in = True
        try:
            work(standing_in=True)
        except Exception:
            # The thread must outlive whatever a round meets: it is the last that sends.
            log.exception("a round of the second sender failed")
