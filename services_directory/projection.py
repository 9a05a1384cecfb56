"""From a document to what is public of it, in the columns and words that searches ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services_directory.assurance import Standing
from services_directory.hours_text import read_hours
from services_directory.listing import (
    WHOLE_AREA,
    Listing,
    from_document,
    offered,
    public,
    with_dates,
)
from services_directory.places import Place, resolve_postcode
from services_directory.vocabulary import words_of

_OURS = uuid5(NAMESPACE_URL, "urn:cara-assistant:services-directory")


@dataclass(frozen=True)
class Projection:
    """The row of ``directory_live`` (but for its number and listing) and those of its children."""

    row: dict[str, Any]
    needs: tuple[str, ...]
    covers: frozenset[str]
    openings: tuple[tuple[int, int], ...]
    words: frozenset[str]


def project(
    document: Mapping[str, str], standing: Standing, *, revision: int, modified_at: datetime
) -> Projection:
    """What of a document goes public; raises ``ValueError`` for one that describes no listing."""
    said = json.dumps(public(document), ensure_ascii=False, sort_keys=True)
    listing = with_dates(from_document(document), **vars(standing))
    hours = read_hours(listing.hours)
    point = point_of(document)
    row = {
        "revision": revision,
        "site": listing.site,
        "service_id": service_id(document),
        "organisation_id": organisation_id(document),
        "public": said,
        "digest": hashlib.sha256(said.encode()).hexdigest(),
        "name": listing.name,
        "easting": point.easting if point else None,
        "northing": point.northing if point else None,
        "whole_area": WHOLE_AREA in listing.covers,
        "offered": offered(listing),
        "status": listing.status,
        "crisis": listing.crisis,
        "audience": listing.audience,
        "free": free(listing),
        "telephone": bool(listing.phone),
        "age_min": listing.age_min,
        "age_max": listing.age_max,
        "languages": "".join(f"|{code}" for code in listing.languages) + "|",
        "hours": hours.kind,
        "steady": hours.steady,
        "holiday": hours.bank_holidays,
        "modified_at": modified_at,
        **vars(standing),
    }
    week = ((0, 7 * 24 * 60),) if hours.kind == "always" else hours.week
    covers = listing.covers - {WHOLE_AREA}
    return Projection(row, tuple(dict.fromkeys(listing.needs)), covers, week, words_of(listing))


def point_of(document: Mapping[str, str]) -> Place | None:
    """Where a listing is on the map; of a withheld address only the middle of its outward code.

    A distance to the true point would give the place away to anybody who asks from three sides.
    """
    postcode = document.get("postcode", "")
    place = resolve_postcode(postcode) if postcode else None
    if place and document.get("address_withheld") == "yes":
        return resolve_postcode(place.outward)
    return place


def service_id(document: Mapping[str, str]) -> str:
    """The UUID of the service: that of its source, or always the same one made from its id."""
    return _uuid(document.get("service_id", "")) or str(uuid5(_OURS, f"service {document['id']}"))


def organisation_id(document: Mapping[str, str]) -> str:
    """The UUID of the organisation, made from its name where the source gave none."""
    known = _uuid(document.get("organisation_id", ""))
    name = " ".join(document.get("organisation", "").casefold().split())
    return known or str(uuid5(_OURS, f"organisation {name}"))


def _uuid(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""


def free(listing: Listing) -> bool | None:
    """Whether it costs nothing; None where that is not known."""
    return "free" in listing.cost if listing.cost else None
