"""Who did what to which record, written in the transaction of the act (design D12).

The rows are a chain: each carries a keyed hash of itself and of the hash before it, so that whoever
changes, removes or puts in one at the database is found out (``core/chain.py``, decision 0021).
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import LargeBinary, String, Table, bindparam, event, insert, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.types import TypeDecorator

from core.chain import link
from core.clock import now
from core.crypto import box
from core.database import Base, UtcDateTime
from core.occasion import CLI, occasion

_WAITING = "audit rows of this transaction"
SEALED_AS = "audit chain"


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff by id, a participant's conversation, or the system itself."""

    kind: str
    id: str
    site: str = ""


SYSTEM = Actor("system", "system")


def at_terminal() -> Actor:
    """Whoever types a command, as this machine knows them."""
    try:
        return Actor("operator", getpass.getuser()[:64])
    except (OSError, KeyError):
        # An account of a container that has a number and no name.
        return Actor("operator", "unnamed")


class AuditRow(Base):
    """One act, or one refusal. Never holds what was said or who it was about, only which record.

    ``id`` is the place in the chain: 1 and up without a gap. ``source`` and ``request`` are those
    of the occasion; ``why`` is a code.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(64), index=True)
    site: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60), index=True)
    record: Mapped[str] = mapped_column(String(120), index=True)
    refused: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(10))
    request: Mapped[str] = mapped_column(String(36))
    why: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(64))


class Sealed(TypeDecorator[bytes]):
    """Bytes sealed for the chain alone: nobody can put a value of another column in their place."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else box(SEALED_AS).encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Decrypt on the way out."""
        return None if value is None else box(SEALED_AS).decrypt(value)


class AuditChain(Base):
    """The one row from which the chain goes on; whoever adds to the chain holds it till the commit.

    ``key`` is random, made once: a change of the installation's secret seals it anew, and the old
    rows stay verifiable.
    """

    __tablename__ = "audit_chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(Sealed)
    length: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))


_ROWS = cast(Table, AuditRow.__table__)
_CHAIN = cast(Table, AuditChain.__table__)
# Put together once: every turn of an officer adds to the chain.
_ADDED = insert(_ROWS)
_LONGER = (
    update(_CHAIN)
    .values(length=_CHAIN.c.length + bindparam("more"))
    .returning(_CHAIN.c.key, _CHAIN.c.length, _CHAIN.c.head)
)
_ENDED = update(_CHAIN).values(head=bindparam("hash"))


def record(
    session: Session,
    actor: Actor,
    act: str,
    subject: str,
    *,
    refused: bool = False,
    why: str = "",
) -> None:
    """Keep the audit row of ``act`` on ``subject`` ("table:id"); no audit, no act.

    What the act has changed is written at once, the row with the commit: it is chained last of all,
    so that nobody waits for the chain longer than a commit takes, and nobody who holds it waits for
    another row. Where it cannot be written the commit fails. ``why`` is a code, never prose.
    """
    session.flush()
    row = row_of(actor, act, subject, refused=refused, why=why)
    waiting = session.info.setdefault(_WAITING, [])
    waiting.append((session.get_nested_transaction(), row))


def row_of(
    actor: Actor, act: str, subject: str, *, refused: bool = False, why: str = ""
) -> dict[str, Any]:
    """A row of this moment and this occasion, which has no place in the chain yet."""
    if actor == SYSTEM and occasion().source == CLI:
        actor = at_terminal()
    return {
        "at": now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "site": actor.site,
        "act": act,
        "record": subject,
        "refused": refused,
        "source": occasion().source,
        "request": occasion().reference,
        "why": why,
    }


@event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    """Add what waits to the chain, as the last thing before the commit."""
    if session.in_nested_transaction():
        return
    waiting: list[Any] = session.info.pop(_WAITING, [])
    if waiting:
        session.flush()
        add(session, [row for _, row in waiting])
        occasion().recorded = True


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    """What was rolled back did not happen."""
    waiting: list[Any] = session.info.get(_WAITING, [])
    waiting[:] = [(inside, row) for inside, row in waiting if not _part_of(inside, undone)]


def _part_of(inside: SessionTransaction | None, undone: SessionTransaction) -> bool:
    if not undone.nested:
        return True
    while inside is not None and inside is not undone:
        inside = inside.parent
    return inside is undone


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Chain rows in one transaction; raises ``LookupError`` where the chain was taken away.

    The update of the one row of ``audit_chain`` makes writers wait for each other on both engines;
    from there to the commit every statement counts, so none goes by way of the ORM.
    """
    connection = session.connection()
    found = connection.execute(_LONGER, {"more": len(rows)}).one_or_none()
    if found is None:
        raise LookupError("the audit has no chain")
    linked = list(_linked(rows, found.key, found.length - len(rows), found.head))
    connection.execute(_ADDED, linked)
    connection.execute(_ENDED, {"hash": linked[-1]["hash"]})


def _linked(
    rows: Sequence[Mapping[str, Any]], key: bytes, length: int, head: str
) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(rows, length + 1):
        head = link(key, head, {**row, "id": place})
        yield {**row, "id": place, "hash": head}
