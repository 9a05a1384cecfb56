"""From a document to what is public of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services_directory.assurance import Standing
from services_directory.listing import Listing, from_document, public, withheld
from services_directory.places import Place, resolve_postcode

_OURS = uuid5(NAMESPACE_URL, "urn:cara-assistant:services-directory")


def project(
    document: Mapping[str, str], standing: Standing, *, revision: int, modified_at: datetime
) -> dict[str, Any]:
    """The row of ``directory_live``, but for its number and its listing's id.

    Raises ``ValueError`` for a document that describes no listing.
    """
    said = json.dumps(public(document), ensure_ascii=False, sort_keys=True)
    listing = from_document(document)
    point = point_of(document)
    return {
        "revision": revision,
        "site": listing.site,
        "service_id": service_id(document),
        "organisation_id": organisation_id(document),
        "public": said,
        "digest": hashlib.sha256(said.encode()).hexdigest(),
        "name": listing.name,
        "easting": point.easting if point else None,
        "northing": point.northing if point else None,
        "modified_at": modified_at,
        **vars(standing),
    }


def point_of(document: Mapping[str, str]) -> Place | None:
    """Where a listing is on the map; of a withheld address only the middle of its outward code.

    A distance to the true point would give the place away to anybody who asks from three sides.
    """
    postcode = document.get("postcode", "")
    place = resolve_postcode(postcode) if postcode else None
    if place and withheld(document):
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
    return "free" in listing.cost.casefold() if listing.cost else None
