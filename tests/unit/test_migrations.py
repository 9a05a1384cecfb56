"""Migrations and models agree on both engines, and every step can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from accounts.tables import Staff
from cli.database import TABLES, alembic_config, upgrade
from core.database import engine, transaction


@pytest.fixture(params=["data_dir", "empty_postgresql"])
def empty(request: pytest.FixtureRequest) -> None:
    """A database of either engine before any migration."""
    where = request.getfixturevalue(request.param)
    if isinstance(where, Path):
        where.mkdir()


def tables() -> set[str]:
    return set(inspect(engine()).get_table_names())


def step() -> str | None:
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


@pytest.mark.usefixtures("empty")
def test_the_migrations_make_exactly_what_the_models_declare() -> None:
    command.upgrade(alembic_config(), "head")
    assert tables() == {*TABLES.tables, "alembic_version"}
    command.check(alembic_config())


@pytest.mark.usefixtures("empty")
def test_every_step_goes_down_to_nothing_and_up_again() -> None:
    command.upgrade(alembic_config(), "head")
    command.downgrade(alembic_config(), "base")
    assert tables() == {"alembic_version"}
    assert step() is None
    command.upgrade(alembic_config(), "head")
    command.check(alembic_config())
    assert step() == head()


def test_the_steps_are_one_line_without_a_fork() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


@pytest.mark.usefixtures("database")
def test_bringing_an_up_to_date_database_up_to_date_changes_nothing() -> None:
    with transaction() as session:
        before = {(each.id, each.username) for each in session.scalars(select(Staff))}
    upgrade()
    with transaction() as session:
        assert {(each.id, each.username) for each in session.scalars(select(Staff))} == before
    assert step() == head()


def test_a_first_start_makes_the_folder_and_the_database(data_dir: Path) -> None:
    assert not data_dir.exists()
    upgrade()
    assert (data_dir / "cara.db").exists()
    assert step() == head()


def test_an_address_without_a_driver_is_understood(
    empty_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = empty_postgresql.partition("://")[2]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        monkeypatch.setenv("CARA_DATABASE_URL", f"{scheme}://{rest}")
        assert engine().dialect.driver == "psycopg"
        assert tables() == set()
        engine().dispose()
        engine.cache_clear()
