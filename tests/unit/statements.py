"""Every statement that this process is about to ask of the database, while a test listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event

from core.database import engine


@contextmanager
def listening(of: Callable[[str], object]) -> Iterator[None]:
    """Tell ``of`` each statement, before it is asked."""

    def note(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        of(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine(), "before_cursor_execute", note)
