"""Which listings a request asks for, as SQL: sets of ids first, then all rows of those ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, false, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.clock import today
from core.settings import settings
from services_directory.hours import DAY, WEEK
from services_directory.live import known_words, synonyms
from services_directory.oruk.asked import Asked
from services_directory.oruk.entry import Entry, at_id, entry_of
from services_directory.oruk.gone import Gone
from services_directory.oruk.schedules import BYDAY
from services_directory.oruk.taxonomy import TAXONOMY_ID, need_of
from services_directory.places import Place, within_reach
from services_directory.query import covering_names
from services_directory.tables import (
    Live,
    LiveCover,
    LiveNeed,
    LiveOpening,
    LiveWord,
    Tombstone,
)
from services_directory.vocabulary import groups_of
from sites import NATIONAL, all_sites

Key = InstrumentedAttribute[str]
Condition = ColumnElement[bool]
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
_WITHHELD = '"address_withheld": "yes"'
_places: dict[tuple[Any, ...], dict[str, str]] = {}


def shown() -> list[Condition]:
    """Outside the demonstration only what is assured, and was within its time."""
    if settings().demo:
        return []
    in_time = or_(Live.hide_after.is_(None), Live.hide_after >= today())
    return [Live.assured_on.is_not(None), in_time]


def conditions(session: Session, asked: Asked, gone: Sequence[Gone]) -> list[Condition]:
    """Everything asked for. What is not known of a listing never leaves it out."""
    return [
        *shown(),
        *_searched(session, asked.search),
        *_of_taxonomy(asked),
        *_plain(asked),
        *_changed(asked, gone),
        *_of_age(asked),
        *_open(asked),
        *_near(asked),
    ]


def count(session: Session, key: Key, where: Sequence[Condition]) -> int:
    """How many ids match."""
    return session.scalar(select(func.count(key.distinct())).where(*where)) or 0


def ids(
    session: Session,
    key: Key,
    where: Sequence[Condition],
    *,
    most: int,
    first: int = 0,
    after: str = "",
) -> list[str]:
    """Matching ids in their order, which no change of a listing's words moves."""
    rows = select(key).where(*where, *([key > after] if after else [])).group_by(key).order_by(key)
    return list(session.scalars(rows.offset(first).limit(most)))


def dates(session: Session, key: Key, where: Sequence[Condition]) -> list[tuple[str, datetime]]:
    """Every matching id with the moment of its last change."""
    rows = select(key, func.max(Live.modified_at)).where(*where).group_by(key).order_by(key)
    return [(each, at) for each, at in session.execute(rows)]


def entries(session: Session, key: Key, wanted: Sequence[str]) -> dict[str, list[Entry]]:
    """All public listings of each id, by the ids of the listings."""
    found: dict[str, list[Entry]] = {each: [] for each in wanted}
    rows = select(key, *_COLUMNS).where(key.in_(wanted), *shown()).order_by(Live.listing_id)
    for row in session.execute(rows) if wanted else ():
        found[row[0]].append(entry_of(row))
    return {each: rows for each, rows in found.items() if rows}


def listing_id_of(session: Session, entity_id: str) -> str | None:
    """The listing that is known under the id of a service at a location."""
    version = version_of(session)
    if version not in _places:
        rows = session.execute(select(Live.service_id, Live.listing_id))
        _places.clear()
        _places[version] = {at_id(service, listing): listing for service, listing in rows}
    return _places[version].get(entity_id)


def version_of(session: Session) -> tuple[Any, ...]:
    """Something that differs whenever the public directory does."""
    live = select(func.count(), func.max(Live.number), func.max(Live.modified_at))
    removed = select(func.count(), func.max(Tombstone.removed_at))
    return (
        str(session.get_bind().engine.url),
        *session.execute(live).one(),
        *session.execute(removed).one(),
    )


def services_shown(session: Session, wanted: Sequence[str]) -> set[str]:
    """Those of the services that still have a public listing."""
    rows = select(Live.service_id).where(Live.service_id.in_(wanted), *shown()).distinct()
    return set(session.scalars(rows)) if wanted else set()


def _in(table: type[LiveNeed | LiveCover | LiveWord | LiveOpening], *where: Any) -> Condition:
    return Live.number.in_(select(table.number).where(*where))


def _searched(session: Session, search: str) -> Iterator[Condition]:
    if not search.strip():
        return
    groups = groups_of(search, known_words(session), synonyms(session))
    for group in groups:
        yield _in(LiveWord, LiveWord.word.in_(group))
    if not groups:
        yield false()


def _of_taxonomy(asked: Asked) -> Iterator[Condition]:
    if asked.taxonomy_term_id:
        yield _in(LiveNeed, LiveNeed.need == (need_of(str(asked.taxonomy_term_id)) or ""))
    if asked.taxonomy_id:
        yield _in(LiveNeed) if str(asked.taxonomy_id) == TAXONOMY_ID else false()


def _plain(asked: Asked) -> Iterator[Condition]:
    if asked.organization_id:
        yield Live.organisation_id == str(asked.organization_id)
    if asked.site:
        yield Live.site == asked.site


def _changed(asked: Asked, gone: Sequence[Gone]) -> Iterator[Condition]:
    """A service that lost one of its places has changed too."""
    if asked.modified_after:
        lost = {each.service_id for each in gone}
        yield or_(Live.modified_at >= asked.modified_after, Live.service_id.in_(lost))


def _of_age(asked: Asked) -> Iterator[Condition]:
    if asked.minimum_age is not None:
        yield or_(Live.age_max.is_(None), Live.age_max >= asked.minimum_age)
    if asked.maximum_age is not None:
        yield or_(Live.age_min.is_(None), Live.age_min <= asked.maximum_age)


def _open(asked: Asked) -> Iterator[Condition]:
    """Open at some time within the hours asked for, by the usual week; or not known not to be."""
    if not (asked.day or asked.start_time or asked.end_time):
        return
    within = [
        and_(LiveOpening.starts < ends, LiveOpening.ends > starts)
        for starts, ends in windows(asked.day, asked.start_time, asked.end_time)
    ]
    unknown = or_(Live.hours.in_(("unknown", "appointment")), Live.steady.is_(False))
    yield or_(unknown, _in(LiveOpening, or_(*within)))


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


def _near(asked: Asked) -> Iterator[Condition]:
    place = asked.place
    if place is None:
        return
    yield _serves(place) if asked.proximity is None else _within(place, asked.proximity)


def _serves(place: Place) -> Condition:
    """Who names the place, its site or the country as its area, or says nothing of its area."""
    reaching = [NATIONAL, *(site for site in all_sites() if within_reach(place, site))]
    named = _in(LiveCover, LiveCover.name.in_(covering_names(place)))
    unsaid = and_(not_(Live.whole_area), not_(_in(LiveCover)))
    return or_(named, and_(Live.whole_area, Live.site.in_(reaching)), unsaid)


def _within(place: Place, metres: int) -> Condition:
    """Who has a place, published, so near: of a withheld one nobody learns even the district."""
    east = cast(Live.easting, BigInteger) - place.easting
    north = cast(Live.northing, BigInteger) - place.northing
    return and_(
        Live.easting.between(place.easting - metres, place.easting + metres),
        Live.northing.between(place.northing - metres, place.northing + metres),
        east * east + north * north <= metres * metres,
        not_(Live.public.contains(_WITHHELD, autoescape=True)),
    )
