"""What people say is wrong with a listing: it waits for a coordinator and changes nothing."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from core.clock import now
from services_directory.curation import CurationError, published, working, write
from services_directory.tables import DirectoryListing, Suggestion
from sites import NATIONAL

# What may be said to be wrong: a field of the listing, or one of two things that no field holds.
ABOUT = (
    "phone",
    "opening_hours",
    "url",
    "email",
    "address",
    "eligibility",
    "how_to_access",
    "closed",
    "other",
)
LONGEST = 500
# More reports than these tell a coordinator nothing new, and a broken script cannot drown the rest.
MOST_WAITING = 20
WAITING, TAKEN, PUT_ASIDE = "waiting", "taken", "put aside"


def suggest(
    session: Session,
    listing_id: str,
    *,
    site: str,
    source: str,
    about: str,
    proposed: str = "",
    said: str = "",
) -> Suggestion | None:
    """Keep what somebody says, once however often it is said; None for a listing not there.

    Raises :class:`CurationError` for something that cannot be wrong or is too long.
    """
    listing = session.get(DirectoryListing, listing_id)
    if listing is None:
        return None
    if about not in ABOUT:
        raise CurationError("Choose what is wrong.")
    if max(len(proposed), len(said)) > LONGEST:
        raise CurationError(f"Write no more than {LONGEST} letters.")
    waiting = waiting_for(session, listing)
    for known in waiting:
        if (known.field, known.proposed, known.said) == (about, proposed.strip(), said.strip()):
            known.times += 1
            return known
    if source == "public" and len(waiting) >= MOST_WAITING:
        raise CurationError("Many people have told us about this service. We are looking at it.")
    made = Suggestion(
        id=str(uuid.uuid4()),
        listing_id=listing_id,
        site=site,
        source=source,
        field=about,
        proposed=proposed.strip(),
        said=said.strip(),
        status=WAITING,
        made_at=now(),
        times=1,
    )
    session.add(made)
    session.flush()
    return made


def waiting_for(session: Session, listing: DirectoryListing) -> list[Suggestion]:
    """What waits for a decision about one listing, oldest first."""
    found = select(Suggestion).where(
        Suggestion.listing_id == listing.id, Suggestion.status == WAITING
    )
    return list(session.scalars(found.order_by(Suggestion.made_at)))


def waiting_at(session: Session, site: str) -> list[Suggestion]:
    """What waits at a site: about its own listings, and what its people said of others."""
    found = (
        select(Suggestion)
        .join(DirectoryListing, DirectoryListing.id == Suggestion.listing_id)
        .where(
            Suggestion.status == WAITING,
            (DirectoryListing.site == site)
            | ((DirectoryListing.site == NATIONAL) & (Suggestion.site == site)),
        )
    )
    return list(session.scalars(found.order_by(Suggestion.made_at)))


def decide(
    session: Session, staff: Staff, listing: DirectoryListing, suggestion: Suggestion, *, take: bool
) -> None:
    """Take it up, into the draft where it says what is right, or put it aside."""
    if suggestion.listing_id != listing.id or suggestion.status != WAITING:
        raise CurationError("Somebody has decided on this already.")
    suggestion.status = TAKEN if take else PUT_ASIDE
    suggestion.decided_by, suggestion.decided_at = staff.id, now()
    version = working(session, listing) or published(session, listing)
    if take and suggestion.proposed and version and suggestion.field in version.document:
        changed = {**version.document, suggestion.field: suggestion.proposed}
        write(session, staff, listing, listing.lock, changed)
    act = "suggestion.take" if take else "suggestion.put_aside"
    record(session, actor_of(staff), act, f"suggestion:{suggestion.id}")
