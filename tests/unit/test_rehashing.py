"""Step 0011 gives every column hashes of its own, and loses nobody who was known by one before."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from cli.database import alembic_config
from core.clock import now
from core.crypto import box, derived_key
from core.database import engine, transaction
from core.keys import hashed
from outreach.texts import contacts

KNOWN, UNKNOWN = "+447700900461", "+447700900462"


@pytest.fixture(params=["data_dir", "empty_postgresql"])
def before(request: pytest.FixtureRequest) -> None:
    """A database of either engine from before that step, with two STOPs and one contact."""
    where = request.getfixturevalue(request.param)
    if isinstance(where, Path):
        where.mkdir()
    command.upgrade(alembic_config(), "0010")
    with engine().begin() as connection:
        for phone in (KNOWN, UNKNOWN):
            _insert(
                connection, "text_stop", site="hampshire", phone_lookup=old(phone), stopped_at=now()
            )
        _insert(
            connection,
            "contact",
            id="contact-1",
            site="hampshire",
            delivery_site="",
            case_id="case-1",
            phone=box("columns").encrypt(KNOWN.encode()),
            phone_lookup=old(KNOWN),
            privacy="private",
            language="en",
            hours="day",
            updated_at=now(),
        )


def old(value: str) -> str:
    """As every column was hashed before."""
    return hashed(derived_key("lookup"), value)


def _insert(connection: sa.Connection, table: str, **values: object) -> None:
    meant = sa.table(table, *map(sa.column, values))
    connection.execute(sa.insert(meant).values(**values))


@pytest.mark.usefixtures("before")
def test_who_was_known_by_a_hash_is_known_by_the_new_one() -> None:
    command.upgrade(alembic_config(), "head")
    with transaction() as session:
        found = contacts.of_phone(session, "hampshire", KNOWN)
        assert found is not None
        assert found.phone_lookup != old(KNOWN)
        for phone in (KNOWN, UNKNOWN):
            assert contacts.stopped(session, "hampshire", phone)
        held = contacts.stop_of(session, "hampshire", KNOWN)
        assert held is not None
        assert held.phone == KNOWN


@pytest.mark.usefixtures("before")
def test_and_back_again() -> None:
    command.upgrade(alembic_config(), "0011")
    command.downgrade(alembic_config(), "0010")
    stops = sa.table("text_stop", sa.column("phone_lookup"))
    with engine().connect() as connection:
        kept = set(connection.scalars(sa.select(stops.c.phone_lookup)))
    assert kept == {old(KNOWN), old(UNKNOWN)}
