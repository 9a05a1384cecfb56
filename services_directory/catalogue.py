"""Listings in columns, so that a question is asked of all of them at once.

A listing is read once into plain figures (``FACTS``), and what it may be found by (needs, places,
languages, words) into lists of row numbers. Rules over listings are then masks over rows
(``candidates``), which numpy answers for tens of thousands in a few milliseconds, and the database
only stores: so both engines give the same answer (decision 0014).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services_directory.listing import WHOLE_AREA, Listing, offered
from services_directory.places import Place, resolve_postcode
from services_directory.vocabulary import words_of

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
Figures = NDArray[np.int64]

YOUNG, OLDEST = 25, 200
AUDIENCES = ("any", "men", "women", "lgbt")
# The position of a need that a listing does not meet, and the distance of one that has no place.
NOT_MET, FARTHEST = 99, 10**9
_NEVER = date.max.toordinal()
_IN_GROUPS = re.compile(r"(?<!one-to-one or )\b(?:groups?|meetings?)\b", re.I)

# One row a listing. Dates are days since year 1, places metres of the OS grid (0 where unknown).
FACTS = np.dtype(
    [
        ("offered", "?"),
        ("national", "?"),
        ("whole_area", "?"),
        ("assured", "?"),
        ("verify", "?"),
        ("active", "?"),
        ("check_after", "i4"),
        ("hide_after", "i4"),
        ("crisis", "?"),
        ("community", "?"),
        ("audience", "i1"),
        ("age_min", "i4"),
        ("age_max", "i4"),
        ("phone", "?"),
        ("costs", "?"),
        ("in_groups", "?"),
        ("modes_known", "?"),
        ("placed", "?"),
        ("easting", "i4"),
        ("northing", "i4"),
    ]
)


class Indexed(NamedTuple):
    """A listing with its row of ``FACTS`` and the words under which it is found."""

    listing: Listing
    facts: tuple[int, ...]
    words: frozenset[str]


def indexed(listing: Listing) -> Indexed:
    """Read a listing for a catalogue; the slow part of making one, so it is kept by its callers."""
    return Indexed(listing, _facts(listing), words_of(listing))


class Postings:
    """Which rows hold each value."""

    def __init__(self, values: Iterable[Iterable[str]], size: int) -> None:
        self.size = size
        self._rows: dict[str, array[int]] = {}
        for row, held in enumerate(values):
            for value in held:
                self._rows.setdefault(value, array("i")).append(row)

    def any_of(self, wanted: Iterable[str]) -> Mask:
        """The rows that hold at least one of these."""
        mask = np.zeros(self.size, np.bool_)
        for value in wanted:
            if rows := self._rows.get(value):
                mask[np.frombuffer(rows, np.intc)] = True
        return mask

    @cached_property
    def values(self) -> frozenset[str]:
        """Every value that any row holds."""
        return frozenset(self._rows)


class Catalogue:
    """Some listings, by name; a row is a place in ``listings``."""

    def __init__(self, entries: Iterable[Indexed]) -> None:
        ordered = sorted(entries, key=lambda each: (each.listing.name, each.listing.id))
        self.entries = tuple(ordered)
        self.listings = tuple(entry.listing for entry in ordered)
        self.size = len(ordered)
        facts = np.array([entry.facts for entry in ordered], FACTS)
        self.facts: dict[str, NDArray[Any]] = {
            name: np.ascontiguousarray(facts[name]) for name in FACTS.names or ()
        }

    @classmethod
    def of(cls, listings: Sequence[Listing]) -> Catalogue:
        """A catalogue of listings that nobody has read before."""
        return cls(indexed(listing) for listing in listings)

    @cached_property
    def by_id(self) -> dict[str, Listing]:
        """Each listing by its id."""
        return {listing.id: listing for listing in self.listings}

    @cached_property
    def ranks(self) -> Figures:
        """The place in the site's own order; ``FARTHEST`` where it has none."""
        return np.array([listing.rank or FARTHEST for listing in self.listings], np.int64)

    @cached_property
    def covers(self) -> Postings:
        """The names, outward codes and starred areas that each serves."""
        return Postings((listing.covers for listing in self.listings), self.size)

    @cached_property
    def delivery_sites(self) -> Postings:
        """The site and delivery site to which each belongs, as "site/code"; most to none."""
        return Postings((_delivery_site(listing) for listing in self.listings), self.size)

    @cached_property
    def modes(self) -> Postings:
        """How each helps: "phone", "in_person", "online"."""
        return Postings((listing.modes for listing in self.listings), self.size)

    @cached_property
    def languages(self) -> Postings:
        """The languages, besides English, in which each is said to help."""
        return Postings((listing.languages for listing in self.listings), self.size)

    @cached_property
    def words(self) -> Postings:
        """The words under which each is found."""
        return Postings((entry.words for entry in self.entries), self.size)

    @cached_property
    def _needs(self) -> dict[str, Figures]:
        found: dict[str, Figures] = {}
        for row, listing in enumerate(self.listings):
            for position, need in enumerate(dict.fromkeys(listing.needs)):
                column = found.setdefault(need, np.full(self.size, NOT_MET, np.int64))
                column[row] = position
        return found

    def position(self, need: str) -> Figures:
        """Where the need stands among each listing's own; ``NOT_MET`` where it does not."""
        known = self._needs.get(need)
        return np.full(self.size, NOT_MET, np.int64) if known is None else known

    def meets(self, need: str) -> Mask:
        """The rows that meet the need."""
        return self.position(need) < NOT_MET

    def distances(self, place: Place | None, rows: Rows) -> Figures:
        """Metres from the place to each of the rows; ``FARTHEST`` where either is not known."""
        if place is None:
            return np.full(rows.size, FARTHEST, np.int64)
        east = self.facts["easting"][rows] - place.easting
        north = self.facts["northing"][rows] - place.northing
        metres = np.rint(np.hypot(east, north)).astype(np.int64)
        return np.where(self.facts["placed"][rows], metres, FARTHEST)

    @cached_property
    def hours(self) -> tuple[tuple[str, ...], Rows]:
        """The different opening hours there are, and which of them each row has."""
        said = dict.fromkeys(listing.hours for listing in self.listings)
        at = {hours: number for number, hours in enumerate(said)}
        numbers = [at[listing.hours] for listing in self.listings]
        return tuple(said), np.array(numbers, np.intp)


@lru_cache(maxsize=4096)
def where(postcode: str) -> Place | None:
    """The place of a listing's postcode, if it gives one that is known."""
    return resolve_postcode(postcode) if postcode else None


def _delivery_site(listing: Listing) -> tuple[str, ...]:
    return (f"{listing.site}/{listing.delivery_site}",) if listing.delivery_site else ()


def _facts(listing: Listing) -> tuple[int, ...]:
    place = where(listing.postcode)
    known = {
        "offered": offered(listing),
        "national": listing.national,
        "whole_area": WHOLE_AREA in listing.covers,
        "assured": listing.assured_on is not None,
        "verify": listing.status == "verify",
        "active": listing.status == "active",
        "check_after": _day(listing.check_after),
        "hide_after": _day(listing.hide_after),
        "crisis": listing.crisis,
        "community": listing.community,
        "audience": AUDIENCES.index(listing.audience),
        "age_min": min(listing.age_min or 0, OLDEST),
        "age_max": OLDEST if listing.age_max is None else min(listing.age_max, OLDEST),
        "phone": bool(listing.phone),
        "costs": bool(listing.cost) and "free" not in listing.cost.casefold(),
        "in_groups": bool(_IN_GROUPS.search(f"{listing.name} {listing.how_to_access}")),
        "modes_known": bool(listing.modes),
        "placed": place is not None,
        "easting": place.easting if place else 0,
        "northing": place.northing if place else 0,
    }
    return tuple(known[name] for name in FACTS.names or ())


def _day(on: date | None) -> int:
    return on.toordinal() if on else _NEVER
