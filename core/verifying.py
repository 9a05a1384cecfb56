"""The audit verified against itself and against what was kept of it outside the database.

A chain that is cut short at its end and told so in ``audit_chain`` fits itself. So the last sound
length and hash are kept in the data folder too, and a row that was seen there has to stay.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.audit import SYSTEM, Actor, AuditChain, AuditRow, add, record, row_of
from core.chain import CUT, HEAD, PURGE, Break, Kept, Walk
from core.clock import now
from core.settings import settings

AT_ONCE = 1_000
VERIFY = "audit.verify"


@dataclass(frozen=True)
class Finding:
    """How long the chain is, and every place at which it does not hold."""

    chain: Kept
    breaks: tuple[Break, ...]

    @property
    def sound(self) -> bool:
        """Whether it is what was written."""
        return not self.breaks


@dataclass(frozen=True)
class Remembered:
    """What lies in the data folder: the last sound state, and when anybody last looked."""

    sound: Kept | None = None
    looked_at: datetime | None = None


def verify(session: Session, *, kept: Kept | None) -> Finding:
    """Walk the whole chain; that somebody did is on record, with what was found.

    ``kept`` is a state that was sound once. Rows that are added meanwhile are for the next time.
    """
    chain, longest = _ends(session)
    walk, met = Walk(_key(session)), None
    for row in _rows(session, chain.length):
        walk.take(row)
        if kept and row["id"] == kept.length:
            met = row["hash"]
    breaks = walk.end(chain)
    if longest > chain.length:
        breaks.append(Break(longest, HEAD))
    # What a purge has taken since is vouched for by the purge.
    if kept and kept.length >= walk.first and met != kept.head:
        breaks.append(Break(kept.length, CUT))
    found = Finding(chain, tuple(breaks))
    why = found.breaks[0].fault if found.breaks else ""
    subject = f"audit:{chain.length}"
    record(session, SYSTEM, VERIFY, subject, refused=not found.sound, why=why)
    return found


def purge(session: Session, before: datetime, *, by: Actor = SYSTEM) -> int:
    """Remove the oldest rows, all written before this moment; gives how many.

    A row of the chain itself says up to where, with the hash from which the rest is verified; only
    by it the database lets them go.
    """
    first_kept = session.scalar(select(func.min(AuditRow.id)).where(AuditRow.at >= before))
    last = select(AuditRow.id, AuditRow.hash).where(AuditRow.at < before)
    if first_kept is not None:
        last = last.where(AuditRow.id < first_kept)
    found = session.execute(last.order_by(AuditRow.id.desc()).limit(1)).one_or_none()
    if found is None:
        return 0
    add(session, [row_of(by, PURGE, f"audit:{found.id}", why=found.hash)])
    gone = delete(AuditRow).where(AuditRow.id <= found.id)
    done = session.connection().execute(gone)
    return int(done.rowcount)


def place() -> Path:
    """The file that remembers, outside the database."""
    return settings().data_dir / "audit.json"


def remembered() -> Remembered:
    """What it says; nothing where it is not there or cannot be read."""
    try:
        read = json.loads(place().read_text(encoding="utf-8"))
        sound = read["sound"] and Kept(**read["sound"])
        return Remembered(sound, datetime.fromisoformat(read["looked_at"]))
    except FileNotFoundError:
        return Remembered()


def remember(finding: Finding, *, accepted: bool = False) -> None:
    """Keep that somebody looked and, if it was sound or is ``accepted``, what was seen."""
    sound = finding.chain if finding.sound or accepted else remembered().sound
    kept = {"sound": asdict(sound) if sound else None, "looked_at": now().isoformat()}
    place().parent.mkdir(parents=True, exist_ok=True)
    draft = place().with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(kept), encoding="utf-8")
    draft.replace(place())


def _ends(session: Session) -> tuple[Kept, int]:
    """What the chain says of itself and the last row that is there, of one moment."""
    longest = select(func.max(AuditRow.id)).scalar_subquery()
    found = session.execute(select(AuditChain.length, AuditChain.head, longest)).one()
    return Kept(found[0], found[1]), found[2] or 0


def _key(session: Session) -> bytes:
    key: bytes | None = session.scalar(select(AuditChain.key))
    if key is None:
        raise LookupError("the audit has no chain")
    return key


def _rows(session: Session, length: int) -> Iterator[Any]:
    every = select(AuditRow.__table__).where(AuditRow.id <= length).order_by(AuditRow.id)
    yield from session.execute(every.execution_options(yield_per=AT_ONCE)).mappings()
