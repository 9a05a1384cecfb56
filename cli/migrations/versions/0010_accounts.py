"""Sign-in by the force, the second factor, codes that work once, and sessions by a handle."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; whoever is signed in signs in again, because their session has no handle."""
    op.execute("DELETE FROM staff_session")
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("force_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))
        table.create_unique_constraint("uq_staff_force_id", ["force_id"])
    with op.batch_alter_table("staff_session") as table:
        table.add_column(sa.Column("handle", sa.String(length=24), nullable=False))
        table.add_column(sa.Column("label", sa.String(length=80), nullable=False))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        table.create_unique_constraint("uq_staff_session_handle", ["handle"])
    _staff_code()
    _sign_in_request()


def downgrade() -> None:
    """Undo."""
    op.drop_table("sign_in_request")
    op.drop_table("staff_code")
    with op.batch_alter_table("staff_session") as table:
        table.drop_constraint("uq_staff_session_handle", type_="unique")
        for column in ("confirmed_at", "label", "handle"):
            table.drop_column(column)
    with op.batch_alter_table("staff") as table:
        table.drop_constraint("uq_staff_force_id", type_="unique")
        for column in ("totp_step", "totp_secret", "force_id"):
            table.drop_column(column)


def _staff_code() -> None:
    op.create_table(
        "staff_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_staff_code_staff_id", "staff_code", ["staff_id"])


def _sign_in_request() -> None:
    op.create_table(
        "sign_in_request",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("after", sa.String(length=300), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
