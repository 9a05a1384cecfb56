"""The listings that ship with each site, taken into a directory that does not hold them yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import now
from services_directory.listing import documents
from services_directory.publishing import reindex
from services_directory.tables import DirectoryListing, Live, Revision, State
from sites import NATIONAL, all_sites, folder

STARTER = "starter"


def add_starter_listings(
    session: Session, *, done: Callable[[int], object] = lambda _count: None
) -> int:
    """Add what is missing, live and unassured; gives how many. What is there is left alone.

    A listing that a coordinator removed is there still, as a record, and does not come back.
    """
    held = set(session.scalars(select(DirectoryListing.id)))
    new = [each for each in _shipped() if each["id"] not in held]
    for document in new:
        session.add(
            DirectoryListing(
                id=document["id"], site=document["site"], made_at=now(), changed_at=now()
            )
        )
        session.flush()
        session.add(_first(document))
    session.flush()
    if new or session.scalar(select(Live.number).limit(1)) is None:
        reindex(session, done=done)
    return len(new)


def _shipped() -> Iterator[dict[str, str]]:
    national = folder() / f"_{NATIONAL}" / "services.csv"
    for path in [*(site.services_csv for site in all_sites().values()), national]:
        yield from documents(path)


def _first(document: dict[str, str]) -> Revision:
    return Revision(
        listing_id=document["id"],
        n=1,
        document=document,
        state=State.live.value,
        source=STARTER,
        author=STARTER,
        reason="",
        written_at=now(),
        decided_by=STARTER,
        decided_at=now(),
    )
