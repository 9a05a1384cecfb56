"""The outbox in tests: a far end that remembers or refuses, letters, and a clock to move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest
from sqlalchemy import select

from core import outbox
from core.database import transaction
from core.outbox import Letter, NotSentError, Outgoing, deliver_due, post

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAYLOAD = {"to": "07700 900461", "text": "Samaritans: ring 116 123"}

Move = Callable[[timedelta], None]


class Far:
    """The far end: remembers what it got, or refuses."""

    def __init__(self, refuses: str = "") -> None:
        self.got: list[Letter] = []
        self.refuses = refuses
        self._lock = Lock()

    def __call__(self, letter: Letter) -> None:
        with self._lock:
            self.got.append(letter)
        if self.refuses:
            raise NotSentError(self.refuses)

    def deliver(self, **about: int) -> int:
        """One round of a worker that sends to here."""
        return deliver_due({"text": self}, **about)


def moving_clock(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Moves the clock of the outbox to so long after nine o'clock."""

    def move(after: timedelta) -> None:
        monkeypatch.setattr(outbox, "now", lambda: START + after)

    move(timedelta())
    return move


def write(key: str = "one", **about: bool) -> None:
    """One text to somebody."""
    with transaction() as session:
        post(session, Letter("text", key, PAYLOAD), site="hampshire", **about)


def rows() -> list[Outgoing]:
    """All that stands in the outbox, by key."""
    with transaction() as session:
        return list(session.scalars(select(Outgoing).order_by(Outgoing.key)))


def row() -> Outgoing:
    """The only row."""
    (only,) = rows()
    return only
