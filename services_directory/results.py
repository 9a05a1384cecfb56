"""What a search gives: each listing with why it fits, how far it is, and whether it is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services_directory.candidates import Candidate, candidate
from services_directory.hours import OpenState
from services_directory.listing import WHOLE_AREA, Listing
from services_directory.query import Query, foreign
from services_directory.words import what_it_does
from sites import site_of


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
    tier: str


@dataclass(frozen=True)
class Found:
    """The results in order, and the codes of what had to give way.

    ``national_only``: nothing local is among them. ``outside_site``: the place is too far away for
    the site's own listings. ``nearer``: nothing nearer is known, or no place is, so the wish was
    set aside. ``wishes``: nothing is as the person wants it, so the needs alone counted.
    ``words``: nothing holds all the words, so any of them counted, or the needs alone.
    ``distance``: nothing is so near.
    """

    results: tuple[Result, ...]
    relaxed: tuple[str, ...] = ()


def as_result(listing: Listing, query: Query, *, moment: datetime) -> Result:
    """One listing as a result of ``query``, for showing again what was found before."""
    whole_area = WHOLE_AREA in listing.covers
    return result_of(candidate(listing, query, moment, whole_area=whole_area), query)


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


def result_of(candidate: Candidate, query: Query) -> Result:
    """A candidate with the reasons that this question gives it."""
    listing, state = candidate.listing, candidate.open
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
        candidate.tier,
    )


def _reasons_of_place(candidate: Candidate, query: Query) -> list[Reason]:
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
    if foreign(query) and query.language in listing.languages:
        reasons.append(Reason("language", query.language))
    elif foreign(query) and "mul" in listing.languages:
        reasons.append(Reason("interpreters"))
    return reasons


def _reasons_of_use(listing: Listing, state: OpenState) -> list[Reason]:
    reasons = []
    if state.state == "open":
        reasons.append(Reason("open_until", state.until) if state.until else Reason("open_always"))
    if listing.cost.casefold().startswith("free"):
        reasons.append(Reason("free"))
    if listing.self_referral == "yes":
        reasons.append(Reason("self_referral"))
    return reasons
