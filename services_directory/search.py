"""The one way of searching the directory: which listings fit a person's needs and place, and why.

The order of results, most weighty first:

1. every need asked for is met once before any is met twice; where words were typed, what holds
   them itself comes before what only means the same;
2. help for adults, before what is only for the under-25s (participants are adults);
3. local help, before national;
4. the person's own language, where one was asked for;
5. open to anyone, before what is for men, or for one community, while we do not know that the
   person belongs there. A listing for men says so in its reasons and is still shown, because many
   of the best fits are men's groups and a reader can tell; one for women or LGBT+ people only is
   held back unless nothing else meets the need, or the person is being harmed, where turning
   somebody away costs more than a wrong card;
6. the site's own order, where its coordinators gave one;
7. the listing that meets most of the needs;
8. services of every day, before crisis lines (those have a fixed path of their own);
9. one that covers the person's own place, before one for the whole site (the other way round
   while the place is not known);
10. open now, before closed and unknown;
11. the nearer band of distance, where the distance is known;
12. confirmed, before "check first", before never confirmed, before those still to be verified;
13. the nearer, then the listing's main need, then its name.

What is not known never counts as no. Where nothing is left, the wishes give way in this order, and
the answer says which did: how it helps, what it costs and when it is open; all words of a search,
for any of them; the distance; the words altogether, where a need was told as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from services_directory.candidates import Candidate, as_wished, candidates
from services_directory.listing import CHECK_FIRST, Listing
from services_directory.places import within_reach
from services_directory.query import Query, band_of, foreign
from services_directory.results import Found, result_of
from services_directory.vocabulary import words_of

FARTHEST = 10**9
Order = tuple[Any, ...]


def search(
    query: Query, listings: Sequence[Listing], *, moment: datetime, demo: bool, limit: int = 3
) -> Found:
    """The listings that fit best at ``moment``, each with its reasons; never one not offerable.

    Pure: the same question over the same listings always gets the same answer. An unknown need or
    place finds less, and raises nothing; an unknown site raises ``UnknownSiteError``.
    """
    pool = candidates(query, listings, moment, demo=demo)
    pool, relaxed = _relaxed(pool, query)
    if query.nearer:
        near = [candidate for candidate in pool if query.place and candidate.near]
        relaxed += [] if near else ["nearer"]
        pool = near or pool
    chosen = _choose(pool, query, limit)
    if query.place and not within_reach(query.place, query.site):
        relaxed.append("outside_site")
    if chosen and all(candidate.listing.national for candidate in chosen):
        relaxed.append("national_only")
    return Found(tuple(result_of(one, query) for one in chosen), tuple(relaxed))


def _relaxed(pool: list[Candidate], query: Query) -> tuple[list[Candidate], list[str]]:
    """What is left when each wish is kept as far as something is left, and which were not."""
    relaxed: list[str] = []
    answering = _answering(pool, query)
    if pool and answering is None:
        words = [one for one in pool if _answers(one.listing, query, any)]
        answering = words or (pool if query.needs else [])
        relaxed += ["words"] if answering else []
    pool = answering or []
    near = [one for one in pool if one.within(query.within_m)]
    if pool and not near:
        relaxed.append("distance")
    pool = near or pool
    wished = [one for one in pool if as_wished(one, query)]
    if pool and not wished:
        relaxed.append("wishes")
    return wished or pool, relaxed


def _answering(pool: list[Candidate], query: Query) -> list[Candidate] | None:
    """Those that hold every word of the question; None where there are none."""
    return [one for one in pool if _answers(one.listing, query, all)] or None


def _answers(listing: Listing, query: Query, how_many: Callable[[Iterable[bool]], bool]) -> bool:
    if not query.words:
        return True
    held = _words_of(listing)
    return how_many(not held.isdisjoint(group) for group in query.words)


@lru_cache(maxsize=4096)
def _words_of(listing: Listing) -> frozenset[str]:
    return words_of(listing)


def _said_itself(listing: Listing, query: Query) -> int:
    """How many words of the question the listing itself holds, not only what they stand for."""
    held = _words_of(listing) if query.words else frozenset()
    return sum(group[0] in held for group in query.words if group)


def _choose(pool: Sequence[Candidate], query: Query, limit: int) -> list[Candidate]:
    """Best first, serving each need in turn; what is held back comes only for a need left unmet."""
    shown = [candidate for candidate in pool if not candidate.held_back]
    met = {need for candidate in shown for need in candidate.needs}
    unmet = set(query.needs) - met
    left = [one for one in pool if not one.held_back or not shown or unmet & set(one.needs)]
    orders = {id(one): _order(one, query) for one in left}
    if len(query.needs) <= 1:
        return sorted(left, key=lambda one: orders[id(one)])[:limit]
    chosen: list[Candidate] = []
    waiting = set(query.needs)
    while left and len(chosen) < limit:
        if not any(waiting & set(one.needs) for one in left):
            waiting = set(query.needs)
        useful = [one for one in left if waiting & set(one.needs)]
        best = min(useful or left, key=lambda one: _key(one, waiting, *orders[id(one)]))
        waiting -= set(best.needs)
        chosen.append(best)
        left.remove(best)
    return sorted(chosen, key=lambda one: orders[id(one)][0][:3])


def _key(candidate: Candidate, waiting: set[str], before: Order, after: Order) -> tuple[Any, ...]:
    return before, -len(waiting.intersection(candidate.needs)), after


def _order(candidate: Candidate, query: Query) -> tuple[Order, Order]:
    """The order that this module's docstring states, from 2 on: before and after the needs met."""
    listing = candidate.listing
    before = (
        -_said_itself(listing, query),
        candidate.young,
        listing.national,
        foreign(query) and query.language not in listing.languages,
        candidate.audience,
        listing.rank or FARTHEST,
    )
    after = (
        listing.crisis != query.crisis,
        candidate.whole_area == (query.place is not None),
        candidate.open.state != "open",
        band_of(candidate.distance),
        listing.status != "active",
        (candidate.tier != "") + (candidate.tier not in ("", CHECK_FIRST)),
        FARTHEST if candidate.distance is None else candidate.distance,
        min((listing.needs.index(need) for need in candidate.needs), default=0),
        listing.name,
        listing.id,
    )
    return before, after
