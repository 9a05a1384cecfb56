"""Questions to the real directory, as a person or a coordinator would put them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from services_directory.catalogue import Catalogue
from services_directory.listing import Listing
from services_directory.places import Place, find_place
from services_directory.query import Query
from services_directory.results import Found, Result
from services_directory.search import search
from services_directory.words import NEED_LABELS
from sites import folder
from tests.shipped import catalogue, load

MOMENT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SITES = ("hampshire", "west_midlands", "leicestershire", "avon_and_somerset", "north_yorkshire")
TOWNS = {
    "hampshire": ("Aldershot", "Southampton", "Portsmouth", "Ryde", "Winchester"),
    "west_midlands": ("Birmingham", "Coventry", "Wolverhampton", "Walsall", "Dudley"),
    "leicestershire": ("Leicester", "Loughborough", "Coalville", "Oakham", "Hinckley"),
    "avon_and_somerset": ("Bristol", "Bath", "Taunton", "Yeovil", "Weston-super-Mare"),
    "north_yorkshire": ("York", "Scarborough", "Harrogate", "Skipton", "Whitby"),
}
NEEDS = [*NEED_LABELS]


def place_in(site: str, town: str) -> Place:
    place = find_place(f"I live in {town}", site)
    assert place is not None
    return place


def shipped(query: Query, *, demo: bool = True, limit: int = 3) -> Found:
    """What the listings answer that ship with the query's site."""
    return search(query, catalogue(query.site), moment=MOMENT, demo=demo, limit=limit)


def ask(
    site: str,
    needs: str,
    town: str = "",
    listings: Sequence[Listing] | None = None,
    **wishes: object,
) -> Found:
    place = place_in(site, town) if town else None
    query = replace(Query(site, tuple(needs.split()), place), **wishes)  # type: ignore[arg-type]
    pool = catalogue(site) if listings is None else Catalogue.of(listings)
    return search(query, pool, moment=MOMENT, demo=True)


def listing_called(site: str, listing_id: str) -> Listing:
    return next(listing for listing in load(site) if listing.id == listing_id)


def ids(found: Found) -> list[str]:
    return [result.listing.id for result in found.results]


def codes(result: Result) -> dict[str, str | int]:
    return {reason.code: reason.value for reason in result.reasons}


def everything(site: str, needs: str, town: str = "", **wishes: object) -> list[Result]:
    """Every page of one question, as somebody sees who asks for "any others?" to the end."""
    seen: list[Result] = []
    while True:
        without = frozenset(result.listing.id for result in seen)
        found = ask(site, needs, town, without=without, **wishes)
        if not found.results:
            return seen
        seen += found.results


def raw_rows() -> list[dict[str, str]]:
    return [
        row
        for path in sorted(folder().glob("*/services.csv"))
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
