"""The audit as a chain that only grows: source, request and reason, a hash, and triggers.

A later step that changes the table ``audit`` on SQLite makes it anew, and has to call ``guard``
again.
"""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.audit import Sealed
from core.chain import BEGINNING, link
from core.database import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SAID = "the audit is append-only"
# A purge opens what it names, and nothing else; that it is one of ours its hash shows.
OPENED = "SELECT 1 FROM audit WHERE act = 'audit.purge' AND CAST(substr(record, 7) AS INTEGER)"
SQLITE = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
    f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
    f"WHEN NOT EXISTS ({OPENED} >= OLD.id) BEGIN SELECT RAISE(ABORT, '{SAID}'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' THEN IF EXISTS ({OPENED} >= OLD.id) THEN RETURN OLD; END IF; END IF; "
    f"RAISE EXCEPTION '{SAID}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
)
AUDIT = sa.table(
    "audit",
    sa.column("id", sa.Integer),
    sa.column("at", UtcDateTime),
    sa.column("refused", sa.Boolean),
    *map(sa.column, ("actor_kind", "actor_id", "site", "act", "record")),
    *map(sa.column, ("source", "request", "why", "hash")),
)
CHAIN = sa.table("audit_chain", sa.column("key", Sealed), *map(sa.column, ("id", "length", "head")))


def upgrade() -> None:
    """Apply: what is there already becomes the beginning of the chain, in its order."""
    with op.batch_alter_table("audit") as table:
        for name, length in (("source", 10), ("request", 36), ("why", 80), ("hash", 64)):
            table.add_column(
                sa.Column(name, sa.String(length=length), nullable=False, server_default="")
            )
    with op.batch_alter_table("audit") as table:
        for name in ("source", "request", "why", "hash"):
            table.alter_column(name, server_default=None)
        table.create_index("ix_audit_act", ["act"])
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _chain()
    guard()


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
    else:
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
        op.execute("DROP FUNCTION audit_append_only()")
    op.drop_table("audit_chain")
    with op.batch_alter_table("audit") as table:
        table.drop_index("ix_audit_act")
        for name in ("hash", "why", "request", "source"):
            table.drop_column(name)


def guard() -> None:
    """Refuse every change of a row of the audit, and every removal that no purge has opened."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _chain() -> None:
    key, head, place = secrets.token_bytes(32), BEGINNING, 0
    rows = op.get_bind().execute(sa.select(AUDIT).order_by(AUDIT.c.id)).mappings().all()
    for place, row in enumerate(rows, 1):
        new: dict[str, Any] = {**row, "id": place}
        head = link(key, head, new)
        where = AUDIT.c.id == row["id"]
        op.execute(sa.update(AUDIT).where(where).values(id=place, hash=head))
    op.execute(sa.insert(CHAIN).values(id=1, key=key, length=place, head=head))
