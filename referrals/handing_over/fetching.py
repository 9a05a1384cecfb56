"""The queue that a receiver fetches from: in a fixed order, until it says that it has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from core.clock import now
from core.database import transaction
from core.outbox import HELD, SENT, Outgoing
from referrals.handing_over.closed import not_of_closed
from referrals.handing_over.tables import HandOverTurn
from referrals.handing_over.ways import PULL, Purpose, cause_of
from referrals.readers import is_closed


@dataclass(frozen=True)
class Fetched:
    """One thing of the queue: its place ``n``, its id to acknowledge, its key, and its content.

    ``kind`` is ``referral``, or ``withdrawal`` for word that one is withdrawn.
    """

    n: int
    id: str
    key: str
    kind: str
    referral: dict[str, Any]


def fetch(staff: Staff, *, after: int, most: int) -> list[Fetched]:
    """What this site's queue holds beyond place ``after`` and nobody has acknowledged.

    That each was read is on record. Whatever is posted later gets a later place.
    """
    _give_turns(staff.site)
    with transaction() as session:
        found = session.execute(
            select(HandOverTurn.n, Outgoing)
            .join(Outgoing, Outgoing.id == HandOverTurn.outbox_id)
            .where(Outgoing.site == staff.site, *_waits(), HandOverTurn.n > after)
            .where(not_of_closed(staff))
            .order_by(HandOverTurn.n)
            .limit(most)
        ).all()
        for _, row in found:
            subject = f"referral:{cause_of(row.payload).referral}"
            record(session, actor_of(staff), "hand_over.fetch", subject)
        return [Fetched(n, row.id, row.key, _kind(row), row.payload["body"]) for n, row in found]


def acknowledge(session: Session, staff: Staff, row_id: str) -> bool:
    """The receiver has it, and is not given it again; False where its site has no such thing."""
    # PostgreSQL refuses a zero byte before it looks.
    row = session.get(Outgoing, row_id) if row_id.isprintable() else None
    if row is None or row.kind != PULL or row.site != staff.site:
        return False
    if is_closed(session, staff, cause_of(row.payload).referral):
        return False
    taken = (
        update(Outgoing)
        .where(Outgoing.id == row_id, *_waits())
        .values(status=SENT, sent_at=now())
        .execution_options(synchronize_session=False)
    )
    if session.connection().execute(taken).rowcount == 1:
        subject = f"referral:{cause_of(row.payload).referral}"
        record(session, actor_of(staff), "hand_over.acknowledge", subject)
    return True


def _kind(row: Outgoing) -> str:
    withdrawn = cause_of(row.payload).purpose is Purpose.withdrawal
    return "withdrawal" if withdrawn else "referral"


def _waits() -> tuple[Any, ...]:
    return Outgoing.kind == PULL, Outgoing.status == HELD


def _give_turns(site: str) -> None:
    """A place to each row that has none; of two that look at once, one finds them given."""
    without = (
        select(Outgoing.id)
        .where(Outgoing.site == site, *_waits())
        .where(~select(HandOverTurn.n).where(HandOverTurn.outbox_id == Outgoing.id).exists())
        .order_by(Outgoing.made_at, Outgoing.id)
    )
    try:
        with transaction() as session:
            session.execute(insert(HandOverTurn).from_select(["outbox_id"], without))
    except IntegrityError:
        _give_turns(site)
