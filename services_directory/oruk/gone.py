"""What was public and is no more, for those who copied it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import LONDON, today
from core.settings import settings
from services_directory.oruk.asked import Asked
from services_directory.oruk.entry import at_id
from services_directory.projection import organisation_id, service_id
from services_directory.tables import Live, Revision, State, Tombstone


@dataclass(frozen=True)
class Gone:
    """A listing that was public until ``at``, with the ids under which others may hold it."""

    listing_id: str
    service_id: str
    organisation_id: str
    at: datetime

    @property
    def at_id(self) -> str:
        """The id of the service at this place."""
        return at_id(self.service_id, self.listing_id)


def gone_since(session: Session, asked: Asked) -> list[Gone]:
    """What was removed, or ran out of time, since the moment asked for; none where none was.

    Of these nothing is known any more but whose they were, so other wishes do not leave them out.
    """
    if asked.modified_after is None:
        return []
    found = [
        *_removed(session, asked.modified_after, asked.site),
        *_ran_out(session, asked.modified_after, asked.site),
    ]
    wanted = str(asked.organization_id) if asked.organization_id else ""
    return [each for each in found if wanted in ("", each.organisation_id)]


def _removed(session: Session, since: datetime, site: str | None) -> Iterator[Gone]:
    removed = select(Tombstone.listing_id, Tombstone.removed_at).where(
        Tombstone.removed_at >= since
    )
    if site:
        removed = removed.where(Tombstone.site == site)
    stones = dict(session.execute(removed).all())
    known = _documents(session, list(stones))
    for listing_id, at in sorted(stones.items()):
        document = known.get(listing_id, {"id": listing_id})
        yield Gone(listing_id, service_id(document), organisation_id(document), at)


def _documents(session: Session, listing_ids: list[str]) -> dict[str, dict[str, str]]:
    """The last public versions, which stay: the ids that were public stand nowhere else."""
    rows = select(Revision.listing_id, Revision.document).where(
        Revision.listing_id.in_(listing_ids), Revision.state == State.live.value
    )
    found = session.execute(rows) if listing_ids else ()
    return {listing_id: {**document, "id": listing_id} for listing_id, document in found}


def _ran_out(session: Session, since: datetime, site: str | None) -> Iterator[Gone]:
    """What nobody confirmed in time; in the demonstration it stays."""
    if settings().demo:
        return
    rows = select(Live.listing_id, Live.service_id, Live.organisation_id, Live.hide_after).where(
        Live.hide_after < today(), Live.hide_after >= since.astimezone(LONDON).date()
    )
    if site:
        rows = rows.where(Live.site == site)
    for listing_id, service, organisation, last in session.execute(rows):
        if last is not None:
            at = datetime.combine(last + timedelta(days=1), time(), LONDON)
            yield Gone(listing_id, service, organisation, at)
