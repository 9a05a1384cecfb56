"""What the projection starts from: one public listing, and helpers that leave out what is empty."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from services_directory.listing import Listing, from_document
from services_directory.oruk.taxonomy import Entity

# Stricter than RFC 5321 on purpose: what a validator could refuse is left out.
_EMAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_URI = re.compile(r"[!#-;=?-\[\]_a-z~%]+", re.I)


@dataclass(frozen=True)
class Entry:
    """A row of ``directory_live``: the listing, its place on the grid in metres, and its dates.

    ``easting`` and ``northing`` are None for a withheld address: the row has the middle of its
    outward code, which nobody outside needs.
    """

    listing: Listing
    service_id: str
    organisation_id: str
    easting: int | None
    northing: int | None
    assured_on: date | None
    check_after: date | None
    modified_at: datetime
    kept: Mapping[str, Any]

    @property
    def at_id(self) -> str:
        """The id of this service at this place."""
        return at_id(self.service_id, self.listing.id)


def entry_of(row: Any) -> Entry:
    """The entry of a row of ``Live``, or of those of its columns."""
    listing, kept = _parsed(row.public)
    return Entry(
        listing=listing,
        service_id=row.service_id,
        organisation_id=row.organisation_id,
        easting=None if listing.withheld else row.easting,
        northing=None if listing.withheld else row.northing,
        assured_on=row.assured_on,
        check_after=row.check_after,
        modified_at=row.modified_at,
        kept=kept,
    )


def at_id(service_id: str, listing_id: str) -> str:
    """The same on every copy: a service keeps the ids of its places."""
    return made_id(service_id, f"at {listing_id}")


def made_id(parent: str, what: str) -> str:
    """The id of a part that has none of its own, made from that of its whole."""
    return str(uuid5(UUID(parent), what))


def filled(**values: Any) -> Entity:
    """The values that there are."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def web_address(text: str) -> str:
    """A web address as it is, "" where it is none."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    return text if host and parts.scheme in ("http", "https") and _URI.fullmatch(text) else ""


def email_address(text: str) -> str:
    """A mail address as it is, "" where it is none."""
    return text if _EMAIL.fullmatch(text) else ""


def moment(at: datetime) -> str:
    """With milliseconds and the zone, as ``last_modified`` has to be."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def _parsed(said: str) -> tuple[Listing, Mapping[str, Any]]:
    document = json.loads(said)
    return from_document(document), _kept(document.get("hsds", ""))


def _kept(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
