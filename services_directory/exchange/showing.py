"""Imported drafts made public at once: for demonstrations and measuring, never in production."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.clock import now
from services_directory.exchange.faults import ExchangeError
from services_directory.exchange.importing import IMPORT, batches
from services_directory.publishing import AT_ONCE, index
from services_directory.tables import Revision, State, Tombstone


def show(
    session: Session,
    ids: Sequence[str],
    *,
    demo: bool,
    done: Callable[[int], object] = lambda _count: None,
) -> None:
    """Make the imported drafts of these listings live and unassured.

    Nobody has approved them, so outside demonstration mode this raises :class:`ExchangeError`.
    """
    if not demo:
        message = "Listings are made public without approval in demonstration mode only."
        raise ExchangeError("demonstration", message)
    for some in batches(ids, AT_ONCE):
        drafts = (
            Revision.listing_id.in_(some),
            Revision.state == State.draft.value,
            Revision.author == IMPORT,
        )
        waiting = set(session.scalars(select(Revision.listing_id).where(*drafts)))
        session.execute(
            update(Revision)
            .where(Revision.listing_id.in_(waiting), Revision.state == State.live.value)
            .values(state=State.replaced.value)
        )
        session.execute(
            update(Revision)
            .where(*drafts)
            .values(state=State.live.value, decided_by=IMPORT, decided_at=now())
        )
        session.execute(delete(Tombstone).where(Tombstone.listing_id.in_(waiting)))
    session.expire_all()
    index(session, ids, done=done)
