"""What a navigator writes of needs and support, and why a case is considered all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("referral_detail", sa.Column("override_reason", sa.LargeBinary(), nullable=True))
    op.create_table(
        "referral_support",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("need", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("referral_id", "idempotency_key"),
    )
    op.create_index("ix_referral_support_referral_id", "referral_support", ["referral_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("referral_support")
    op.drop_column("referral_detail", "override_reason")
