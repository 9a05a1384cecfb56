"""Which listings may answer a question at all, and what about each of them bears on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from core.clock import LONDON
from services_directory.catalogue import AUDIENCES, FARTHEST, Catalogue, Figures, Mask, Rows, where
from services_directory.hours import OpenState, open_state
from services_directory.hours_text import read_hours
from services_directory.listing import Listing, warning
from services_directory.places import distance_m, within_reach
from services_directory.query import (
    PERPETRATOR,
    VICTIM,
    Query,
    covering_names,
    wrong_audience,
)

# Whom a listing is for, as it bears on a question: open to the person; said to be for some; held
# back unless nothing else meets the need.
OPEN, MARKED, HELD_BACK = range(3)
STATES = ("open", "closed", "unknown")


@dataclass(frozen=True)
class Candidate:
    """A listing that answers a question, with what is told of it among the results."""

    listing: Listing
    needs: tuple[str, ...]
    whole_area: bool
    distance: int | None
    open: OpenState
    tier: str


def candidate(listing: Listing, query: Query, moment: datetime, *, whole_area: bool) -> Candidate:
    """What bears on one listing, whether or not it answers the question."""
    place = where(listing.postcode) if query.place else None
    return Candidate(
        listing=listing,
        needs=tuple(need for need in query.needs if need in listing.needs),
        whole_area=whole_area,
        distance=distance_m(query.place, place) if query.place and place else None,
        open=_open_at(listing.hours, moment.replace(second=0, microsecond=0)),
        tier=warning(listing, moment.astimezone(LONDON).date()),
    )


def possible(query: Query, listings: Catalogue, moment: datetime, *, demo: bool) -> Mask:
    """Those that are for this person, may be offered (``listing.offerable``), and serve the place.

    Outside the demonstration only what a coordinator has assured.
    """
    facts = listings.facts
    mask: Mask = facts["offered"] & (facts["hide_after"] >= _today(moment))
    if not demo:
        mask &= facts["assured"] & ~facts["verify"]
    if query.by_phone:
        mask &= facts["phone"]
    if query.needs:
        mask &= _met(query.needs, listings) > 0
    if query.without:
        mask &= np.array([each.id not in query.without for each in listings.listings], np.bool_)
    if query.delivery_site:
        mask &= ~_of_another(query, listings)
    return mask & _for_this_person(query, listings) & _covering(query, listings)


def as_wished(query: Query, listings: Catalogue, rows: Rows, moment: datetime) -> Rows:
    """Those of the rows of which nothing known speaks against what the person wants."""
    facts = listings.facts
    mask = np.ones(listings.size, np.bool_)
    if query.free:
        mask &= ~facts["costs"]
    if query.one_to_one:
        mask &= ~facts["in_groups"]
    if query.modes:
        mask &= ~facts["modes_known"] | listings.modes.any_of(query.modes)
    rows = rows[mask[rows]]
    if query.open_now:
        rows = rows[open_states(listings, rows, moment) != STATES.index("closed")]
    return rows


def open_states(listings: Catalogue, rows: Rows, moment: datetime) -> Figures:
    """Whether each of the rows is open, as a place in ``STATES``."""
    said, numbers = listings.hours
    minute = moment.replace(second=0, microsecond=0)
    states = np.zeros(len(said), np.int64)
    for number in np.unique(numbers[rows]):
        states[number] = STATES.index(_open_at(said[number], minute).state)
    return states[numbers[rows]]


def audiences(query: Query, listings: Catalogue, rows: Rows) -> Figures:
    """Whether each of the rows is open to the person, marked or held back (``search``, rule 5)."""
    audience = listings.facts["audience"][rows]
    anybody = audience == AUDIENCES.index("any")
    if query.woman is not None:
        anybody |= audience != AUDIENCES.index("lgbt")
    speaks = listings.languages.any_of([query.language])[rows]
    ours = ~listings.facts["community"][rows] | speaks
    marked = audience == AUDIENCES.index("men")
    others = MARKED if VICTIM in query.needs else np.where(marked, MARKED, HELD_BACK)
    found: Figures = np.where(anybody, np.where(ours, OPEN, MARKED), others)
    return found


def tiers(listings: Catalogue, rows: Rows, moment: datetime) -> Figures:
    """0 confirmed, 1 to be checked first, 2 never confirmed: ``listing.warning`` in figures."""
    facts = listings.facts
    unsure = (facts["verify"] | ~facts["assured"])[rows]
    late = facts["check_after"][rows] < _today(moment)
    found: Figures = np.where(unsure, 2, np.where(late, 1, 0))
    return found


def near(query: Query, listings: Catalogue, rows: Rows) -> Rows:
    """Those of the rows that are services of the place, not of the whole site or country."""
    facts = listings.facts
    known = listings.distances(query.place, rows) < FARTHEST
    return rows[~facts["national"][rows] & (~facts["whole_area"][rows] | known)]


def _met(needs: tuple[str, ...], listings: Catalogue) -> Figures:
    found = np.zeros(listings.size, np.int64)
    for need in needs:
        found += listings.meets(need)
    return found


def _of_another(query: Query, listings: Catalogue) -> Mask:
    """Those that belong to another delivery site of the same site."""
    ours = f"{query.site}/"
    others = {each for each in listings.delivery_sites.values if each.startswith(ours)}
    return listings.delivery_sites.any_of(others - {f"{ours}{query.delivery_site}"})


def _for_this_person(query: Query, listings: Catalogue) -> Mask:
    facts = listings.facts
    mask = np.ones(listings.size, np.bool_)
    if wrong := wrong_audience(query):
        mask &= facts["audience"] != AUDIENCES.index(wrong)
    if VICTIM not in query.needs:
        # Help for victims is never pressed on a participant, unless for both and that was asked.
        both = PERPETRATOR in query.needs
        mask &= ~listings.meets(VICTIM) | (both & listings.meets(PERPETRATOR))
    if query.age is not None:
        mask &= (facts["age_min"] <= query.age) & (query.age <= facts["age_max"])
    return mask


def _covering(query: Query, listings: Catalogue) -> Mask:
    """Who serves the whole site or country, or names the person's place.

    Without a place nothing local is ruled out, and what serves only part of the country is.
    """
    facts = listings.facts
    if query.place is None:
        mask: Mask = facts["whole_area"] | ~facts["national"]
        return mask
    named = listings.covers.any_of(covering_names(query.place))
    here = facts["national"] | within_reach(query.place, query.site)
    return np.where(facts["whole_area"], here, named)


def _today(moment: datetime) -> int:
    return moment.astimezone(LONDON).date().toordinal()


@lru_cache(maxsize=65536)
def _open_at(hours: str, minute: datetime) -> OpenState:
    """A directory has few different hours, and a minute many questions."""
    return open_state(read_hours(hours), minute)
