"""What is held of the victim in a table of its own, and referrals that only named people open."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.crypto import EncryptedJSON, EncryptedText

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CRITERIA = {
    "B11_victim_asked": "consulted",
    "B12_victim_view": "view",
    "B13_victim_risk": "concern",
}
SEALED = ("consulted", "consulted_on", "view", "concern", "support_reference")
VICTIM = sa.table(
    "referral_victim",
    sa.column("referral_id"),
    *(sa.column(name, EncryptedText()) for name in SEALED),
    sa.column("frozen", EncryptedJSON()),
)
REFERRAL = sa.table("referral", sa.column("id"), sa.column("frozen", EncryptedJSON()))
ANSWER = sa.table(
    "referral_answer",
    *map(sa.column, ("id", "referral_id", "criterion", "value", "asked_as", "rule_set")),
    *map(sa.column, ("source", "by")),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Apply; of several answers to one question only the last goes on."""
    op.add_column("referral", sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "referral_victim",
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in (*SEALED, "frozen")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    op.create_table(
        "referral_reader",
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("added_by", sa.String(length=36), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["added_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("referral_id", "staff_id"),
    )
    made = _answers_moved()
    for referral_id, frozen in _frozen():
        kept = [
            {"at": at, **each}
            for at, each in enumerate(frozen["criteria"])
            if each["id"] in CRITERIA
        ]
        if kept:
            made.setdefault(referral_id, {})["frozen"] = kept
            rest = [each for each in frozen["criteria"] if each["id"] not in CRITERIA]
            _freeze(referral_id, frozen | {"criteria": rest})
    for referral_id, values in made.items():
        op.execute(sa.insert(VICTIM).values(referral_id=referral_id, **values))


def downgrade() -> None:
    """Undo; a date and a support reference, which had no place before, are gone."""
    kept = {row.referral_id: row for row in op.get_bind().execute(sa.select(VICTIM)).all()}
    for referral_id, frozen in _frozen():
        criteria = list(frozen["criteria"])
        for each in (kept[referral_id].frozen or []) if referral_id in kept else []:
            criteria.insert(each["at"], {name: each[name] for name in each if name != "at"})
        _freeze(referral_id, frozen | {"criteria": criteria})
    for referral_id, row in kept.items():
        _answers_back(referral_id, row._mapping)
    op.drop_table("referral_reader")
    op.drop_table("referral_victim")
    op.drop_column("referral", "restricted_at")


def _answers_moved() -> dict[str, dict[str, Any]]:
    mine = ANSWER.c.criterion.in_(CRITERIA)
    rows = op.get_bind().execute(sa.select(ANSWER).where(mine).order_by(ANSWER.c.id)).all()
    made: dict[str, dict[str, Any]] = {}
    for row in rows:
        made.setdefault(row.referral_id, {})[CRITERIA[row.criterion]] = row.value or ""
    op.execute(sa.delete(ANSWER).where(mine))
    return made


def _answers_back(referral_id: str, row: Any) -> None:
    before = (
        op.get_bind()
        .execute(sa.select(ANSWER).where(ANSWER.c.referral_id == referral_id))
        .mappings()
        .first()
    )
    if before is None:
        return
    same = {name: before[name] for name in ("rule_set", "source", "by", "at")}
    for criterion, name in CRITERIA.items():
        if row[name] is not None:
            told = {"criterion": criterion, "value": row[name] or None, "asked_as": ""}
            op.execute(sa.insert(ANSWER).values(referral_id=referral_id, **told, **same))


def _frozen() -> list[tuple[str, Any]]:
    asked = sa.select(REFERRAL).where(REFERRAL.c.frozen.is_not(None))
    return [(row.id, row.frozen) for row in op.get_bind().execute(asked).all()]


def _freeze(referral_id: str, frozen: Any) -> None:
    op.execute(sa.update(REFERRAL).where(REFERRAL.c.id == referral_id).values(frozen=frozen))
