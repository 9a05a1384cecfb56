"""What leaves the system: first a row, written in the transaction of its cause (design D8).

The rows are the queue: a worker takes what is due, tries, and tries again later. A receiver gets
the row's key with each try, so that it can tell a second copy.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.audit import Actor, record
from core.clock import AHEAD, now
from core.crypto import EncryptedJSON
from core.database import Base, UtcDateTime, transaction
from core.metrics import LETTERS

log = logging.getLogger("cara.outbox")

# What is held is kept here until somebody fetches it or puts it right; no worker sends it.
WAITING, SENT, DEAD, HELD = "waiting", "sent", "dead", "held"
# The trouble of what did not leave because its person had asked for no more: nothing is lost.
NOT_WANTED = "text: stopped"
DELIVERED = "delivered"
CLAIM_LASTS = timedelta(seconds=20)
TRIES = 40
# Between two writes of a long queue, so that people's own messages get their turn at the database.
BREATH = 0.005
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=15)


class NotSentError(Exception):
    """A sender could not hand it over now; it is tried again. The message names no person."""


class NeverSentError(NotSentError):
    """No try will ever hand it over, so none is made; the message names no person either."""


class Outgoing(Base):
    """One thing that leaves: an e-mail, a text, a call of a webhook.

    ``receipt`` is what the receiver called it, by which a receipt finds it; ``became`` what that
    receipt said, "delivered" or why it was not, and "" until one comes.
    """

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    site: Mapped[str] = mapped_column(String(40))
    payload: Mapped[Any] = mapped_column(EncryptedJSON)
    status: Mapped[str] = mapped_column(String(10), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    receipt: Mapped[str | None] = mapped_column(String(100), index=True)
    became: Mapped[str] = mapped_column(String(12), default="")


@dataclass(frozen=True)
class Letter:
    """What a sender is given: where to and what (``payload``), and the key of idempotency.

    ``again``: it was tried before, and may have got there although nobody said so.
    """

    kind: str
    key: str
    payload: dict[str, Any]
    again: bool = field(default=False, compare=False)


# Gives what a receipt will call the letter, where its receiver sends receipts.
Sender = Callable[[Letter], str | None]


def post(
    session: Session,
    letter: Letter,
    *,
    site: str,
    sent: bool = False,
    held: bool = False,
    trouble: str = "",
) -> None:
    """Add a row; the same key again changes nothing.

    ``sent`` records what has gone already; ``held`` keeps what no worker sends, and ``trouble``
    says why, if something is wrong.
    """
    if session.scalar(select(Outgoing.id).where(Outgoing.key == letter.key)):
        return
    session.add(
        Outgoing(
            id=str(uuid.uuid4()),
            kind=letter.kind,
            key=letter.key,
            site=site,
            payload=letter.payload,
            status=SENT if sent else HELD if held else WAITING,
            trouble=trouble,
            made_at=now(),
            due_at=now(),
            sent_at=now() if sent else None,
        )
    )
    session.flush()


def resend(session: Session, row_id: str, site: str, *, by: Actor) -> bool:
    """Try a row of ``site`` again from the beginning, now; ``by`` is who wants it.

    False where it has left already, or never was: a row that is held is sent by nobody. A worker
    that has it in hand keeps it, so that it is not sent twice at a time.
    """
    again = (
        update(Outgoing)
        .where(Outgoing.id == row_id, Outgoing.site == site, Outgoing.status.in_((WAITING, DEAD)))
        .values(status=WAITING, due_at=now(), tries=0)
        .execution_options(synchronize_session=False)
    )
    if session.connection().execute(again).rowcount != 1:
        return False
    record(session, by, "outbox.resend", f"outbox:{row_id}")
    return True


def settle(session: Session, receipt: str, became: str) -> Outgoing | None:
    """Keep what became of a letter; None where it is none of ours, or that is known already.

    A receipt may come twice, late, or in the wrong order: delivered is never taken back.
    """
    row = session.scalars(select(Outgoing).where(Outgoing.receipt == receipt)).first()
    if row is None or row.became in (became, DELIVERED):
        return None
    row.became = became
    session.flush()
    return row


def deliver_due(senders: Mapping[str, Sender], *, most: int = 50) -> int:
    """Try every row that is due, at most ``most``; gives how many were sent.

    A row is claimed first, in a transaction of its own, so that two workers never hold one row;
    a worker that dies holding one frees it by its silence. An address that has just failed is not
    called again in this round: ten letters to one that stalls must not keep an alert waiting.
    """
    shorten_claims(Outgoing, Outgoing.status == WAITING, CLAIM_LASTS)
    sent, failed = 0, set[str]()
    passed_over: list[str] = []
    for row_id, address in _due(most):
        if address in failed:
            passed_over.append(row_id)
            continue
        went = _delivered(row_id, senders)
        sent += bool(went)
        if address and went is False:
            failed.add(address)
        time.sleep(BREATH)
    _pass_over(passed_over)
    return sent


def _due(most: int) -> list[tuple[str, str]]:
    """The rows whose time has come, and for a call where it goes."""
    with transaction() as session:
        rows = session.scalars(
            select(Outgoing)
            .where(Outgoing.status == WAITING, _is_due(now()), _free())
            .order_by(Outgoing.due_at)
            .limit(most)
        )
        return [(row.id, row.payload.get("url", "")) for row in rows]


def lost() -> ColumnElement[bool]:
    """What was given up and should have gone."""
    return and_(Outgoing.status == DEAD, Outgoing.trouble.is_distinct_from(NOT_WANTED))


def _is_due(moment: datetime) -> Any:
    """Its time has come, or lies further ahead than any pause: the clock was set back since."""
    never_tried = and_(Outgoing.tries == 0, Outgoing.due_at > moment + FIRST_PAUSE + AHEAD)
    return or_(
        Outgoing.due_at <= moment, never_tried, Outgoing.due_at > moment + LONGEST_PAUSE + AHEAD
    )


def _pass_over(row_ids: list[str]) -> None:
    """Let others go first; what was not tried does not count as a try."""
    if not row_ids:
        return
    later = (
        update(Outgoing)
        .where(Outgoing.id.in_(row_ids), Outgoing.status == WAITING, _free())
        .values(due_at=now() + FIRST_PAUSE)
    )
    with transaction() as session:
        session.connection().execute(later)


def shorten_claims(table: Any, waits: Any, lasts: timedelta) -> None:
    """Let no claim outlast ``lasts`` from now, as one does that was made before a clock set back.

    It is not taken away: whoever made it may have the row in hand at this moment.
    """
    too_long = (waits, table.claimed_until > now() + lasts + AHEAD)
    with transaction() as session:
        if session.scalar(select(table.id).where(*too_long).limit(1)) is None:
            return
    with transaction() as session:
        session.execute(update(table).where(*too_long).values(claimed_until=now() + lasts))


def _free() -> Any:
    return or_(Outgoing.claimed_until.is_(None), Outgoing.claimed_until <= now())


def _delivered(row_id: str, senders: Mapping[str, Sender]) -> bool | None:
    """Whether it went; None where another worker has it."""
    row = _claimed(row_id)
    if row is None:
        return None
    again = row.tries > 1 or bool(row.trouble)
    try:
        named = senders[row.kind](Letter(row.kind, row.key, row.payload, again=again))
    except Exception as error:  # noqa: BLE001 - one broken letter must not hold up the others
        told = str(error) if isinstance(error, NotSentError) else type(error).__name__
        _put_off(row, told, never=isinstance(error, NeverSentError))
        LETTERS.labels(row.kind, "put_off").inc()
        return False
    with transaction() as session:
        held = session.get_one(Outgoing, row_id)
        held.status, held.sent_at, held.trouble, held.receipt = SENT, now(), "", named
    LETTERS.labels(row.kind, "sent").inc()
    return True


def _claimed(row_id: str) -> Outgoing | None:
    with transaction() as session:
        claim = (
            update(Outgoing)
            .where(Outgoing.id == row_id, Outgoing.status == WAITING, _free())
            .values(claimed_until=now() + CLAIM_LASTS, tries=Outgoing.tries + 1)
            .execution_options(synchronize_session=False)
        )
        if session.connection().execute(claim).rowcount != 1:
            return None
        return session.get(Outgoing, row_id)


def _put_off(claimed: Outgoing, trouble: str, *, never: bool) -> None:
    with transaction() as session:
        row = session.get_one(Outgoing, claimed.id, with_for_update=True)
        if (row.status, row.claimed_until) != (WAITING, claimed.claimed_until):
            # We slept past our claim: another worker has the letter, or has sent it.
            return
        row.trouble, row.claimed_until = trouble[:200], None
        if never or row.tries >= TRIES:
            row.status = DEAD
            LETTERS.labels(row.kind, "given_up").inc()
            log.error("outbox row %s (%s) is given up after %d tries", row.id, row.kind, row.tries)
            return
        row.due_at = now() + min(FIRST_PAUSE * 2 ** min(row.tries, 12), LONGEST_PAUSE)
