"""Which listings may answer a question at all, and what about each of them bears on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from core.clock import LONDON
from services_directory.hours import OpenState, open_state
from services_directory.hours_text import read_hours
from services_directory.listing import WHOLE_AREA, Listing, offerable, warning
from services_directory.places import Place, distance_m, resolve_postcode, within_reach
from services_directory.query import (
    PERPETRATOR,
    VICTIM,
    Query,
    covering_names,
    wrong_audience,
)

YOUNG = 25
OLDEST = 200
_IN_GROUPS = re.compile(r"(?<!one-to-one or )\b(?:groups?|meetings?)\b", re.I)
_OPEN, _MARKED, _HELD_BACK = range(3)


@dataclass(frozen=True)
class Candidate:
    """A listing that answers a question, with what bears on its place among the results."""

    listing: Listing
    needs: tuple[str, ...]
    whole_area: bool
    distance: int | None
    audience: int
    open: OpenState
    tier: str

    def within(self, radius: int | None) -> bool:
        """Whether nothing is known that puts it further away than ``radius`` metres."""
        return radius is None or self.distance is None or self.distance <= radius

    @property
    def held_back(self) -> bool:
        """Whether it is shown only where nothing else meets a need."""
        return self.audience == _HELD_BACK

    @property
    def young(self) -> bool:
        """Whether it is only for the under-25s."""
        return self.listing.age_max is not None and self.listing.age_max <= YOUNG

    @property
    def near(self) -> bool:
        """Whether it is a service of the place rather than of the whole site or country."""
        return not self.listing.national and (not self.whole_area or self.distance is not None)


def candidates(
    query: Query, listings: Sequence[Listing], moment: datetime, *, demo: bool
) -> list[Candidate]:
    """The listings that are for this person, may be offered, and serve their place."""
    day = moment.astimezone(LONDON).date()
    return [
        candidate(listing, query, moment, whole_area=whole_area)
        for listing in listings
        if _asked_for(listing, query)
        and offerable(listing, demo=demo, on=day)
        and (whole_area := _covers(listing, query)) is not None
    ]


def candidate(listing: Listing, query: Query, moment: datetime, *, whole_area: bool) -> Candidate:
    """What bears on one listing, whether or not it answers the question."""
    return Candidate(
        listing=listing,
        needs=tuple(need for need in query.needs if need in listing.needs),
        whole_area=whole_area,
        distance=_distance(listing, query.place),
        audience=_audience(listing, query),
        open=_open_at(listing.hours, moment.replace(second=0, microsecond=0)),
        tier=warning(listing, moment.astimezone(LONDON).date()),
    )


@lru_cache(maxsize=4096)
def _open_at(hours: str, minute: datetime) -> OpenState:
    """A directory has few different hours, and a minute many questions."""
    return open_state(read_hours(hours), minute)


def _asked_for(listing: Listing, query: Query) -> bool:
    """Whether the listing is what was asked for, wherever the person lives."""
    if listing.id in query.without or (query.by_phone and not listing.phone):
        return False
    if query.needs and not set(query.needs) & set(listing.needs):
        return False
    return _for_this_person(listing, query)


def _for_this_person(listing: Listing, query: Query) -> bool:
    # Help for victims is never pressed on a participant, unless it is for both and that was asked.
    if VICTIM in listing.needs and VICTIM not in query.needs:
        both = PERPETRATOR in listing.needs and PERPETRATOR in query.needs
        if not both:
            return False
    return listing.audience != wrong_audience(query) and _of_age(listing, query.age)


def _of_age(listing: Listing, age: int | None) -> bool:
    if age is None:
        return True
    oldest = OLDEST if listing.age_max is None else listing.age_max
    return (listing.age_min or 0) <= age <= oldest


def as_wished(candidate: Candidate, query: Query) -> bool:
    """Whether nothing known about the listing speaks against what the person wants."""
    listing = candidate.listing
    if query.free and listing.cost and "free" not in listing.cost:
        return False
    if query.one_to_one and _IN_GROUPS.search(f"{listing.name} {listing.how_to_access}"):
        return False
    if query.modes and listing.modes and listing.modes.isdisjoint(query.modes):
        return False
    return not query.open_now or candidate.open.state != "closed"


def _covers(listing: Listing, query: Query) -> bool | None:
    """True where it serves its whole site or country, False where the person's place, else None.

    Without a place nothing local is ruled out, and what serves only part of the country is.
    """
    if WHOLE_AREA in listing.covers:
        here = listing.national or query.place is None or within_reach(query.place, query.site)
        return True if here else None
    if query.place is None:
        return None if listing.national else False
    return False if listing.covers & covering_names(query.place) else None


def _audience(listing: Listing, query: Query) -> int:
    if listing.audience == "any" or (listing.audience != "lgbt" and query.woman is not None):
        ours = not listing.community or query.language in listing.languages
        return _OPEN if ours else _MARKED
    if listing.audience == "men" or VICTIM in query.needs:
        return _MARKED
    return _HELD_BACK


def _distance(listing: Listing, place: Place | None) -> int | None:
    if place is None or not listing.postcode:
        return None
    where = _where(listing.postcode)
    return distance_m(place, where) if where else None


@lru_cache(maxsize=4096)
def _where(postcode: str) -> Place | None:
    return resolve_postcode(postcode)
