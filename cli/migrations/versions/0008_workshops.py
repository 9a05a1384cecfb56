"""Workshops: groups, who runs them, and the seats of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "workshop_group",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("delivery_site", sa.String(length=40), nullable=False),
        sa.Column("venue", sa.String(length=200), nullable=False),
        sa.Column("part_a_on", sa.Date(), nullable=False),
        sa.Column("part_b_on", sa.Date(), nullable=False),
        sa.Column("begins", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_workshop_group_site", "workshop_group", ["site"])
    op.create_table(
        "workshop_facilitator",
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["workshop_group.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("group_id", "staff_id"),
    )
    op.create_table(
        "workshop_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["workshop_group.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_workshop_seat_group_id", "workshop_seat", ["group_id"])
    op.create_index("ix_workshop_seat_referral_id", "workshop_seat", ["referral_id"])


def downgrade() -> None:
    """Undo."""
    for name in ("workshop_seat", "workshop_facilitator", "workshop_group"):
        op.drop_table(name)
