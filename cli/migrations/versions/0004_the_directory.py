"""The services directory: listings and their versions, what of them is public, and work on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _gap()
    _link()
    _listing()
    _synonym()
    _tombstone()
    _live()
    _revision()
    _site()
    _suggestion()
    _verification()
    _mark()


def downgrade() -> None:
    """Undo."""
    for table in (
        "directory_mark",
        "directory_verification",
        "directory_suggestion",
        "directory_site",
        "directory_revision",
        "directory_live",
        "directory_tombstone",
        "directory_synonym",
        "directory_listing",
        "directory_link",
        "directory_gap",
    ):
        op.drop_table(table)


def _gap() -> None:
    op.create_table(
        "directory_gap",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("need", sa.String(length=24), nullable=False),
        sa.Column("area", sa.String(length=4), nullable=False),
        sa.Column("relaxed", sa.String(length=40), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day", "need", "area", "relaxed"),
    )


def _link() -> None:
    op.create_table(
        "directory_link",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url"),
    )
    op.create_index("ix_directory_link_next_at", "directory_link", ["next_at"])


def _listing() -> None:
    op.create_table(
        "directory_listing",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.String(length=60), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_directory_listing_site", "directory_listing", ["site"])


def _synonym() -> None:
    op.create_table(
        "directory_synonym",
        sa.Column("term", sa.String(length=60), nullable=False),
        sa.Column("means", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("term"),
    )


def _tombstone() -> None:
    op.create_table(
        "directory_tombstone",
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("listing_id"),
    )
    op.create_index("ix_directory_tombstone_removed_at", "directory_tombstone", ["removed_at"])


def _live() -> None:
    op.create_table(
        "directory_live",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.Column("assured_on", sa.Date(), nullable=True),
        sa.Column("check_after", sa.Date(), nullable=True),
        sa.Column("hide_after", sa.Date(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["directory_listing.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("listing_id"),
    )
    op.create_index("ix_directory_live_modified_at", "directory_live", ["modified_at"])
    op.create_index("ix_directory_live_organisation_id", "directory_live", ["organisation_id"])
    op.create_index("ix_directory_live_service_id", "directory_live", ["service_id"])
    op.create_index("ix_directory_live_site", "directory_live", ["site"])


def _revision() -> None:
    op.create_table(
        "directory_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["directory_listing.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("listing_id", "n"),
    )
    op.create_index("ix_directory_revision_listing_id", "directory_revision", ["listing_id"])
    op.create_index("ix_directory_revision_state", "directory_revision", ["state"])


def _site() -> None:
    op.create_table(
        "directory_site",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["directory_listing.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site", "listing_id"),
    )
    op.create_index("ix_directory_site_listing_id", "directory_site", ["listing_id"])


def _suggestion() -> None:
    op.create_table(
        "directory_suggestion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("field", sa.String(length=24), nullable=False),
        sa.Column("proposed", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["directory_listing.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_directory_suggestion_listing_id", "directory_suggestion", ["listing_id"])
    op.create_index("ix_directory_suggestion_site", "directory_suggestion", ["site"])
    op.create_index("ix_directory_suggestion_status", "directory_suggestion", ["status"])


def _verification() -> None:
    op.create_table(
        "directory_verification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.String(length=60), nullable=False),
        sa.Column("field_group", sa.String(length=12), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["directory_listing.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_directory_verification_listing_id", "directory_verification", ["listing_id"]
    )


def _mark() -> None:
    made = op.create_table(
        "directory_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(made, [{"id": 1, "mark": ""}])
