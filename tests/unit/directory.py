"""Listings that a test makes up, put into its directory as if they had been approved."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from core.database import transaction
from services_directory.curation import import_draft, published, working
from services_directory.listing import COLUMNS
from services_directory.publishing import publish
from services_directory.tables import DirectoryListing, State

_numbers = count(1)


def document(**fields: str) -> dict[str, str]:
    """A listing that a coordinator could have written; what is given stands in place of ours."""
    number = next(_numbers)
    ours = {
        "id": f"made-{number}",
        "organisation": "Harbour Trust",
        "service_name": f"Harbour drop-in {number}",
        "needs": "alcohol",
        "site": "hampshire",
        "area_covered": "Southampton",
        "covers": "Southampton|SO14",
        "phone": "0121 496 0123",
        "opening_hours": "Mon-Fri 09:00-17:00; closed bank holidays",
        "cost": "free",
        "eligibility": "Adults",
        "how_to_access": "Ring or walk in",
        "self_referral": "yes",
        "status": "active",
    }
    return {name: {**ours, **fields}.get(name, "") for name in COLUMNS}


def make_public(documents: Iterable[dict[str, str]]) -> None:
    """Put documents into the directory as if they had been approved."""
    with transaction() as session:
        for each in documents:
            import_draft(session, "test", each)
            listing = session.get_one(DirectoryListing, each["id"])
            version = working(session, listing) or published(session, listing)
            if version is None:
                raise LookupError(each["id"])
            version.state = State.live.value
            session.flush()
            publish(session, listing, version)
