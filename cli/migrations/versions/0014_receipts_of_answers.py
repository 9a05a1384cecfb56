"""What became of an answer by text, and that one to somebody in danger did not arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("outbox", sa.Column("receipt", sa.String(length=100), nullable=True))
    op.add_column(
        "outbox", sa.Column("became", sa.String(length=12), nullable=False, server_default="")
    )
    op.create_index("ix_outbox_receipt", "outbox", ["receipt"])
    op.add_column("alert", sa.Column("unreached_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("alert", "unreached_at")
    op.drop_index("ix_outbox_receipt", table_name="outbox")
    op.drop_column("outbox", "became")
    op.drop_column("outbox", "receipt")
