"""Keys that can be changed: a hash of its own for each column, and its source beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.learning.tables import told_by
from core.crypto import box, derived_keys, lookup_hash
from core.keys import hashed

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIELDS = ("crime_reference", "custody_reference", "full_name", "date_of_birth")


def upgrade() -> None:
    """Apply. Who was known by a word is known by their date of birth until they give one again."""
    with op.batch_alter_table("text_stop") as table:
        table.add_column(sa.Column("phone", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("contact") as table:
        table.add_column(sa.Column("word", sa.LargeBinary(), nullable=True))
        table.drop_column("word_lookup")
    _study_salt()
    _retention_review()
    _rehash(lambda purpose, value: lookup_hash(purpose, value))
    op.execute(sa.delete(sa.table("chat_link")))


def downgrade() -> None:
    """Undo; hashes are again those that one key makes for every column."""
    _rehash(lambda _purpose, value: _before(value)[0])
    op.execute(sa.delete(sa.table("chat_link")))
    op.drop_table("retention_review")
    op.drop_table("study_salt")
    with op.batch_alter_table("contact") as table:
        table.add_column(sa.Column("word_lookup", sa.String(length=64), nullable=True))
        table.drop_column("word")
    with op.batch_alter_table("text_stop") as table:
        table.drop_column("phone")


def _study_salt() -> None:
    op.create_table(
        "study_salt",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("study", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", "study"),
    )


def _retention_review() -> None:
    op.create_table(
        "retention_review",
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    op.create_index("ix_retention_review_site", "retention_review", ["site"])


def _rehash(hash_of: Callable[[str, str], str]) -> None:
    phones = _phones()
    for row in _rows("text_stop", "site", "phone_lookup"):
        if phone := phones.get(row["phone_lookup"]):
            made = hash_of("text_stop.phone_lookup", phone)
            _set("text_stop", row, phone_lookup=made, phone=_sealed(phone))
    for row in _rows("contact", "id", "phone"):
        if row["phone"]:
            made = hash_of("contact.phone_lookup", _open(row["phone"]))
            _set("contact", {"id": row["id"]}, phone_lookup=made)
    for row in _rows("referral_detail", "referral_id", *FIELDS):
        made_of = {f"{name}_lookup": row[name] for name in FIELDS if row[name]}
        hashes = {
            name: hash_of(f"referral_detail.{name}", _open(value))
            for name, value in made_of.items()
        }
        if hashes:
            _set("referral_detail", {"referral_id": row["referral_id"]}, **hashes)
    for row in _rows("unclear_message", "id", "audience", "asked", "said"):
        told = told_by({**row, "said": _open(row["said"])})
        made = hash_of("unclear_message.said_lookup", told)
        _set("unclear_message", {"id": row["id"]}, said_lookup=made)


def _phones() -> dict[str, str]:
    """Every telephone that is known, by what its STOP may be kept as."""
    rows = [*_rows("contact", "id", "phone"), *_rows("telephone", "conversation_id", "number")]
    sealed = [row.get("phone") or row.get("number") for row in rows]
    numbers = {_open(each) for each in sealed if each}
    numbers |= {_open(row["phone"]) for row in _rows("text_stop", "site", "phone") if row["phone"]}
    hashes = {each: phone for phone in numbers for each in _before(phone)}
    return hashes | {lookup_hash("text_stop.phone_lookup", phone): phone for phone in numbers}


def _before(value: str) -> list[str]:
    """What was kept of ``value`` in any column before this step."""
    return [hashed(key, value) for key in derived_keys("lookup")]


def _rows(table: str, *columns: str) -> Iterator[dict[str, Any]]:
    meant = sa.table(table, *map(sa.column, columns))
    asked = sa.select(meant)
    return iter([dict(row._mapping) for row in op.get_bind().execute(asked)])


def _set(table: str, known_by: dict[str, Any], **values: Any) -> None:
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in {*known_by, *values}]
    meant = sa.table(table, *columns)
    where = [meant.c[name] == value for name, value in known_by.items()]
    op.execute(sa.update(meant).where(*where).values(**values))


def _open(value: bytes) -> str:
    return box("columns").decrypt(value).decode("utf-8", "surrogatepass")


def _sealed(value: str) -> bytes:
    return box("columns").encrypt(value.encode())
