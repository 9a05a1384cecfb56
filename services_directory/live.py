"""The public directory in the database, read: one listing, and all that may answer a question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, and_, case, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from core.clock import LONDON
from services_directory.bank_holidays import is_bank_holiday
from services_directory.candidates import OLDEST, YOUNG
from services_directory.hours import DAY
from services_directory.listing import Listing, from_document
from services_directory.places import Place, within_reach
from services_directory.query import (
    BANDS_M,
    PERPETRATOR,
    VICTIM,
    Query,
    covering_names,
    foreign,
    wrong_audience,
)
from services_directory.tables import (
    Live,
    LiveCover,
    LiveNeed,
    LiveOpening,
    LiveWord,
    SiteListing,
    Synonym,
)
from services_directory.vocabulary import Group
from sites import NATIONAL

# At least so many to choose among: more than a page, and ranked in a few milliseconds.
POOL = 120
Rows = Select[str, date | None, date | None, date | None, int, str]
_words: dict[tuple[Any, ...], frozenset[str]] = {}


def by_id(session: Session, site: str, listing_id: str) -> Listing | None:
    """The public listing of that id, if the site has it; whether to offer it is asked apart."""
    found = _listings(session, _of_site(site).where(Live.listing_id == listing_id))
    return found[0] if found else None


def anywhere(session: Session, listing_id: str) -> Listing | None:
    """The public listing of that id, whichever site it belongs to."""
    site = session.scalar(select(Live.site).where(Live.listing_id == listing_id))
    return by_id(session, site, listing_id) if site else None


def all_of(session: Session, site: str) -> list[Listing]:
    """Every public listing of a site, and the national ones, by name."""
    return _listings(session, _of_site(site).order_by(Live.name, Live.listing_id))


def pool(
    session: Session, query: Query, *, moment: datetime, demo: bool, limit: int = 0
) -> list[Listing]:
    """At least the best answers to a question, for :func:`search.search` to choose among.

    The wishes give way in the order in which that function says so, until something is left.
    """
    for loosened in _loosened(query):
        rows = _ordered(_asked(loosened, moment, demo=demo), query, moment)
        if found := _listings(session, rows.limit(max(POOL, 2 * limit))):
            return found
    return []


def known_words(session: Session) -> frozenset[str]:
    """Every word of the directory, read again when it has changed."""
    changed = select(func.count(), func.max(Live.number), func.max(Live.modified_at))
    version = (str(session.get_bind().engine.url), *session.execute(changed).one())
    if version not in _words:
        _words.clear()
        _words[version] = frozenset(session.scalars(select(LiveWord.word).distinct()))
    return _words[version]


def synonyms(session: Session) -> dict[str, str]:
    """The directory's own synonyms, beside those that ship."""
    return {row.term: row.means for row in session.scalars(select(Synonym))}


def _of_site(site: str) -> Rows:
    """The public listings of a site: its own, those that it took up, and the national."""
    return (
        select(
            Live.public,
            Live.assured_on,
            Live.check_after,
            Live.hide_after,
            SiteListing.rank,
            SiteListing.note,
        )
        .select_from(Live)
        .outerjoin(
            SiteListing,
            and_(SiteListing.listing_id == Live.listing_id, SiteListing.site == site),
        )
        .where(or_(Live.site.in_((site, NATIONAL)), SiteListing.site.is_not(None)))
    )


def _loosened(query: Query) -> Iterator[Query]:
    """The question with ever fewer wishes; what gives way last, ``search._relaxed`` keeps first."""
    yield query
    bare = replace(query, free=False, one_to_one=False, open_now=False, modes=frozenset())
    together: Group = tuple(word for group in query.words for word in group)
    wordings = [query.words]
    wordings += [(together,)] if len(query.words) > 1 else []
    wordings += [()] if query.needs and query.words else []
    for words in wordings:
        yield replace(bare, words=words)
        if query.within_m is not None:
            yield replace(bare, words=words, within_m=None)


def _asked(query: Query, moment: datetime, *, demo: bool) -> Rows:
    day = moment.astimezone(LONDON).date()
    rows = _of_site(query.site).where(
        Live.offered,
        or_(Live.hide_after.is_(None), Live.hide_after >= day),
        Live.audience != wrong_audience(query),
    )
    if not demo:
        rows = rows.where(Live.assured_on.is_not(None), Live.status == "active")
    if query.needs:
        rows = rows.where(_in(LiveNeed, LiveNeed.need.in_(query.needs)))
    if VICTIM not in query.needs:
        # See ``candidates._for_this_person``: help for victims is never pressed on anybody.
        both = _in(LiveNeed, LiveNeed.need == PERPETRATOR)
        unpressed = ~_in(LiveNeed, LiveNeed.need == VICTIM)
        rows = rows.where(or_(unpressed, both) if PERPETRATOR in query.needs else unpressed)
    if query.without:
        rows = rows.where(Live.listing_id.not_in(query.without))
    if query.by_phone:
        rows = rows.where(Live.telephone)
    if query.age is not None:
        rows = rows.where(
            or_(Live.age_min.is_(None), Live.age_min <= query.age),
            or_(Live.age_max.is_(None), Live.age_max >= query.age),
        )
    for group in query.words:
        rows = rows.where(_in(LiveWord, LiveWord.word.in_(group)))
    return _as_wished(_covering(rows, query), query, moment)


def _in(table: type[LiveNeed | LiveCover | LiveWord | LiveOpening], condition: Any) -> Any:
    return Live.number.in_(select(table.number).where(condition))


def _covering(rows: Rows, query: Query) -> Rows:
    """See ``search._covers``: who serves the person's place, or, without one, not a part only."""
    if query.place is None:
        return rows.where(or_(Live.whole_area, Live.site != NATIONAL))
    named = _in(LiveCover, LiveCover.name.in_(covering_names(query.place)))
    whole: Any = Live.whole_area
    if not within_reach(query.place, query.site):
        whole = and_(whole, Live.site == NATIONAL)
    rows = rows.where(or_(named, whole))
    if query.within_m is None:
        return rows
    east, north, radius = query.place.easting, query.place.northing, query.within_m
    near = and_(
        Live.easting.between(east - radius, east + radius),
        Live.northing.between(north - radius, north + radius),
        _squared(query.place) <= radius * radius,
    )
    return rows.where(or_(Live.easting.is_(None), near))


def _as_wished(rows: Rows, query: Query, moment: datetime) -> Rows:
    if query.free:
        rows = rows.where(or_(Live.free.is_(None), Live.free.is_(True)))
    if query.open_now:
        rows = rows.where(or_(Live.hours.in_(("unknown", "appointment")), _perhaps_open(moment)))
    return rows


def _perhaps_open(moment: datetime) -> Any:
    """Open by its week; where more than the week decides, the rules over the listing will say."""
    local = moment.astimezone(LONDON)
    if any(is_bank_holiday(local.date() - timedelta(days=ago)) for ago in (0, 1)):
        return true()
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    # Asked of each row by its key: as a list of all that are open it costs a walk over the table.
    week = exists().where(
        LiveOpening.number == Live.number,
        LiveOpening.starts <= minute,
        LiveOpening.ends > minute,
    )
    return or_(week, Live.steady.is_(False))


def _ordered(rows: Rows, query: Query, moment: datetime) -> Rows:
    """The order of the search as far as SQL can tell it; the pool is cut off by it."""
    rank = func.coalesce(SiteListing.rank, 0)
    met = (
        select(func.count())
        .where(LiveNeed.number == Live.number, LiveNeed.need.in_(query.needs))
        .scalar_subquery()
    )
    speaks = Live.languages.contains(f"|{query.language}|", autoescape=True)
    itself = [_last(~_in(LiveWord, LiveWord.word == group[0])) for group in query.words if group]
    order: list[Any] = [
        *([sum(itself[1:], itself[0])] if itself else []),
        _last(func.coalesce(Live.age_max, OLDEST) <= YOUNG),
        _last(Live.site == NATIONAL),
        *([_last(~speaks)] if foreign(query) else []),
        _last(rank == 0),
        rank,
        *([met.desc()] if len(query.needs) > 1 else []),
        _last(Live.crisis.is_not(query.crisis)),
        _last(Live.whole_area.is_(query.place is not None)),
        _last(~_perhaps_open(moment)),
    ]
    if query.place is not None:
        squared = _squared(query.place)
        bands = [(squared <= band * band, at) for at, band in enumerate(BANDS_M)]
        order.append(case(*bands, else_=len(BANDS_M)))
    order += [_last(Live.status != "active"), _last(Live.assured_on.is_(None))]
    return rows.order_by(*order, Live.name, Live.listing_id)


def _last(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _squared(place: Place) -> Any:
    east = cast(Live.easting, BigInteger) - place.easting
    north = cast(Live.northing, BigInteger) - place.northing
    return east * east + north * north


def _listings(session: Session, rows: Rows) -> list[Listing]:
    return [_listing(*row) for row in session.execute(rows)]


@lru_cache(maxsize=20_000)
def _listing(
    said: str,
    assured_on: date | None,
    check_after: date | None,
    hide_after: date | None,
    rank: int | None,
    note: str | None,
) -> Listing:
    """The listing of a row; rows that were seen before are not read again."""
    listing = from_document(json.loads(said))
    return replace(
        listing,
        assured_on=assured_on,
        check_after=check_after,
        hide_after=hide_after,
        rank=rank or 0,
        note=note or "",
    )
