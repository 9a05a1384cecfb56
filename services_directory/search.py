"""The one way of searching the directory: which listings fit a person's needs and place, and why.

The order of results, most weighty first:

1. every need asked for is met once before any is met twice;
2. help for adults, before what is only for the under-25s (participants are adults);
3. local help, before national;
4. the person's own language, where one was asked for;
5. open to anyone, before what is for men, or for one community, while we do not know that the
   person belongs there. A listing for men says so in its reasons and is still shown, because many
   of the best fits are men's groups and a reader can tell; one for women or LGBT+ people only is
   held back unless nothing else meets the need, or the person is being harmed, where turning
   somebody away costs more than a wrong card;
6. the listing that meets most of the needs;
7. services of every day, before crisis lines (those have a fixed path of their own);
8. one that covers the person's own place, before one for the whole site (the other way round
   while the place is not known);
9. active, before those still to be verified;
10. the nearer, where the distance is known; then the listing's main need, then its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from services_directory.hours import OpenState, open_state, weekly_intervals
from services_directory.listing import WHOLE_AREA, Listing, load, offerable
from services_directory.places import Place, distance_m, resolve_postcode, within_reach
from services_directory.words import what_it_does
from sites import site_of

VICTIM, PERPETRATOR = "da_victim", "da_perpetrator"
YOUNG = 25
FARTHEST = 10**9
_IN_GROUPS = re.compile(r"(?<!one-to-one or )\b(?:groups?|meetings?)\b", re.I)


@dataclass(frozen=True)
class Query:
    """What a person asks for. ``woman`` is None while unknown; ``without`` holds ids already shown.

    No need asks for anything there is. ``crisis`` asks for crisis lines first. ``free``,
    ``one_to_one`` and ``open_now`` leave out what is known to be otherwise; the unknown stays.
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


class Reason(NamedTuple):
    """Why a listing fits, as a code and its value; words for it are the caller's."""

    code: str
    value: str | int = ""


@dataclass(frozen=True)
class Result:
    """A listing found, the needs of the query that it meets, and why it fits."""

    listing: Listing
    needs: tuple[str, ...]
    reasons: tuple[Reason, ...]
    distance_m: int | None
    open: OpenState


@dataclass(frozen=True)
class Found:
    """The results in order, and the codes of what had to give way.

    ``national_only``: nothing local is among them. ``outside_site``: the place is too far away for
    the site's own listings. ``nearer``: nothing nearer is known, or no place is, so the wish was
    set aside. ``wishes``: nothing is as the person wants it, so the needs alone counted.
    """

    results: tuple[Result, ...]
    relaxed: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    listing: Listing
    needs: tuple[str, ...]
    whole_area: bool
    distance: int | None
    audience: int

    @property
    def held_back(self) -> bool:
        return self.audience == _HELD_BACK

    @property
    def young(self) -> bool:
        return self.listing.age_max is not None and self.listing.age_max <= YOUNG

    @property
    def near(self) -> bool:
        return not self.listing.national and (not self.whole_area or self.distance is not None)


_OPEN, _MARKED, _HELD_BACK = range(3)


def search(query: Query, *, moment: datetime, demo: bool, limit: int = 3) -> Found:
    """The listings that fit best at ``moment``, each with its reasons; never one not offerable.

    Pure over the files read: the same question always gets the same answer. An unknown
    need or place finds less, and raises nothing; an unknown site raises ``UnknownSiteError``.
    """
    pool = _candidates(query, demo)
    relaxed: list[str] = []
    wished = [candidate for candidate in pool if _as_wished(candidate.listing, query, moment)]
    if pool and not wished:
        relaxed.append("wishes")
    pool = wished or pool
    if query.nearer:
        near = [candidate for candidate in pool if query.place and candidate.near]
        relaxed += [] if near else ["nearer"]
        pool = near or pool
    chosen = _choose(pool, query, limit)
    if query.place and not within_reach(query.place, query.site):
        relaxed.append("outside_site")
    if chosen and all(candidate.listing.national for candidate in chosen):
        relaxed.append("national_only")
    return Found(tuple(_result(one, query, moment) for one in chosen), tuple(relaxed))


def by_id(site: str, listing_id: str) -> Listing | None:
    """The listing of that id in the site's directory; whether it is offerable is asked apart."""
    return next((listing for listing in load(site) if listing.id == listing_id), None)


def as_result(listing: Listing, query: Query, *, moment: datetime) -> Result:
    """One listing as a result of ``query``, for showing again what was found before."""
    whole_area = WHOLE_AREA in listing.covers
    return _result(_candidate(listing, query, whole_area=whole_area), query, moment)


def as_json(result: Result, word: Callable[[Reason], str]) -> dict[str, Any]:
    """The ``listing`` object of the public interface; ``word`` gives the words of a reason.

    A reason that ``word`` has no words for ("") is left out.
    """
    listing = result.listing
    return {
        "id": listing.id,
        "name": listing.name,
        "organisation": listing.organisation,
        "what": what_it_does(listing),
        "needs": list(listing.needs),
        "reasons": [said for reason in result.reasons if (said := word(reason))],
        "phone": listing.phone,
        "sms": listing.sms,
        "email": listing.email,
        "url": listing.url,
        "area": listing.area,
        "distance_m": result.distance_m,
        "open": {"state": result.open.state, "until": result.open.until},
        "cost": listing.cost,
        "hours": listing.hours,
        "assured_on": listing.assured_on.isoformat() if listing.assured_on else None,
        "assured": listing.assured_on is not None,
        "languages": list(listing.languages),
    }


def _candidates(query: Query, demo: bool) -> list[_Candidate]:
    return [
        _candidate(listing, query, whole_area=whole_area)
        for listing in load(query.site)
        if _asked_for(listing, query)
        and offerable(listing, demo=demo)
        and (whole_area := _covers(listing, query)) is not None
    ]


def _candidate(listing: Listing, query: Query, *, whole_area: bool) -> _Candidate:
    return _Candidate(
        listing=listing,
        needs=tuple(need for need in query.needs if need in listing.needs),
        whole_area=whole_area,
        distance=_distance(listing, query.place),
        audience=_audience(listing, query),
    )


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
    wrong = {True: "men", False: "women", None: ""}[query.woman]
    return listing.audience != wrong


def _as_wished(listing: Listing, query: Query, moment: datetime) -> bool:
    """Whether nothing known about the listing speaks against what the person wants."""
    if query.free and listing.cost and "free" not in listing.cost:
        return False
    if query.one_to_one and _IN_GROUPS.search(f"{listing.name} {listing.how_to_access}"):
        return False
    state = open_state(weekly_intervals(listing.hours), moment) if query.open_now else None
    return state is None or state.state != "closed"


def _covers(listing: Listing, query: Query) -> bool | None:
    """True where it serves its whole site or country, False where the person's place, else None.

    Without a place nothing local is ruled out, and what serves only part of the country is.
    """
    if WHOLE_AREA in listing.covers:
        here = listing.national or query.place is None or within_reach(query.place, query.site)
        return True if here else None
    if query.place is None:
        return None if listing.national else False
    return False if listing.covers & _names_of(query.place) else None


@lru_cache(maxsize=4096)
def _names_of(place: Place) -> frozenset[str]:
    outward = place.outward.casefold()
    area = re.sub(r"\d.*", "", outward)
    return frozenset({place.label.casefold(), outward, f"{area}*"})


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


def _choose(pool: Sequence[_Candidate], query: Query, limit: int) -> list[_Candidate]:
    """Best first, serving each need in turn; what is held back comes only for a need left unmet."""
    shown = [candidate for candidate in pool if not candidate.held_back]
    met = {need for candidate in shown for need in candidate.needs}
    unmet = set(query.needs) - met
    left = [one for one in pool if not one.held_back or not shown or unmet & set(one.needs)]
    chosen: list[_Candidate] = []
    waiting = set(query.needs)
    while left and len(chosen) < limit:
        if not any(waiting & set(one.needs) for one in left):
            waiting = set(query.needs)
        useful = [one for one in left if waiting & set(one.needs)]
        best = min(useful or left, key=lambda one: _order(one, query, waiting))
        waiting -= set(best.needs)
        chosen.append(best)
        left.remove(best)
    return sorted(chosen, key=lambda one: (one.young, one.listing.national))


def _order(candidate: _Candidate, query: Query, waiting: set[str]) -> tuple[Any, ...]:
    """The order that this module's docstring states, from 2 on."""
    listing = candidate.listing
    return (
        candidate.young,
        listing.national,
        _foreign(query) and query.language not in listing.languages,
        candidate.audience,
        -len(waiting & set(candidate.needs)),
        listing.crisis != query.crisis,
        candidate.whole_area == (query.place is not None),
        listing.status != "active",
        FARTHEST if candidate.distance is None else candidate.distance,
        min((listing.needs.index(need) for need in candidate.needs), default=0),
        listing.id,
    )


def _foreign(query: Query) -> bool:
    # Every service speaks English, though few list it.
    return query.language not in ("", "en")


def _result(candidate: _Candidate, query: Query, moment: datetime) -> Result:
    listing = candidate.listing
    state = open_state(weekly_intervals(listing.hours), moment)
    return Result(
        listing,
        candidate.needs,
        (
            *(Reason("need", need) for need in candidate.needs),
            *_reasons_of_place(candidate, query),
            *_reasons_of_person(listing, query),
            *_reasons_of_use(listing, state),
        ),
        candidate.distance,
        state,
    )


def _reasons_of_place(candidate: _Candidate, query: Query) -> list[Reason]:
    listing = candidate.listing
    if listing.national:
        return [Reason("national")]
    if query.place is None:
        whole = Reason("whole_site", site_of(query.site).name)
        return [whole if candidate.whole_area else Reason("area", listing.area)]
    if candidate.whole_area:
        reasons = [Reason("whole_site", site_of(query.site).name)]
    else:
        reasons = [Reason("covers", query.place.label)]
    if candidate.distance is not None:
        reasons.append(Reason("distance", candidate.distance))
    elif not listing.address and not candidate.whole_area:
        reasons.append(Reason("address_unknown"))
    return reasons


def _reasons_of_person(listing: Listing, query: Query) -> list[Reason]:
    reasons = []
    if listing.audience != "any":
        reasons.append(Reason(f"for_{listing.audience}"))
    spoken = next((code for code in (query.language, "mul") if code in listing.languages), "")
    if _foreign(query) and spoken:
        reasons.append(Reason("language", spoken))
    return reasons


def _reasons_of_use(listing: Listing, state: OpenState) -> list[Reason]:
    reasons = []
    if state.state == "open":
        reasons.append(Reason("open_until", state.until) if state.until else Reason("open_always"))
    if listing.cost.startswith("free"):
        reasons.append(Reason("free"))
    if listing.self_referral == "yes":
        reasons.append(Reason("self_referral"))
    return reasons
