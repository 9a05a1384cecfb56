"""The short way to who is signed in: for a minute their session lies in Redis, encrypted.

Nearly every request of staff asks that, and the way to the database takes four times as long
(decision 0026). Whoever has used a session is noted in the database once a minute: until then it
may be read here. What ends a session or changes its person writes "over" here before the database
commits, and nothing is put over that: so who is signed out is out at once. Where Redis is away or
not used, the database is asked; an end that Redis could not be told holds after a minute.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, TypeVar

import redis
from cryptography.fernet import InvalidToken
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Mapper, make_transient_to_detached

from accounts.tables import Staff, StaffSession
from core.clock import now
from core.crypto import box
from core.redis_waits import BRIEFLY, left_alone, within
from core.settings import settings

LASTS = timedelta(minutes=1)
_PURPOSE = "sessions"
_OVER = b"over"
# Pages that need these read the database.
_NOT_HERE = frozenset({"password_hash", "totp_secret", "totp_step"})

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


def found(token_hash: str) -> StaffSession | None:
    """The session of this hash with its person, to read and not to change; None where not here."""
    kept = _asked(lambda server: server.get(_key(token_hash)))
    if not isinstance(kept, bytes) or kept == _OVER:
        return None
    try:
        told = json.loads(box(_PURPOSE).decrypt(kept))
    except InvalidToken:
        return None
    if (set(told["session"]), set(told["staff"])) != (_names(StaffSession), _names(Staff)):
        # Of another version, while both serve.
        return None
    here = _detached(StaffSession, told["session"] | {"staff": _detached(Staff, told["staff"])})
    fresh = here.seen_at + LASTS > now()
    return here if fresh and here.token_hash == token_hash else None


def keep(session: StaffSession) -> None:
    """Have this session at hand for the rest of its minute, unless it has ended meanwhile."""
    left = int((session.seen_at + LASTS - now()).total_seconds())
    if left < 1 or not settings().redis_url:
        return
    told = {"session": _columns(session), "staff": _columns(session.staff)}
    sealed = box(_PURPOSE).encrypt(json.dumps(told, default=datetime.isoformat).encode())
    _asked(lambda server: server.set(_key(session.token_hash), sealed, ex=left, nx=True))


def forget(hashes: Iterable[str]) -> None:
    """These sessions have ended or changed; they are read from the database for two minutes."""
    for key in map(_key, hashes):
        _asked(partial(redis.Redis.set, name=key, value=_OVER, ex=2 * LASTS), urgent=True)


@event.listens_for(StaffSession, "before_delete")
def _ends(_mapper: Mapper[StaffSession], _connection: Connection, gone: StaffSession) -> None:
    forget([gone.token_hash])


@event.listens_for(Staff, "before_update")
def _changes(_mapper: Mapper[Staff], connection: Connection, changed: Staff) -> None:
    theirs = select(StaffSession.token_hash).where(StaffSession.staff_id == changed.id)
    forget(connection.scalars(theirs))


# Redis


def _asked(ask: Callable[[redis.Redis], Answer], *, urgent: bool = False) -> Answer | None:
    """What Redis says; None where it is not used, away, or hung just now and it can wait."""
    url = settings().redis_url
    if not url or (not urgent and left_alone.now()):
        return None
    try:
        return ask(_server(url))
    except redis.RedisError as error:
        _log.warning("sessions: redis is away (%s)", type(error).__name__)
        left_alone.after(error)
        return None


@lru_cache(maxsize=1)
def _server(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, **within(BRIEFLY))


def _key(token_hash: str) -> str:
    return f"staff-session:{token_hash}"


# Rows


def _columns(row: Staff | StaffSession) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _names(type(row))}


def _names(table: type[Staff | StaffSession]) -> set[str]:
    return {each.key for each in table.__mapper__.column_attrs} - _NOT_HERE


Row = TypeVar("Row", Staff, StaffSession)


def _detached(table: type[Row], told: dict[str, Any]) -> Row:
    """A row as it is after its transaction: what it lacks it refuses, and nothing is added anew."""
    moments = {name for name, value in told.items() if name.endswith("_at") and value is not None}
    row = table(**told | {name: datetime.fromisoformat(told[name]) for name in moments})
    make_transient_to_detached(row)
    return row
