"""The worker's queue of texts that we begin: `huey`, on a SQLite file or on Redis.

The rows of texts are the truth and the queue carries their ids (decision 0018): what is due is
queued, any worker of the copy takes it, and a queue that is away, flushed or full of old news costs
nothing but the time until the next round, for a row is claimed before it is sent.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from redis import ConnectionPool
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.crypto import derived_key
from core.redis_waits import PATIENCE, within
from core.settings import settings
from outreach.texts.delivery import Case, due, send_due, send_one
from outreach.texts.providers import LaterError, provider
from referrals.workshops.standing import standing_of

# A slow provider holds a thread for ten seconds at most; four of them keep the others going.
THREADS = 4
MOST = 200
# Seconds. An id that nobody took in this time is queued anew, and the old one is let go.
STALE = 20.0
log = logging.getLogger("cara.texts")


def case_of(session: Session, case_id: str) -> Case:
    """What the referrals say of a case at this moment."""
    standing = standing_of(session, case_id)
    return Case(known=True, **vars(standing)) if standing else Case()


@lru_cache(maxsize=1)
def queue() -> Huey:
    """The queue of this copy. What lies in it is signed: nobody else's pickle is opened."""
    about: dict[str, Any] = {
        "results": False,
        "serializer": SignedSerializer(secret=derived_key("queue").hex()),
    }
    if settings().redis_url:
        pool = ConnectionPool.from_url(settings().redis_url, **within(PATIENCE))
        return RedisHuey("cara-texts", connection_pool=pool, **about)
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("cara-texts", filename=str(settings().data_dir / "queue.db"), **about)


@lru_cache(maxsize=1)
def _task() -> Any:
    return queue().task(name="send_text", expires=STALE)(send_text)


def send_text(message_id: str) -> None:
    """Send one text that was queued; what is in the way of it now, its row says."""
    try:
        send_one(message_id, provider(), case_of)
    except LaterError as later:
        log.info("a text waits: %s", later.code)
    except SQLAlchemyError as error:
        log.warning("no text was sent: %s", type(error).__name__)


class Rounds:
    """Queues what is due, round after round, each id once in ``STALE`` seconds."""

    def __init__(self) -> None:
        self._queued: dict[str, float] = {}

    def go(self) -> None:
        """Queue what is due; where the queue is away, send it here and now, one after the other."""
        try:
            fresh = self._fresh(due(MOST))
            for message_id in fresh:
                _task()(message_id)
                self._queued[message_id] = time.monotonic()
        except SQLAlchemyError as error:
            log.warning("no text was queued: %s", type(error).__name__)
        except (RedisError, sqlite3.Error, OSError) as error:
            log.warning("texts go without the queue: %s", type(error).__name__)
            send_texts()

    def _fresh(self, ids: list[str]) -> list[str]:
        long_ago = time.monotonic() - STALE
        self._queued = {each: at for each, at in self._queued.items() if at > long_ago}
        return [each for each in ids if each not in self._queued]


def send_texts() -> int:
    """Send what is due now; gives how many went. A database that is away can wait."""
    try:
        return send_due(provider(), case_of)
    except SQLAlchemyError as error:
        log.warning("no text was sent: %s", type(error).__name__)
        return 0


@contextmanager
def texting(ended: threading.Event, pause: float, patience: float) -> Iterator[None]:
    """Queue and send in threads of their own: a slow provider must not keep an alert.

    To be entered in the main thread, before it says what its signals do: `huey` sets its own.
    ``patience`` is how many seconds a text in hand gets at the end.
    """
    _task()
    consumer = queue().create_consumer(
        workers=THREADS, periodic=False, max_delay=pause, shutdown_timeout=patience
    )
    consumer.start()
    rounds = Rounds()

    def go() -> None:
        while not ended.wait(pause):
            rounds.go()

    thread = threading.Thread(target=go, name="texts due", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        consumer.stop(graceful=True)
        thread.join(patience)
