"""What our own export says of listings, read as an import reads it.

Some of our columns have no field of their own in HSDS, so that a listing comes back in other words
than it went out. What comes back as it went out was not changed by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import today
from services_directory.exchange.services import rows_of
from services_directory.oruk import entities
from services_directory.oruk.entry import at_id, entry_of
from services_directory.publishing import AT_ONCE
from services_directory.tables import Live


def listing_ids(session: Session) -> Callable[[str], str]:
    """Gives the id of a listing for that of its service at its place, in an export of ours."""
    rows = session.execute(select(Live.service_id, Live.listing_id))
    ours = {at_id(service_id, listing_id): listing_id for service_id, listing_id in rows}
    return lambda theirs: ours.get(theirs, theirs)


def of(session: Session, ids: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """The columns as they would come back, by the ids of the public listings among these."""
    back = listing_ids(session)
    found: dict[str, Mapping[str, str]] = {}
    for some in _parts([each for each in ids if each]):
        of_them = select(Live.service_id).where(Live.listing_id.in_(some))
        rows = session.scalars(
            select(Live).where(Live.service_id.in_(of_them)).order_by(Live.listing_id)
        )
        for entries in entities.grouped(entry_of(row) for row in rows):
            service = entities.service(entries, full=True, on=today())
            for row in rows_of(0, service, id_of=back):
                found[row.document["id"]] = row.document
    return found


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
