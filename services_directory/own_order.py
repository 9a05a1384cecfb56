"""A site's own order of the listings, and its notes beside them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from services_directory.curation import CurationError
from services_directory.tables import DirectoryListing, SiteListing

LAST_RANK, LONGEST_NOTE = 99, 300


def place_at_site(
    session: Session, staff: Staff, listing: DirectoryListing, *, rank: int, note: str
) -> None:
    """Where the listing stands in this site's own order (1 first, 0 nowhere), and a note beside it.

    It says nothing about the service itself, so one person decides; participants read the note.
    """
    if not 0 <= rank <= LAST_RANK:
        raise CurationError(f"Write a number from 1 to {LAST_RANK}, or leave it empty.")
    kept = session.get(SiteListing, (staff.site, listing.id))
    if kept is None:
        kept = SiteListing(site=staff.site, listing_id=listing.id)
        session.add(kept)
    kept.rank, kept.note = rank, note.strip()[:LONGEST_NOTE]
    session.flush()
    record(session, actor_of(staff), "listing.place", f"listing:{listing.id}")
