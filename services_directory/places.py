"""Finds the place that a person means, offline: a postcode, an outward code or a name (D10)."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services_directory import build_places
from services_directory.codepoint import Point, outward_of, postcodes
from sites import site_of

EVERYDAY_NAMES = Path(__file__).with_name("everyday_names.csv")
# Towns of our sites and large ones, as they may be written; no reader of Gurmukhi has looked at it.
GURMUKHI_NAMES = Path(__file__).with_name("gurmukhi_names.csv")
# A name further from the site's centre than this many times its reach needs a clear phrase.
BEYOND_REACH = 1.5

_FULL = re.compile(
    r"(?<![A-Z0-9])([A-Z]{1,2}) ?(\d[A-Z\d]?)[ .-]{0,3}(\d) ?([ABD-HJLNP-UW-Z]{2})(?![A-Z0-9])",
    re.I,
)
_OUTWARD = re.compile(r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]?(?![\w-])", re.I)
_VITAMIN = re.compile(r"vitamins?\W+(?:\w+\W+){0,2}$", re.I)
# The vowel signs of Gurmukhi are no letters to `\w`.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0a01-\u0a51\u0a70-\u0a75])+(?:['’][^\W\d_]+)*")
_LIVES = re.compile(
    r"\b(?:(?:liv(?:e|es|ing)|stay(?:ing)?|based|located|moved|i[’']?m|i am|we[’']?re)"
    r" (?:in|near|to)"
    r"|mieszkam (?:w|we|koło|kolo|obok)) $",
    re.I,
)
_WITHIN = re.compile(r"\b(?:in|around|w|we) $", re.I)
_BESIDE = re.compile(r"\b(?:near|from|close to|outside|z|ze|koło|kolo|obok|blisko|do) $", re.I)
_AFTER = re.compile(r"\s+(?:ਵਿੱਚ|ਵਿਚ|ਚ(?!\w)|ਤੋਂ|ਨੇੜੇ|(?:vich|vch|wich|ch|de nere|de kol)\b)", re.I)
# Polish puts a place after "in" or "from" into another case: "w Bristolu", "w Manchesterze".
_POLISH_ENDINGS = ("u", "a", "ze", "ie")
_SHORTEST_STEM = 4
_SHORT_CODE = 2
_LOOK_BACK = 40
_PUNCTUATION = str.maketrans({"'": None, "’": None, ".": None, "-": " "})


@dataclass(frozen=True)
class Place:
    """A point on the OS grid (metres) with the words for it and the outward code it lies in.

    The label of a full postcode is its outward code, so that a person's address is never said back.
    """

    label: str
    easting: int
    northing: int
    outward: str


@dataclass(frozen=True)
class _Mention:
    """A name found in a text, with what stands around it and what kind of word it is."""

    place: Place
    start: int
    end: int
    local: bool = False
    kind: str = "name"
    lives: bool = False
    within: bool = False
    beside: bool = False
    capital: bool = False
    near: bool = False
    alone: bool = False

    @property
    def counts(self) -> bool:
        """Whether this is surely meant as a place: see :func:`find_place`."""
        if self.near and (self.lives or self.alone):
            return True
        if self.kind in ("name", "code"):
            return self.near or self.lives or self.within or self.beside or self.alone
        if self.kind == "month":
            return self.lives and self.capital
        phrased = self.lives or self.within or (self.beside and self.kind == "word")
        return self.capital and (phrased or self.alone)


def distance_m(a: Place, b: Place) -> int:
    """Metres between two places in a straight line on the OS grid."""
    return round(math.dist((a.easting, a.northing), (b.easting, b.northing)))


def resolve_postcode(text: str) -> Place | None:
    """The place of a postcode or an outward code in any spacing and case; None if there is none.

    A postcode newer than the data gives the middle of its outward code. Northern Ireland is not
    in the data.
    """
    code = re.sub(r"[\s.-]", "", text).upper()
    if point := _outwards().get(code):
        return Place(code, *point, code)
    whole = _FULL.fullmatch(code)
    if whole is None:
        return None
    outward = outward_of(code)
    found = postcodes(whole[1].upper()).get(code) or _outwards().get(outward)
    return Place(outward, *found, outward) if found else None


def find_postcodes(text: str) -> list[tuple[int, int, Place]]:
    """Each full postcode as (start, end, place), so that it can be replaced by its outward code."""
    found = ((match, resolve_postcode(match[0])) for match in _FULL.finditer(text))
    return [(match.start(), match.end(), place) for match, place in found if place]


def find_place(text: str, site: str) -> Place | None:
    """The place that ``text`` says its writer is in or near; None where no name is surely a place.

    A full postcode wins; then a name after "I live in"; then the site's own place names; then
    the longest. Of two places with one name the nearer to the site's centre counts. A name far
    outside the site, or one that is also an everyday word or a person's name, counts only where
    the words around it, or a message of nothing else, make it a place.
    """
    if written := find_postcodes(text):
        return written[0][2]
    meant = [mention for mention in _mentions(text, site) if mention.counts]
    best = max(
        meant,
        key=lambda m: (m.lives, m.kind == "code", m.local, m.end - m.start, -m.start),
        default=None,
    )
    return best.place if best else None


def is_only_a_place(text: str, site: str) -> bool:
    """Whether the whole of a text is the name of a place, as :func:`find_place` finds it."""
    return any(mention.alone and mention.counts for mention in _mentions(text, site))


def within_reach(place: Place, site: str) -> bool:
    """Whether a place is near enough to the site's centre to belong to the site at all."""
    centre, reach_m = _centre(site)
    return distance_m(place, centre) <= reach_m


def _mentions(text: str, site: str) -> Iterator[_Mention]:
    for match in _OUTWARD.finditer(text):
        code = match[0].upper()
        if code in _outwards():
            kind = "code" if _clearly_a_code(text, match) else "word"
            place = Place(code, *_outwards()[code], code)
            yield _seen(text, site, match.start(), match.end(), place, kind)
    words = list(_WORD.finditer(text))
    for first in range(len(words)):
        for length in range(min(_longest(site), len(words) - first), 0, -1):
            start, end = words[first].start(), words[first + length - 1].end()
            if named := _named(text, start, end, site):
                yield named
                break


def _clearly_a_code(text: str, match: re.Match[str]) -> bool:
    # "b4" and "m8" are before and mate to many writers; "vitamin B12" is no district.
    slang = match[0].islower() and len(match[0]) == _SHORT_CODE
    return not slang and not _VITAMIN.search(_before(text, match.start()))


def _named(text: str, start: int, end: int, site: str) -> _Mention | None:
    key = _folded(text[start:end])
    key = _gurmukhi().get(key, key)
    names, own = _names(site)
    for candidate in (key, *_polish_stems(key, _before(text, start))):
        if place := own.get(candidate) or _nearest(names.get(candidate), site):
            kind = _everyday().get(candidate, "name")
            return _seen(text, site, start, end, place, kind, local=candidate in own)
    return None


def _polish_stems(key: str, before: str) -> Iterator[str]:
    if re.search(r"\b(?:w|we|z|ze|koło|kolo|obok|do) $", before, re.I):
        for ending in _POLISH_ENDINGS:
            if key.endswith(ending) and len(key) - len(ending) >= _SHORTEST_STEM:
                yield key.removesuffix(ending)


def _seen(
    text: str, site: str, start: int, end: int, place: Place, kind: str, *, local: bool = False
) -> _Mention:
    before = _before(text, start)
    return _Mention(
        place,
        start,
        end,
        local=local,
        kind=kind,
        lives=bool(_LIVES.search(before)),
        within=bool(_WITHIN.search(before) or _AFTER.match(text, end)),
        beside=bool(_BESIDE.search(before)),
        capital=text[start].isupper(),
        near=within_reach(place, site),
        alone=len(re.sub(r"\W", "", text)) == len(re.sub(r"\W", "", text[start:end])),
    )


def _before(text: str, start: int) -> str:
    """The few words before a position, with single spaces."""
    return re.sub(r"\s+", " ", text[max(0, start - _LOOK_BACK) : start])


def _folded(name: str) -> str:
    """A name without case, accents, hyphens and apostrophes, so that spellings meet."""
    plain = name.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(plain.translate(_PUNCTUATION).split())


@lru_cache(maxsize=64)
def _centre(site: str) -> tuple[Place, float]:
    known = site_of(site)
    centre = resolve_postcode(known.centre)
    if centre is None:
        raise ValueError(f"The centre of {site}, {known.centre!r}, is no postcode.")
    return centre, known.reach_km * 1000 * BEYOND_REACH


def _nearest(same_name: list[Place] | None, site: str) -> Place | None:
    centre = _centre(site)[0]
    return min(same_name or (), key=lambda place: distance_m(place, centre), default=None)


@lru_cache(maxsize=64)
def _names(site: str) -> tuple[dict[str, list[Place]], dict[str, Place]]:
    """The national gazetteer and the site's own names, both by folded name."""
    own: dict[str, Place] = {}
    path = site_of(site).places_csv
    for row in _rows(path) if path.exists() else ():
        point = _outwards().get(row["outward"])
        if point:
            own[_folded(row["name"])] = Place(row["name"], *point, row["outward"])
    return _gazetteer(), own


@lru_cache(maxsize=64)
def _longest(site: str) -> int:
    return max(name.count(" ") + 1 for names in _names(site) for name in names)


@lru_cache(maxsize=1)
def _gazetteer() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for row in _built_rows(build_places.PLACES):
        place = Place(row["name"], int(row["easting"]), int(row["northing"]), row["outward"])
        found[_folded(row["name"])].append(place)
    return dict(found)


@lru_cache(maxsize=1)
def _outwards() -> dict[str, Point]:
    return {
        row["outward"]: (int(row["easting"]), int(row["northing"]))
        for row in _built_rows(build_places.OUTWARDS)
    }


@lru_cache(maxsize=1)
def _everyday() -> dict[str, str]:
    return {row["name"]: row["kind"] for row in _rows(EVERYDAY_NAMES)}


@lru_cache(maxsize=1)
def _gurmukhi() -> dict[str, str]:
    return {_folded(row["written"]): _folded(row["name"]) for row in _rows(GURMUKHI_NAMES)}


def _built_rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        build_places.build()
    return _rows(path)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))
