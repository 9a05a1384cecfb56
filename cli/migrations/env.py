"""Alembic's entry: the tables of every package, against the database of the settings."""

from __future__ import annotations

from alembic import context

from cli.database import TABLES
from core.database import engine

with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=TABLES,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
