"""Makes versions public and takes them away: the one writer of ``directory_live``.

Whatever it changes moves the mark of the public directory, by which every copy in memory (``live``)
knows that it is old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from core.clock import now
from services_directory.assurance import Confirmation, Standing, standing
from services_directory.projection import project
from services_directory.tables import (
    DirectoryListing,
    Live,
    LiveMark,
    Revision,
    State,
    Tombstone,
    Verification,
)

AT_ONCE = 500


def publish(session: Session, listing: DirectoryListing, revision: Revision) -> None:
    """Make a version the public one; what was public before is gone from every search at once.

    The moment of change moves only where something public changed.
    """
    row = session.scalar(select(Live).where(Live.listing_id == listing.id).with_for_update())
    found = standing_of(session, listing.id)
    projected = project(revision.document, found, revision=revision.n, modified_at=now())
    if row is None:
        session.add(Live(listing_id=listing.id, **projected))
    else:
        if row.digest == projected["digest"]:
            del projected["modified_at"]
        for name, value in projected.items():
            setattr(row, name, value)
    session.execute(delete(Tombstone).where(Tombstone.listing_id == listing.id))
    session.flush()
    mark_changed(session)


def withdraw(session: Session, listing: DirectoryListing) -> None:
    """Take a listing out of the public directory, and leave word of it to those who copied it."""
    before = session.scalar(select(Live).where(Live.listing_id == listing.id))
    if before is not None:
        session.delete(before)
        session.merge(Tombstone(listing_id=listing.id, site=listing.site, removed_at=now()))
        session.flush()
        mark_changed(session)


def refresh_dates(session: Session, listing_id: str) -> Standing:
    """Bring the dates of the public listing up to its confirmations."""
    # Held before it is read: of two confirmations at once neither may be forgotten.
    row = select(Live.number).where(Live.listing_id == listing_id)
    session.execute(row.with_for_update())
    found = standing_of(session, listing_id)
    session.execute(
        update(Live).where(Live.listing_id == listing_id).values(**vars(found), modified_at=now())
    )
    mark_changed(session)
    return found


def reindex(session: Session, *, done: Callable[[int], object] = lambda _count: None) -> int:
    """Make everything public anew from the live versions; gives how many there are."""
    held = _held(session, true())
    session.execute(delete(Live))
    standings = _standings(session, true())
    count = 0
    for rows in _batched(session.execute(_live_versions(true())), AT_ONCE):
        projected = _projected(rows, standings, held)
        session.execute(
            insert(cast(Table, Live.__table__)),
            [{"number": number} | row for number, row in enumerate(projected, count + 1)],
        )
        count += len(rows)
        done(len(rows))
    mark_changed(session)
    _go_on_from(session, count)
    return count


def index(
    session: Session,
    ids: Sequence[str],
    *,
    done: Callable[[int], object] = lambda _count: None,
) -> None:
    """Make these public anew, as :func:`reindex` makes everything: an import into a large
    directory need not wait for what it leaves as it was.
    """
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        held = _held(session, Live.listing_id.in_(some))
        session.execute(delete(Live).where(Live.listing_id.in_(some)))
        standings = _standings(session, Verification.listing_id.in_(some))
        rows = session.execute(_live_versions(DirectoryListing.id.in_(some))).all()
        if rows:
            table = cast(Table, Live.__table__)
            session.execute(insert(table), list(_projected(rows, standings, held)))
        done(len(some))
    mark_changed(session)


def standing_of(session: Session, listing_id: str) -> Standing:
    """What the confirmations of one listing come to."""
    found = session.scalars(select(Verification).where(Verification.listing_id == listing_id))
    return standing(_confirmation(row) for row in found)


def mark_changed(session: Session) -> None:
    """Let every copy in memory be read again; whoever writes ``directory_live`` has to call it."""
    session.execute(update(LiveMark).values(mark=uuid4().hex))


def _held(session: Session, among: ColumnElement[bool]) -> dict[str, Any]:
    """What is public of them now: its digest, and when it changed."""
    kept = select(Live.listing_id, Live.digest, Live.modified_at).where(among)
    return {row.listing_id: row for row in session.execute(kept)}


def _live_versions(among: ColumnElement[bool]) -> Select[str, dict[str, str], int, datetime | None]:
    return (
        select(DirectoryListing.id, Revision.document, Revision.n, Revision.decided_at)
        .join(Revision, Revision.listing_id == DirectoryListing.id)
        .where(among, Revision.state == State.live.value, DirectoryListing.hidden.is_(False))
        .order_by(DirectoryListing.id)
    )


def _projected(
    rows: Iterable[Any], standings: Mapping[str, Standing], held: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for listing_id, document, n, decided_at in rows:
        found = standings.get(listing_id, Standing())
        row = project(document, found, revision=n, modified_at=decided_at or now())
        yield {"listing_id": listing_id} | _dated(row, held.get(listing_id))


def _dated(row: dict[str, Any], before: Any) -> dict[str, Any]:
    """The moment of change moves only where something public changed."""
    if before is None:
        return row
    same = before.digest == row["digest"]
    return row | {"modified_at": before.modified_at if same else now()}


def _go_on_from(session: Session, highest: int) -> None:
    """PostgreSQL counts by itself; it has to be told of numbers that it did not give."""
    if session.get_bind().dialect.name == "postgresql" and highest:
        sequence = func.pg_get_serial_sequence("directory_live", "number")
        session.execute(select(func.setval(sequence, highest)))


def _confirmation(row: Verification) -> Confirmation:
    return Confirmation(row.field_group, row.at.date(), row.due)


def _standings(session: Session, among: ColumnElement[bool]) -> dict[str, Standing]:
    by_listing: dict[str, list[Confirmation]] = {}
    for row in session.scalars(select(Verification).where(among)):
        by_listing.setdefault(row.listing_id, []).append(_confirmation(row))
    return {listing_id: standing(each) for listing_id, each in by_listing.items()}


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    walking = iter(rows)
    while batch := list(islice(walking, size)):
        yield batch
