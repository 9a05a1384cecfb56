"""A question to the directory: what a person needs, where, and what would suit them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from services_directory.places import Place
from services_directory.vocabulary import Group

VICTIM, PERPETRATOR = "da_victim", "da_perpetrator"
# Metres: within one band other things weigh more than who is a little nearer.
BANDS_M = (2_000, 5_000, 10_000, 20_000, 40_000)


@dataclass(frozen=True)
class Query:
    """What a person asks for. ``woman`` is None while unknown; ``without`` holds ids already shown.

    No need asks for anything there is. ``crisis`` asks for crisis lines first. ``free``,
    ``one_to_one``, ``open_now`` and ``modes`` (any of "phone", "in_person", "online") leave out
    what is known to be otherwise; the unknown stays. ``words`` are those of a search, each with
    what else answers it (``vocabulary.groups_of``); ``within_m`` is a distance in metres, and
    ``age`` is in years. ``delivery_site`` leaves out what belongs to another one of the site's.
    """

    site: str
    needs: tuple[str, ...]
    place: Place | None = None
    by_phone: bool = False
    nearer: bool = False
    woman: bool | None = None
    language: str = ""
    without: frozenset[str] = frozenset()
    crisis: bool = False
    free: bool = False
    one_to_one: bool = False
    open_now: bool = False
    modes: frozenset[str] = frozenset()
    words: tuple[Group, ...] = ()
    within_m: int | None = None
    age: int | None = None
    delivery_site: str = ""


def wrong_audience(query: Query) -> str:
    """Whom a listing must not be for, as far as the person has said who they are."""
    return {True: "men", False: "women", None: ""}[query.woman]


@lru_cache(maxsize=4096)
def covering_names(place: Place) -> frozenset[str]:
    """The entries of a listing's area that cover a place: its name, outward code and area."""
    outward = place.outward.casefold()
    area = re.sub(r"\d.*", "", outward)
    return frozenset({place.label.casefold(), outward, f"{area}*"})


def foreign(query: Query) -> bool:
    """Whether another language than English is asked for: every service speaks English."""
    return query.language not in ("", "en")
