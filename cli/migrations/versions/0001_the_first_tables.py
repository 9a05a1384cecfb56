"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: each table after those that it points to."""
    _audit()
    _staff()
    _conversation()
    _referral()
    _staff_session()
    _chat_message()
    _referral_answer()
    _referral_detail()
    _referral_event()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("record", sa.String(length=120), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_record"), ["record"], unique=False)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("rank", sa.String(length=40), nullable=False),
        sa.Column("collar_number", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_site"), ["site"], unique=False)


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("context", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_staff_id"), ["staff_id"], unique=False)


def _referral() -> None:
    op.create_table(
        "referral",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=True),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("rule_set", sa.String(length=60), nullable=False),
        sa.Column("rule_set_digest", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("went_on_despite", sa.String(length=200), nullable=False),
        sa.Column("frozen", sa.LargeBinary(), nullable=True),
        sa.Column("frozen_digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_created_by"), ["created_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_status"), ["status"], unique=False)


def _staff_session() -> None:
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_staff_id"), ["staff_id"], unique=False)


def _chat_message() -> None:
    op.create_table(
        "chat_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "idempotency_key"),
        sa.UniqueConstraint("conversation_id", "n"),
    )
    with op.batch_alter_table("chat_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chat_message_conversation_id"), ["conversation_id"], unique=False
        )


def _referral_answer() -> None:
    op.create_table(
        "referral_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("criterion", sa.String(length=30), nullable=False),
        sa.Column("value", sa.String(length=30), nullable=True),
        sa.Column("asked_as", sa.String(length=300), nullable=False),
        sa.Column("rule_set", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("referral_answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_answer_referral_id"), ["referral_id"], unique=False
        )


def _referral_detail() -> None:
    op.create_table(
        "referral_detail",
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("crime_reference", sa.LargeBinary(), nullable=True),
        sa.Column("crime_reference_lookup", sa.String(length=64), nullable=True),
        sa.Column("custody_reference", sa.LargeBinary(), nullable=True),
        sa.Column("custody_reference_lookup", sa.String(length=64), nullable=True),
        sa.Column("offence_date", sa.LargeBinary(), nullable=True),
        sa.Column("risk_tool", sa.String(length=10), nullable=True),
        sa.Column("officer_phone", sa.LargeBinary(), nullable=True),
        sa.Column("officer_in_case", sa.LargeBinary(), nullable=True),
        sa.Column("full_name", sa.LargeBinary(), nullable=True),
        sa.Column("full_name_lookup", sa.String(length=64), nullable=True),
        sa.Column("date_of_birth", sa.LargeBinary(), nullable=True),
        sa.Column("date_of_birth_lookup", sa.String(length=64), nullable=True),
        sa.Column("postcode_district", sa.LargeBinary(), nullable=True),
        sa.Column("living_with_victim_now", sa.String(length=10), nullable=True),
        sa.Column("mobile", sa.LargeBinary(), nullable=True),
        sa.Column("phone_is_private", sa.String(length=10), nullable=True),
        sa.Column("text_consent", sa.String(length=10), nullable=True),
        sa.Column("text_consent_words", sa.String(length=500), nullable=True),
        sa.Column("text_consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ok_hours", sa.String(length=20), nullable=True),
        sa.Column("second_contact", sa.LargeBinary(), nullable=True),
        sa.Column("interpreter_language", sa.LargeBinary(), nullable=True),
        sa.Column("access_needs", sa.LargeBinary(), nullable=True),
        sa.Column("when_unavailable", sa.LargeBinary(), nullable=True),
        sa.Column("support_needs_seen", sa.LargeBinary(), nullable=True),
        sa.Column("authoriser", sa.String(length=36), nullable=True),
        sa.Column("skipped", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["authoriser"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    with op.batch_alter_table("referral_detail", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_detail_crime_reference_lookup"),
            ["crime_reference_lookup"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_referral_detail_custody_reference_lookup"),
            ["custody_reference_lookup"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_referral_detail_date_of_birth_lookup"),
            ["date_of_birth_lookup"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_referral_detail_full_name_lookup"), ["full_name_lookup"], unique=False
        )


def _referral_event() -> None:
    op.create_table(
        "referral_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("from_status", sa.String(length=30), nullable=False),
        sa.Column("to_status", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("referral_id", "idempotency_key"),
    )
    with op.batch_alter_table("referral_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_event_referral_id"), ["referral_id"], unique=False
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("referral_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_event_referral_id"))

    op.drop_table("referral_event")
    with op.batch_alter_table("referral_detail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_detail_full_name_lookup"))
        batch_op.drop_index(batch_op.f("ix_referral_detail_date_of_birth_lookup"))
        batch_op.drop_index(batch_op.f("ix_referral_detail_custody_reference_lookup"))
        batch_op.drop_index(batch_op.f("ix_referral_detail_crime_reference_lookup"))

    op.drop_table("referral_detail")
    with op.batch_alter_table("referral_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_answer_referral_id"))

    op.drop_table("referral_answer")
    with op.batch_alter_table("chat_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chat_message_conversation_id"))

    op.drop_table("chat_message")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_staff_id"))

    op.drop_table("staff_session")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_status"))
        batch_op.drop_index(batch_op.f("ix_referral_site"))
        batch_op.drop_index(batch_op.f("ix_referral_created_by"))

    op.drop_table("referral")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_staff_id"))

    op.drop_table("conversation")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_site"))

    op.drop_table("staff")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_record"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))
        batch_op.drop_index(batch_op.f("ix_audit_actor_id"))

    op.drop_table("audit")
