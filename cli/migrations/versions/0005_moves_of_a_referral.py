"""What a referral needs to be authorised, held, handed to a colleague and replayed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: whoever began a referral is its officer until it is handed on."""
    with op.batch_alter_table("referral") as table:
        table.add_column(sa.Column("owner", sa.String(length=36), nullable=True))
        table.add_column(sa.Column("resume_to", sa.String(length=30), nullable=True))
        table.add_column(sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(
            sa.Column("delivery_site", sa.String(length=40), nullable=False, server_default="")
        )
        table.add_column(sa.Column("given_on", sa.Date(), nullable=True))
    op.execute("UPDATE referral SET owner = created_by")
    with op.batch_alter_table("referral") as table:
        table.alter_column("owner", existing_type=sa.String(length=36), nullable=False)
        table.alter_column("delivery_site", existing_type=sa.String(length=40), server_default=None)
        table.create_foreign_key("fk_referral_owner", "staff", ["owner"], ["id"])
        table.create_index("ix_referral_owner", ["owner"])
    op.add_column(
        "referral_detail", sa.Column("first_statement_on", sa.LargeBinary(), nullable=True)
    )
    op.add_column("referral_event", sa.Column("said", sa.LargeBinary(), nullable=True))
    op.create_table(
        "referral_rule_set",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("referral_rule_set")
    op.drop_column("referral_event", "said")
    op.drop_column("referral_detail", "first_statement_on")
    with op.batch_alter_table("referral") as table:
        table.drop_index("ix_referral_owner")
        table.drop_constraint("fk_referral_owner", type_="foreignkey")
        for column in ("given_on", "delivery_site", "flagged_at", "resume_to", "owner"):
            table.drop_column(column)
