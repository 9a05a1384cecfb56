"""Messages that were not understood, and how a person reads them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unclear_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.String(length=30), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("said_lookup", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["read_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("unclear_message", schema=None) as batch_op:
        for column in ("site", "said_lookup", "standing"):
            name = batch_op.f(f"ix_unclear_message_{column}")
            batch_op.create_index(name, [column], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("unclear_message")
