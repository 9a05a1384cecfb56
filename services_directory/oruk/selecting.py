"""Which listings a request asks for: masks over the directory in memory, then rows by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.clock import today
from core.settings import settings
from services_directory import live
from services_directory.catalogue import Catalogue, Mask
from services_directory.hours import DAY, WEEK
from services_directory.hours_text import read_hours
from services_directory.oruk.asked import Asked
from services_directory.oruk.entry import Entry, at_id, entry_of
from services_directory.oruk.gone import Gone
from services_directory.oruk.schedules import BYDAY
from services_directory.oruk.taxonomy import TAXONOMY_ID, need_of
from services_directory.own_words import synonyms
from services_directory.places import Place, within_reach
from services_directory.query import covering_names
from services_directory.tables import Live
from services_directory.vocabulary import groups_of
from sites import NATIONAL, all_sites

Key = InstrumentedAttribute[str]
_COLUMNS = (
    Live.service_id,
    Live.organisation_id,
    Live.public,
    Live.easting,
    Live.northing,
    Live.assured_on,
    Live.check_after,
    Live.modified_at,
)
_places: dict[str, dict[str, str]] = {}


def shown() -> list[ColumnElement[bool]]:
    """Outside the demonstration only what is assured, and was within its time."""
    if settings().demo:
        return []
    in_time = or_(Live.hide_after.is_(None), Live.hide_after >= today())
    return [Live.assured_on.is_not(None), in_time]


def matching(
    session: Session, key: Key, asked: Asked, gone: Sequence[Gone]
) -> list[tuple[str, datetime]]:
    """Every id that is asked for, in their order, with the moment of its last change.

    What is not known of a listing never leaves it out.
    """
    listings, rows = live.whole(session)
    mask = np.ones(listings.size, np.bool_)
    for part in (
        *_shown(listings),
        *_searched(session, listings, asked.search),
        *_of_taxonomy(listings, asked),
        *_of_age(listings, asked),
        *_open(listings, asked),
        *_near(listings, asked),
    ):
        mask &= part
    lost = {each.service_id for each in gone}
    found: dict[str, datetime] = {}
    for row in (rows[at] for at in np.flatnonzero(mask)):
        if _plain(row, asked) and _changed(row, asked, lost):
            entity_id = _id_of(row, key)
            found[entity_id] = max(row.modified_at, found.get(entity_id, row.modified_at))
    return sorted(found.items())


def entries(session: Session, key: Key, wanted: Sequence[str]) -> dict[str, list[Entry]]:
    """All public listings of each id, by the ids of the listings."""
    found: dict[str, list[Entry]] = {each: [] for each in wanted}
    rows = select(key, *_COLUMNS).where(key.in_(wanted), *shown()).order_by(Live.listing_id)
    for row in session.execute(rows) if wanted else ():
        found[row[0]].append(entry_of(row))
    return {each: rows for each, rows in found.items() if rows}


def listing_id_of(session: Session, entity_id: str) -> str | None:
    """The listing that is known under the id of a service at a location."""
    mark = live.mark_of(session)
    places = _places.get(mark)
    if places is None:
        rows = live.everything(session).items()
        places = {at_id(row.service_id, listing_id): listing_id for listing_id, row in rows}
        _places.clear()
        _places[mark] = places
    return places.get(entity_id)


def services_shown(session: Session, wanted: Sequence[str]) -> set[str]:
    """Those of the services that still have a public listing."""
    rows = select(Live.service_id).where(Live.service_id.in_(wanted), *shown()).distinct()
    return set(session.scalars(rows)) if wanted else set()


def _id_of(row: live.Public, key: Key) -> str:
    ids = {
        Live.service_id.key: row.service_id,
        Live.organisation_id.key: row.organisation_id,
        Live.listing_id.key: row.indexed.listing.id,
    }
    return ids[key.key]


def _shown(listings: Catalogue) -> Iterator[Mask]:
    """As :func:`shown`."""
    if not settings().demo:
        yield listings.facts["assured"]
        yield listings.facts["hide_after"] >= today().toordinal()


def _searched(session: Session, listings: Catalogue, search: str) -> Iterator[Mask]:
    if not search.strip():
        return
    groups = groups_of(search, listings.words.values, synonyms(session))
    for group in groups:
        yield listings.words.any_of(group)
    if not groups:
        yield np.zeros(listings.size, np.bool_)


def _of_taxonomy(listings: Catalogue, asked: Asked) -> Iterator[Mask]:
    if asked.taxonomy_term_id:
        yield listings.meets(need_of(str(asked.taxonomy_term_id)) or "")
    if asked.taxonomy_id:
        ours = str(asked.taxonomy_id) == TAXONOMY_ID
        yield np.array([ours and bool(each.needs) for each in listings.listings], np.bool_)


def _plain(row: live.Public, asked: Asked) -> bool:
    if asked.organization_id and row.organisation_id != str(asked.organization_id):
        return False
    return asked.site in (None, row.indexed.listing.site)


def _changed(row: live.Public, asked: Asked, lost: set[str]) -> bool:
    """A service that lost one of its places has changed too."""
    since = asked.modified_after
    return since is None or row.modified_at >= since or row.service_id in lost


def _of_age(listings: Catalogue, asked: Asked) -> Iterator[Mask]:
    if asked.minimum_age is not None:
        yield listings.facts["age_max"] >= asked.minimum_age
    if asked.maximum_age is not None:
        yield listings.facts["age_min"] <= asked.maximum_age


def _open(listings: Catalogue, asked: Asked) -> Iterator[Mask]:
    """Open at some time within the hours asked for, by the usual week; or not known not to be."""
    if asked.day or asked.start_time or asked.end_time:
        wanted = windows(asked.day, asked.start_time, asked.end_time)
        said, numbers = listings.hours
        yield np.array([_perhaps_open(hours, wanted) for hours in said], np.bool_)[numbers]


def _perhaps_open(said: str, wanted: Sequence[tuple[int, int]]) -> bool:
    hours = read_hours(said)
    if hours.kind != "weekly" or not hours.steady:
        return True
    return any(
        opens < ends and closes > starts for opens, closes in hours.week for starts, ends in wanted
    )


def windows(day: str | None, start: str | None, end: str | None) -> list[tuple[int, int]]:
    """Minutes of the week, cut where it ends; an end at or before the start is on the next day."""
    opens = _minute(start) if start else 0
    closes = _minute(end) if end else DAY
    if closes <= opens:
        closes += DAY
    found: list[tuple[int, int]] = []
    for at, name in enumerate(BYDAY):
        if day in (None, name):
            starts, ends = at * DAY + opens, at * DAY + closes
            found += [(starts, min(ends, WEEK)), *([(0, ends - WEEK)] if ends > WEEK else [])]
    return found


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _near(listings: Catalogue, asked: Asked) -> Iterator[Mask]:
    place = asked.place
    if place is not None:
        metres = asked.proximity
        yield _serves(listings, place) if metres is None else _within(listings, place, metres)


def _serves(listings: Catalogue, place: Place) -> Mask:
    """Who names the place, its site or the country as its area, or says nothing of its area."""
    reaching = {NATIONAL, *(site for site in all_sites() if within_reach(place, site))}
    named = listings.covers.any_of(covering_names(place))
    whole = listings.facts["whole_area"]
    reached = np.array([each.site in reaching for each in listings.listings], np.bool_)
    unsaid = np.array([not each.covers for each in listings.listings], np.bool_)
    mask: Mask = named | (whole & reached) | unsaid
    return mask


def _within(listings: Catalogue, place: Place, metres: int) -> Mask:
    """Who has a place, published, so near: of a withheld one nobody learns even the district."""
    found: Mask = listings.distances(place, np.arange(listings.size)) <= metres
    return found
