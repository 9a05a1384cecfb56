"""The public directory in memory: read from the database once, and again where it has changed.

A process keeps one copy, and each question first asks the database for the mark of its last change
(``publishing``): a listing that was withdrawn a moment ago is in no answer.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.database import transaction
from services_directory.catalogue import Catalogue, Indexed, indexed
from services_directory.listing import Listing, from_document, with_dates
from services_directory.tables import Live, LiveMark, SiteListing
from sites import NATIONAL

# So few changed rows are asked for by their numbers; of more, everything is read.
FEW = 500
_STATE = (
    Live.number,
    Live.listing_id,
    Live.service_id,
    Live.organisation_id,
    Live.digest,
    Live.assured_on,
    Live.check_after,
    Live.hide_after,
    Live.modified_at,
)
_MARK = select(LiveMark.mark)
_MARK_AND_PLACES = (
    select(LiveMark.mark, SiteListing.listing_id, SiteListing.rank, SiteListing.note)
    .outerjoin(SiteListing, SiteListing.site == bindparam("site"))
    .order_by(SiteListing.listing_id)
)
Taken = tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Public:
    """A public listing, read, and how the rest of its row stood in the database."""

    indexed: Indexed
    state: tuple[Any, ...]
    service_id: str
    organisation_id: str
    modified_at: datetime


@dataclass(frozen=True)
class _Memory:
    """Everything public at one mark; the catalogues of sites are made when first asked for."""

    mark: str
    rows: dict[str, Public]
    sites: dict[str, tuple[Taken, Catalogue]] = field(default_factory=dict)

    @cached_property
    def whole(self) -> tuple[Catalogue, tuple[Public, ...]]:
        """Every row in columns, and besides."""
        listings = Catalogue(row.indexed for row in self.rows.values())
        return listings, tuple(self.rows[each.id] for each in listings.listings)


_kept = _Memory("", {})
_lock = Lock()
log = logging.getLogger("cara.directory")


def read_early(sites: Iterable[str]) -> None:
    """Have everything public at hand, so that whoever asks first need not wait while it is read.

    That takes a tenth of a second for hundreds of listings, and two minutes for 360,000. Where the
    database is away it is read when somebody asks.
    """
    try:
        with transaction() as session:
            for site in sites:
                catalogue(session, site)
    except SQLAlchemyError as error:
        log.warning("the directory is read when somebody asks: %s", type(error).__name__)


def by_id(session: Session, site: str, listing_id: str) -> Listing | None:
    """The public listing of that id, if the site has it; whether to offer it is asked apart."""
    return catalogue(session, site).by_id.get(listing_id)


def anywhere(session: Session, listing_id: str) -> Listing | None:
    """The public listing of that id, whichever site it belongs to."""
    found = everything(session).get(listing_id)
    return found.indexed.listing if found else None


def all_of(session: Session, site: str) -> Sequence[Listing]:
    """Every public listing of a site, and the national ones, by name."""
    return catalogue(session, site).listings


def mark_of(session: Session) -> str:
    """Something that differs whenever the public directory does."""
    return session.scalar(_MARK) or ""


def whole(session: Session) -> tuple[Catalogue, tuple[Public, ...]]:
    """All that is public, of every site, in columns and row by row."""
    return _remembered(session, mark_of(session)).whole


def everything(session: Session) -> dict[str, Public]:
    """All that is public, of every site, by the ids of the listings."""
    return _remembered(session, mark_of(session)).rows


def catalogue(session: Session, site: str) -> Catalogue:
    """The public listings of a site: its own, those that it took up, and the national.

    Each has the site's rank and note.
    """
    rows = session.execute(_MARK_AND_PLACES, {"site": site}).all()
    memory = _remembered(session, rows[0].mark if rows else "")
    taken = tuple((row.listing_id, row.rank, row.note) for row in rows if row.listing_id)
    before = memory.sites.get(site)
    if before and before[0] == taken:
        return before[1]
    made = Catalogue(_of_site(memory.rows.values(), site, taken))
    memory.sites[site] = taken, made
    return made


def _of_site(rows: Iterable[Public], site: str, taken: Taken) -> Iterable[Indexed]:
    own = {listing_id: (rank, note) for listing_id, rank, note in taken}
    for row in rows:
        listing = row.indexed.listing
        if listing.id in own:
            rank, note = own[listing.id]
            yield row.indexed._replace(listing=replace(listing, rank=rank, note=note))
        elif listing.site in (site, NATIONAL):
            yield row.indexed


def _remembered(session: Session, mark: str) -> _Memory:
    """What the database holds at a mark, which no other database ever has."""
    global _kept
    memory = _kept
    if memory.mark != mark:
        with _lock:
            if _kept.mark != mark:
                _kept = _Memory(mark, _read(session, _kept.rows))
            memory = _kept
    return memory


def _read(session: Session, before: dict[str, Public]) -> dict[str, Public]:
    """All rows; those that stand as they stood are not read again."""
    states = {row.listing_id: tuple(row) for row in session.execute(select(*_STATE))}
    changed = [
        state[0]
        for listing_id, state in states.items()
        if listing_id not in before or before[listing_id].state != state
    ]
    rows = select(Live.public, *_STATE)
    if len(changed) <= FEW:
        rows = rows.where(Live.number.in_(changed))
    new = {row.listing_id: _public(row) for row in session.execute(rows)} if changed else {}
    return {each: row for each in states if (row := new.get(each) or before.get(each))}


def _public(row: Any) -> Public:
    listing = with_dates(
        from_document(json.loads(row.public)),
        assured_on=row.assured_on,
        check_after=row.check_after,
        hide_after=row.hide_after,
    )
    return Public(
        indexed(listing), tuple(row)[1:], row.service_id, row.organisation_id, row.modified_at
    )
