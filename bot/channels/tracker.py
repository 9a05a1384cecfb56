"""What Rasa's own tracker keeps, on whatever engine, by a connection of its own (design D1).

Rasa makes its table itself, on its first turn; before that there is nothing to find.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import (
    Connection,
    column,
    create_engine,
    delete,
    inspect,
    select,
    table,
    text,
    update,
)

from core.database import LONGEST_WAIT
from core.settings import settings

_EVENTS = table("events", column("sender_id"), column("timestamp"), column("data"))


def forget(conversations: Collection[str]) -> int:
    """Forget conversations; gives how many events went."""
    with _tracker() as connection:
        if connection is None:
            return 0
        gone = delete(_EVENTS).where(_EVENTS.c.sender_id.in_(conversations))
        return connection.execute(gone).rowcount


def forget_before(moment: datetime) -> int:
    """Forget every event from before ``moment``, whose ever it is; gives how many went."""
    with _tracker() as connection:
        if connection is None:
            return 0
        gone = delete(_EVENTS).where(_EVENTS.c.timestamp < moment.timestamp())
        return connection.execute(gone).rowcount


def rename(old: str, new: str) -> None:
    """Give the events of one conversation to another id."""
    with _tracker() as connection:
        if connection is not None:
            theirs = update(_EVENTS).where(_EVENTS.c.sender_id == old)
            connection.execute(theirs.values(sender_id=new))


def events_of(conversations: Collection[str]) -> list[str]:
    """The events of conversations as Rasa keeps them, in JSON, oldest first."""
    with _tracker() as connection:
        if connection is None:
            return []
        theirs = select(_EVENTS.c.data).where(_EVENTS.c.sender_id.in_(conversations))
        return list(connection.scalars(theirs.order_by(_EVENTS.c.timestamp)))


def squeeze() -> None:
    """Let no byte stay of what was forgotten: SQLite leaves pages as they were until then."""
    path = settings().tracker_db
    if settings().tracker_url or not path.exists():
        return
    engine = create_engine(_url(), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text("VACUUM"))
    finally:
        engine.dispose()


def _url() -> str:
    return settings().tracker_url or f"sqlite:///{settings().tracker_db}"


@contextmanager
def _tracker() -> Iterator[Connection | None]:
    """A transaction there; None where Rasa has kept nothing yet."""
    url = _url()
    if not settings().tracker_url and not settings().tracker_db.exists():
        yield None
        return
    waits = {"timeout": LONGEST_WAIT} if url.startswith("sqlite") else {"connect_timeout": 2}
    engine = create_engine(url, connect_args=waits)
    try:
        with engine.begin() as connection:
            yield connection if inspect(connection).has_table(_EVENTS.name) else None
    finally:
        engine.dispose()
