"""Postcodes and places: whether they exist, and whether they agree with each other."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from services_directory import build_places
from services_directory.checks.finding import Finding, error, warning
from services_directory.codepoint import Point, postcodes
from services_directory.places import (
    Place,
    find_postcodes,
    resolve_postcode,
    within_reach,
)
from sites import UnknownSiteError

# A service may sit in the next town to those it serves, and no further without a mistake.
FAR_M = 30_000
_FULL = re.compile(r"([A-Z]{1,2})\d[A-Z\d]?\d[A-Z]{2}")
_NORTHERN_IRELAND = re.compile(r"BT\d", re.I)
_BETWEEN = re.compile(r"[,;:()|/]|\band\b|\bnear\b|\boff\b|\bin\b", re.I)
# Canada's code with its letter for Ontario and so on, and a state of the USA before its ZIP code.
_ABROAD = re.compile(
    r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b|\b[A-Z]{2} \d{5}(?:-\d{4})?\b"
    r"|\b(?:Ontario|Toronto|Alabama|Canada|USA|United States|Australia|New Zealand)\b"
)


def check_where(document: Mapping[str, str]) -> list[Finding]:
    """What is wrong with the postcode, the address and the area covered."""
    postcode = document.get("postcode", "").strip()
    return [*_abroad(document), *_one_postcode(document, postcode), *_of(document, postcode)]


def _of(document: Mapping[str, str], postcode: str) -> Iterator[Finding]:
    # Northern Ireland is not in the data: nothing can be said of its postcodes.
    if not postcode or _NORTHERN_IRELAND.match(postcode):
        return
    place = resolve_postcode(postcode)
    if place is None:
        yield error("postcode_unknown", "postcode", f"There is no postcode {postcode}.")
        return
    if not _listed(postcode):
        yield warning(
            "postcode_new",
            "postcode",
            f"{postcode} is not in the list of postcodes: it is new, or one letter is wrong.",
        )
    yield from _against(document, place, postcode)


def _against(document: Mapping[str, str], place: Place, postcode: str) -> Iterator[Finding]:
    for field, named in (
        ("address", _names(document.get("address", ""))),
        ("covers", document.get("covers", "").split("|")),
        ("area_covered", _names(document.get("area_covered", ""))),
    ):
        if (metres := _nearest_m(place, named)) is not None and metres > FAR_M:
            what = "the address" if field == "address" else "the area covered"
            yield warning(
                "postcode_place",
                "postcode",
                f"{postcode} is {round(metres / 1000)} km from {what}: one of them is wrong.",
            )
            return
    if not _in_reach(place, document.get("site", "")):
        words = f"{postcode} is far outside the site: is it another place of the same name?"
        yield warning("postcode_site", "postcode", words)


def _one_postcode(document: Mapping[str, str], postcode: str) -> Iterator[Finding]:
    for start, end, _ in find_postcodes(document.get("address", "")):
        written = document["address"][start:end]
        if postcode and _key(written) != _key(postcode):
            words = f"The address says {written}, the postcode {postcode}."
            yield warning("postcode_two", "address", words)


def _abroad(document: Mapping[str, str]) -> Iterator[Finding]:
    for field in ("address", "area_covered"):
        if found := _ABROAD.search(document.get(field, "")):
            yield warning(
                "place_abroad",
                field,
                f"“{found[0]}” is in another country: many towns there have British names.",
            )


def _in_reach(place: Place, site: str) -> bool:
    try:
        return within_reach(place, site)
    except UnknownSiteError:
        return True


def _nearest_m(place: Place, names: Iterable[str]) -> float | None:
    """Metres to the nearest of the named places; None where none is known to be a place."""
    here = (place.easting, place.northing)
    return min((math.dist(here, point) for name in names for point in _points(name)), default=None)


def _points(name: str) -> list[Point]:
    code = name.strip()
    if re.fullmatch(r"[A-Za-z]{1,2}\d[A-Za-z\d]?", code):
        found = resolve_postcode(code)
        return [(found.easting, found.northing)] if found else []
    return _gazetteer().get(code.casefold(), [])


def _names(text: str) -> list[str]:
    return [part.strip(" .") for part in _BETWEEN.split(text)]


def _listed(postcode: str) -> bool:
    whole = _FULL.fullmatch(_key(postcode))
    return whole is None or _key(postcode) in postcodes(whole[1])


def _key(postcode: str) -> str:
    return re.sub(r"\W", "", postcode).upper()


@lru_cache(maxsize=1)
def _gazetteer() -> dict[str, list[Point]]:
    if not build_places.PLACES.exists():
        build_places.build()
    found: dict[str, list[Point]] = defaultdict(list)
    with build_places.PLACES.open(newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            found[row["name"].casefold()].append((int(row["easting"]), int(row["northing"])))
    return dict(found)
