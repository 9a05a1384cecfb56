"""Makes versions public and takes them away: the one writer of ``directory_live`` and its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.clock import now
from core.database import Base
from services_directory.assurance import Confirmation, Standing, standing
from services_directory.projection import Projection, project
from services_directory.tables import (
    DirectoryListing,
    Live,
    LiveCover,
    LiveNeed,
    LiveOpening,
    LiveWord,
    Revision,
    State,
    Tombstone,
    Verification,
)

AT_ONCE = 500
CHILDREN = (LiveNeed, LiveCover, LiveOpening, LiveWord)


def publish(session: Session, listing: DirectoryListing, revision: Revision) -> None:
    """Make a version the public one; what was public before is gone from every search at once.

    The moment of change moves only where something public changed.
    """
    before = session.scalar(select(Live).where(Live.listing_id == listing.id))
    found = standing_of(session, listing.id)
    projected = project(revision.document, found, revision=revision.n, modified_at=now())
    if before is not None:
        if before.digest == projected.row["digest"]:
            projected.row["modified_at"] = before.modified_at
        _remove(session, before)
    session.execute(delete(Tombstone).where(Tombstone.listing_id == listing.id))
    row = Live(listing_id=listing.id, **projected.row)
    session.add(row)
    session.flush()
    for table, made in _children([(row.number, projected)]):
        if made:
            session.execute(insert(cast(Table, table.__table__)), made)


def withdraw(session: Session, listing: DirectoryListing) -> None:
    """Take a listing out of the public directory, and leave word of it to those who copied it."""
    before = session.scalar(select(Live).where(Live.listing_id == listing.id))
    if before is not None:
        _remove(session, before)
        session.merge(Tombstone(listing_id=listing.id, site=listing.site, removed_at=now()))


def refresh_dates(session: Session, listing_id: str) -> Standing:
    """Bring the dates of the public listing up to its confirmations."""
    found = standing_of(session, listing_id)
    session.execute(
        update(Live).where(Live.listing_id == listing_id).values(**vars(found), modified_at=now())
    )
    return found


def reindex(session: Session, *, done: Callable[[int], object] = lambda _count: None) -> int:
    """Make everything public anew from the live versions; gives how many there are."""
    for table in (*CHILDREN, Live):
        session.execute(delete(table))
    standings = _standings(session)
    live = session.execute(
        select(DirectoryListing.id, Revision.document, Revision.n, Revision.decided_at)
        .join(Revision, Revision.listing_id == DirectoryListing.id)
        .where(Revision.state == State.live.value, DirectoryListing.hidden.is_(False))
        .order_by(DirectoryListing.id)
    )
    count = 0
    for rows in _batched(live, AT_ONCE):
        projected = [
            (
                listing_id,
                project(
                    document,
                    standings.get(listing_id, Standing()),
                    revision=n,
                    modified_at=decided_at or now(),
                ),
            )
            for listing_id, document, n, decided_at in rows
        ]
        _write(session, projected, first=count + 1)
        count += len(rows)
        done(len(rows))
    _go_on_from(session, count)
    return count


def standing_of(session: Session, listing_id: str) -> Standing:
    """What the confirmations of one listing come to."""
    found = session.scalars(select(Verification).where(Verification.listing_id == listing_id))
    return standing(_confirmation(row) for row in found)


def _remove(session: Session, row: Live) -> None:
    for table in CHILDREN:
        session.execute(delete(table).where(table.number == row.number))
    session.delete(row)
    session.flush()


def _write(session: Session, projected: Sequence[tuple[str, Projection]], *, first: int) -> None:
    """Rows in bulk, numbered from ``first``, past the unit of work, which costs far more."""
    numbered = [(number, each) for number, (_, each) in enumerate(projected, first)]
    rows: list[tuple[type[Base], list[dict[str, Any]]]] = [
        (
            Live,
            [
                {"number": number, "listing_id": listing_id, **each.row}
                for number, (listing_id, each) in enumerate(projected, first)
            ],
        ),
        *_children(numbered),
    ]
    for table, made in rows:
        if made:
            session.execute(insert(cast(Table, table.__table__)), made)


def _children(
    numbered: Sequence[tuple[int, Projection]],
) -> Iterator[tuple[type[Base], list[dict[str, Any]]]]:
    yield (
        LiveNeed,
        [
            {"number": number, "need": need, "position": at}
            for number, each in numbered
            for at, need in enumerate(each.needs)
        ],
    )
    yield (
        LiveCover,
        [{"number": number, "name": name} for number, each in numbered for name in each.covers],
    )
    yield (
        LiveOpening,
        [
            {"number": number, "starts": starts, "ends": ends}
            for number, each in numbered
            for starts, ends in each.openings
        ],
    )
    yield (
        LiveWord,
        [{"number": number, "word": word} for number, each in numbered for word in each.words],
    )


def _go_on_from(session: Session, highest: int) -> None:
    """PostgreSQL counts by itself; it has to be told of numbers that it did not give."""
    if session.get_bind().dialect.name == "postgresql" and highest:
        sequence = func.pg_get_serial_sequence("directory_live", "number")
        session.execute(select(func.setval(sequence, highest)))


def _confirmation(row: Verification) -> Confirmation:
    return Confirmation(row.field_group, row.at.date(), row.due)


def _standings(session: Session) -> dict[str, Standing]:
    by_listing: dict[str, list[Confirmation]] = {}
    for row in session.scalars(select(Verification)):
        by_listing.setdefault(row.listing_id, []).append(_confirmation(row))
    return {listing_id: standing(each) for listing_id, each in by_listing.items()}


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    walking = iter(rows)
    while batch := list(islice(walking, size)):
        yield batch
