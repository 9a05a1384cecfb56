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
the answer says which did: how it helps, what it costs and when it is open; the distance; all words
of a search, for any of them; the words altogether, where a need was told as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from services_directory.candidates import (
    HELD_BACK,
    STATES,
    as_wished,
    audiences,
    candidate,
    near,
    open_states,
    possible,
    tiers,
)
from services_directory.catalogue import FARTHEST, NOT_MET, YOUNG, Catalogue, Figures, Mask, Rows
from services_directory.places import within_reach
from services_directory.query import BANDS_M, Query, foreign
from services_directory.results import Found, result_of

# The figures of an order are packed into one number; these are above all that can occur.
_LAST_RANK, _LAST_METRE = 10**4, 10**7


def search(
    query: Query, listings: Catalogue, *, moment: datetime, demo: bool, limit: int = 3
) -> Found:
    """The listings that fit best at ``moment``, each with its reasons; never one not offerable.

    Pure: the same question over the same listings always gets the same answer. An unknown need or
    place finds less, and raises nothing; an unknown site raises ``UnknownSiteError``.
    """
    rows = np.flatnonzero(possible(query, listings, moment, demo=demo))
    rows, relaxed = _relaxed(rows, query, listings, moment)
    if query.nearer:
        nearer = near(query, listings, rows) if query.place else rows[:0]
        relaxed += [] if nearer.size else ["nearer"]
        rows = nearer if nearer.size else rows
    chosen = _choose(rows, query, listings, moment, limit)
    if query.place and not within_reach(query.place, query.site):
        relaxed.append("outside_site")
    if chosen and all(listings.listings[row].national for row in chosen):
        relaxed.append("national_only")
    whole = listings.facts["whole_area"]
    found = (
        candidate(listings.listings[row], query, moment, whole_area=bool(whole[row]))
        for row in chosen
    )
    return Found(tuple(result_of(one, query) for one in found), tuple(relaxed))


def _relaxed(
    rows: Rows, query: Query, listings: Catalogue, moment: datetime
) -> tuple[Rows, list[str]]:
    """What is left when each wish is kept as far as something is left, and which were not."""
    relaxed: list[str] = []
    if query.words and rows.size:
        held = _counted((listings.words.any_of(group)[rows] for group in query.words), rows.size)
        answering = rows[held == len(query.words)]
        if not answering.size:
            answering = rows[held > 0] if held.any() else rows[: rows.size if query.needs else 0]
            relaxed += ["words"] if answering.size else []
        rows = answering
    if query.within_m is not None and rows.size:
        metres = listings.distances(query.place, rows)
        within = rows[(metres <= query.within_m) | (metres == FARTHEST)]
        relaxed += [] if within.size else ["distance"]
        rows = within if within.size else rows
    wished = as_wished(query, listings, rows, moment)
    relaxed += ["wishes"] if rows.size and not wished.size else []
    return (wished if wished.size else rows), relaxed


def _choose(
    rows: Rows, query: Query, listings: Catalogue, moment: datetime, limit: int
) -> list[int]:
    """Best first, serving each need in turn; what is held back comes only for a need left unmet."""
    held_back = audiences(query, listings, rows) == HELD_BACK
    meets = {need: listings.meets(need)[rows] for need in dict.fromkeys(query.needs)}
    unmet = [held for held in meets.values() if not held[~held_back].any()]
    wanted = ~held_back | np.bool_(held_back.all())
    for held in unmet:
        wanted |= held
    rows = rows[wanted]
    meets = {need: held[wanted] for need, held in meets.items()}
    first, before = _before(rows, query, listings)
    after = _after(rows, query, listings, moment)
    if len(meets) <= 1:
        return [int(rows[at]) for at in np.lexsort((after, before))[:limit]]
    chosen = _in_turn(meets, before, after, limit)
    return [int(rows[at]) for at in sorted(chosen, key=lambda at: int(first[at]))]


def _in_turn(meets: dict[str, Mask], before: Figures, after: Figures, limit: int) -> list[int]:
    """Places in the order in which each serves most of the needs that still wait."""
    chosen: list[int] = []
    left = np.ones(before.size, np.bool_)
    waiting = set(meets)
    while left.any() and len(chosen) < limit:
        serves = _counted((meets[need] & left for need in waiting), left.size)
        if not np.any(serves):
            waiting = set(meets)
            serves = _counted((held & left for held in meets.values()), left.size)
        useful = np.flatnonzero(serves if np.any(serves) else left)
        best = useful[np.lexsort((after[useful], -serves[useful], before[useful]))[0]]
        waiting -= {need for need in waiting if meets[need][best]}
        left[best] = False
        chosen.append(int(best))
    return chosen


def _before(rows: Rows, query: Query, listings: Catalogue) -> tuple[Figures, Figures]:
    """The order that this module's docstring states, from 2 to 6; and its part from 2 to 3."""
    facts = listings.facts
    itself = _counted((listings.words.any_of(group[:1])[rows] for group in query.words), rows.size)
    first = _packed(
        (len(query.words) - itself, len(query.words) + 1),
        (facts["age_max"][rows] <= YOUNG, 2),
        (facts["national"][rows], 2),
    )
    strange = foreign(query) & ~listings.languages.any_of([query.language])[rows]
    ranks = np.minimum(listings.ranks[rows], _LAST_RANK)
    others = _packed((strange, 2), (audiences(query, listings, rows), 3), (ranks, _LAST_RANK + 1))
    return first, first * (2 * 3 * (_LAST_RANK + 1)) + others


def _after(rows: Rows, query: Query, listings: Catalogue, moment: datetime) -> Figures:
    """The same, from 8 on; a row's number is the order of its name."""
    facts = listings.facts
    metres = listings.distances(query.place, rows)
    main = np.full(rows.size, NOT_MET, np.int64)
    for need in query.needs:
        main = np.minimum(main, listings.position(need)[rows])
    return _packed(
        (facts["crisis"][rows] != query.crisis, 2),
        (facts["whole_area"][rows] == (query.place is not None), 2),
        (open_states(listings, rows, moment) != STATES.index("open"), 2),
        (np.searchsorted(BANDS_M, metres), len(BANDS_M) + 1),
        (~facts["active"][rows], 2),
        (tiers(listings, rows, moment), 3),
        (np.minimum(metres, _LAST_METRE), _LAST_METRE + 1),
        (main, NOT_MET + 1),
        (rows, listings.size),
    )


def _counted(masks: Iterable[Mask], size: int) -> Figures:
    """In how many of the masks each row stands."""
    found = np.zeros(size, np.int64)
    for mask in masks:
        found += mask
    return found


def _packed(*figures: tuple[Figures | Mask | Rows, int]) -> Figures:
    """One number for each row, which sorts as these would, each below its limit, one by one."""
    found = np.zeros(figures[0][0].size, np.int64)
    for each, limit in figures:
        found = found * limit + each
    return found
