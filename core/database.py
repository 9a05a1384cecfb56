"""One way to the database: SQLite by default, PostgreSQL where configured (design D7)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import DateTime, Engine, bindparam, create_engine, event, select
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.types import TypeDecorator

from core.metrics import DATABASE
from core.settings import settings

# Those who wait for SQLite's one writer come in no order, and some wait for seconds; those who
# wait for a connection come in turn.
_FEW = {"pool_size": 4, "max_overflow": 0}
# Seconds for which a write waits for another, and anybody for a connection: a person gets a plain
# sentence within four.
LONGEST_WAIT = 2.0


class Base(DeclarativeBase):
    """The parent of every table."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so the zone is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC, and refuse a moment without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process."""
    url = settings().database_url
    # What a statement carries may be somebody's name, and errors end up in logs.
    about: dict[str, Any] = {"hide_parameters": True, "pool_timeout": LONGEST_WAIT}
    if not url.startswith("sqlite"):
        # Operators write postgresql://; without a driver's name SQLAlchemy looks for psycopg 2.
        chosen = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
        waits = {"connect_timeout": 2, "options": f"-c lock_timeout={int(LONGEST_WAIT * 1000)}"}
        made = create_engine(chosen, pool_pre_ping=True, connect_args=waits, **about)
    else:
        made = create_engine(url, connect_args={"timeout": LONGEST_WAIT}, **_FEW, **about)
        event.listen(made, "connect", _tune_sqlite)
    event.listen(made, "handle_error", _count_error)
    return made


def _count_error(about: ExceptionContext) -> None:
    """Its kind alone: that of the driver's error, of which there are ten or so."""
    DATABASE.labels(type(about.original_exception).__name__).inc()


def _tune_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def transaction(*, hold: bool = False) -> Iterator[Session]:
    """A session that commits at the end of the block, or keeps nothing of it.

    ``hold``: what was read stays at hand until the end. For a turn, whose parts ask for the same
    few rows: a session forgets what nobody holds, and reads it again.
    """
    kind = _Holding if hold else Session
    with kind(engine(), expire_on_commit=False) as session, session.begin():
        yield session


class _Holding(Session):
    """A session that holds what it has loaded."""


@event.listens_for(_Holding, "loaded_as_persistent")
def _hold(session: Session, loaded: object) -> None:
    session.info.setdefault("held", []).append(loaded)


Row = TypeVar("Row", bound=Base)


class ByKey(Generic[Row]):
    """One row by its key, by a statement that is put together once.

    For what every turn asks: three quarters of the time of ``Session.get``, and the same where
    nothing that the session holds was expired.
    """

    def __init__(
        self, kind: type[Row], key: InstrumentedAttribute[str], *options: ExecutableOption
    ) -> None:
        self._kind = kind
        self._statement = select(kind).where(key == bindparam("key")).options(*options)

    def __call__(self, session: Session, key: str) -> Row | None:
        """The row that the session holds or else the database; None where there is none."""
        held: Row | None = session.identity_map.get(identity_key(self._kind, key))
        return held or session.scalars(self._statement, {"key": key}).one_or_none()
