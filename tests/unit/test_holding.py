"""A turn asks for the same few rows again and again, and reads each of them once."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from bot.conversations import Conversation, begin
from core.database import engine, transaction

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def known() -> str:
    with transaction() as session:
        made, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        return made.id


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield seen
    event.remove(engine(), "before_cursor_execute", note)


@pytest.mark.parametrize(("hold", "read"), [(True, 1), (False, 3)])
def test_what_is_held_is_read_once(
    known: str, statements: list[str], hold: bool, read: int
) -> None:
    with transaction(hold=hold) as session:
        for _ in range(3):
            assert session.get(Conversation, known)
            gc.collect()
    assert len([each for each in statements if "FROM conversation" in each]) == read
