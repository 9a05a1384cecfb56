"""Writes that must not hold up an answer: done at once if the database answers, else when it does.

Only what was said in a crisis is written here; the alert itself is on the spool by then. What still
waits when the process dies is lost from the transcript, and from nowhere else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError
from threading import Lock

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.conversations import ChatMessage
from core.database import transaction

log = logging.getLogger("cara.journal")

PATIENCE = 0.12
PAUSE = 0.5
GIVE_UP = 600.0
MOST = 5_000

Write = Callable[[Session], list[ChatMessage]]


class Journal:
    """One thread that writes in order."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting = 0
        self._lock = Lock()

    def keep(self, write: Write) -> list[ChatMessage] | None:
        """The messages as kept; None where the database does not answer at once.

        While an earlier write still waits, nobody waits for this one.
        """
        with self._lock:
            behind = self._waiting
            if behind >= MOST:
                log.error("a crisis transcript is lost: %d wait for the database", behind)
                return None
            self._waiting += 1
        done: Future[list[ChatMessage]] = self._thread.submit(self._written, write)
        try:
            return None if behind else done.result(PATIENCE)
        except (NotInTimeError, SQLAlchemyError):
            return None

    def wait(self, seconds: float) -> bool:
        """Whether everything was written within ``seconds``."""
        until = time.monotonic() + seconds
        while self._waiting and time.monotonic() < until:
            time.sleep(0.02)
        return not self._waiting

    def _written(self, write: Write) -> list[ChatMessage]:
        try:
            return _persistently(write)
        finally:
            with self._lock:
                self._waiting -= 1


def _persistently(write: Write) -> list[ChatMessage]:
    until = time.monotonic() + GIVE_UP
    while True:
        try:
            with transaction() as session:
                return write(session)
        except (IntegrityError, StaleDataError):
            # Another message took the number, or this one is kept already: `write` looks again.
            pause = 0.01
        except SQLAlchemyError as error:
            pause = PAUSE
            if time.monotonic() > until:
                log.error("a crisis transcript is lost: %s", type(error).__name__)
                raise
        time.sleep(pause)


journal = Journal()
