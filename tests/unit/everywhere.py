"""One person in every table there is, made from the tables so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from cli.database import TABLES
from core.crypto import HASH_OF, EncryptedJSON, EncryptedText, lookup_hash
from core.database import UtcDateTime
from outreach.texts.contacts import chat_of

SITE = "hampshire"
# The audit is written by what is done and by nothing else; of the others there is one row.
BY_ITSELF = ("audit", "audit_chain", "directory_mark")


@dataclass
class Somebody:
    """A participant: what is theirs holds ``name`` or ``phone``, and no other's rows do."""

    name: str
    phone: str
    number: int
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """By which the referral is read out."""
        return f"AB{self.number}-CD{self.number}-E{self.number}"

    @property
    def canaries(self) -> tuple[str, str]:
        """What may stand nowhere once they are erased."""
        return self.name, self.phone


def place(
    session: Session, somebody: Somebody, moment: datetime, *, but: tuple[str, ...] = ()
) -> None:
    """A row of theirs in every table, all of ``moment``; ``but`` are tables to leave out."""
    for table in TABLES.sorted_tables:
        if table.name not in (*but, *BY_ITSELF):
            _place(session, table, somebody, moment)


def _place(session: Session, table: sa.Table, somebody: Somebody, moment: datetime) -> None:
    known = _known(somebody, moment).get(table.name, {})
    values = {
        column.name: known[column.name] if column.name in known else _made(column, somebody, moment)
        for column in table.columns
        if HASH_OF not in column.info
    }
    for column in table.columns:
        if made_of := column.info.get(HASH_OF):
            plain = made_of(values) if callable(made_of) else values[made_of]
            values[column.name] = lookup_hash(f"{table.name}.{column.name}", plain)
    values = {name: value for name, value in values.items() if value is not _BY_ITSELF}
    done = session.connection().execute(sa.insert(table).values(**values))
    key = zip(
        [each.name for each in table.primary_key], done.inserted_primary_key or (), strict=True
    )
    somebody.keys[table.name] = dict(key)


_BY_ITSELF = object()


def _made(column: sa.Column[Any], somebody: Somebody, moment: datetime) -> Any:
    """A value that fits a column, and tells of nobody else."""
    for foreign in column.foreign_keys:
        return somebody.keys[foreign.column.table.name][foreign.column.name]
    if isinstance(column.type, EncryptedText):
        return f"{somebody.name} {column.name}"
    if isinstance(column.type, EncryptedJSON):
        return {}
    if isinstance(column.type, UtcDateTime):
        return moment
    if isinstance(column.type, sa.Date):
        return moment.date()
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.Integer):
        return _BY_ITSELF if column.primary_key else 1
    if column.name == "site":
        return SITE
    length = getattr(column.type, "length", None) or 40
    if column.primary_key or column.unique or length >= 36:
        return f"{column.name}-{somebody.number}"[:length]
    return column.name[:length]


def _known(somebody: Somebody, moment: datetime) -> dict[str, dict[str, Any]]:
    """What the rules of the domain look at: everything is over, sent and settled."""
    chat, referral = chat_of(SITE, somebody.phone), f"id-{somebody.number}-referral"
    said = f"{somebody.name} said"
    return {
        "conversation": {
            "id": chat, "audience": "participant", "language": "en", "staff_id": None,
            "context": {"place": {"label": somebody.name}},
        },
        "chat_message": {"n": 1, "sender": "person", "body": {"text": said}},
        "telephone": {"number": somebody.phone},
        "alert": {
            "status": "closed", "conversation": chat, "said": said, "kind": "suicide",
            "reach": {"phone": somebody.phone},
        },
        "unclear_message": {
            "id": f"unclear-{somebody.number}", "standing": "waiting",
            "said": f"unclear {somebody.number}", "reading": None, "read_at": None, "read_by": None,
        },
        "outbox": {
            "key": f"text:{chat}:1:0", "status": "sent", "kind": "text", "claimed_until": None,
            "payload": {"to": somebody.phone, "text": said, "site": SITE},
        },
        "staff": {"id": f"staff-{somebody.number}", "role": "officer", "name": "Officer Example",
                  "collar_number": "1234", "email": "officer@example.org"},
        "referral": {
            "id": referral, "reference": somebody.reference[:12],
            "status": "completed", "resume_to": None,
            "frozen": {"criteria": [{"question": "?", "answer": "yes", "words": said}]},
        },
        "referral_event": {
            "event": "attend_b", "from_status": "part_a_done", "to_status": "completed",
        },
        "workshop_group": {"id": f"group-{somebody.number}", "language": "en"},
        "staff_code": {"ends_at": None},
        "contact": {
            "case_id": referral, "phone": somebody.phone, "language": "en", "privacy": "private",
            "hours": "day",
        },
        "text_stop": {"phone": somebody.phone, "started_at": None},
        "text_message": {
            "standing": "sent", "data": {"place": somebody.name}, "claimed_until": None,
        },
        "signposting": {
            "conversation": chat, "needs": ["alcohol"], "listings": [{"id": "x", "name": "y"}],
        },
        "directory_revision": {"document": {"name": "A service"}, "state": "draft"},
        "directory_suggestion": {"status": "done", "proposed": "12 High Street", "said": "moved"},
        "directory_live": {"public": "{}"},
        "retention_review": {"decision": "", "decided_by": None, "decided_at": None,
                             "due_at": moment + timedelta(days=3650)},
        "study_salt": {"salt": "00ff"},
    }  # fmt: skip


def everything(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, decrypted, in the order of its key."""
    return {
        table.name: [
            dict(row._mapping)
            for row in session.execute(sa.select(table).order_by(*table.primary_key))
        ]
        for table in TABLES.sorted_tables
    }
