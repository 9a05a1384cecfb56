"""Listings for the tests of the ORUK interface, and a client that asks the real application."""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.web.app import app
from core.clock import now
from core.database import transaction
from services_directory.assurance import GROUPS, due
from services_directory.listing import COLUMNS
from services_directory.publishing import mark_changed, publish, refresh_dates, withdraw
from services_directory.tables import DirectoryListing, Live, Revision, State, Verification


def ask(method: str, path: str, **options: Any) -> httpx.Response:
    """One request to the whole application, security headers and all."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cara.test") as client:
            return await client.request(method, f"/oruk{path}", **options)

    return asyncio.run(asked())


def get(path: str, **params: Any) -> Any:
    """What a GET that succeeds brings."""
    answer = ask("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(path: str, **params: Any) -> list[Any]:
    """The items of a stream."""
    answer = ask("GET", path, params={**params, "format": "ndjson"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def names(path: str, **params: Any) -> set[str]:
    """The names of the services that a list brings."""
    contents = get(path, per_page=500, **params)["contents"]
    return {(each.get("service") or each)["name"] for each in contents}


def only(path: str, **params: Any) -> Any:
    """The one item that a list brings."""
    (found,) = get(path, **params)["contents"]
    return found


def document(listing_id: str, **fields: str) -> dict[str, str]:
    """A listing's document; what is not given is empty."""
    said = {
        "id": listing_id,
        "organisation": "Harbour Trust",
        "service_name": listing_id,
        "needs": "alcohol",
        "site": "hampshire",
        "phone": "023 8000 0000",
        "self_referral": "yes",
        "status": "active",
        **fields,
    }
    return {name: said.get(name, "") for name in COLUMNS}


def clear() -> None:
    """Nothing is public."""
    with transaction() as session:
        session.execute(delete(Live))
        mark_changed(session)


def add(listing_id: str, *, assured: date | None = None, **fields: str) -> str:
    """A public listing; every group of it was confirmed on the day ``assured``."""
    with transaction() as session:
        site = fields.get("site", "hampshire")
        listing = DirectoryListing(id=listing_id, site=site, made_at=now(), changed_at=now())
        session.add(listing)
        session.flush()
        revision = _revision(listing_id, 1, document(listing_id, **fields))
        session.add(revision)
        session.flush()
        publish(session, listing, revision)
        if assured:
            _confirm(session, listing_id, assured)
    return listing_id


def remove(listing_id: str) -> None:
    """Take a listing out of the public directory, as a coordinator would."""
    with transaction() as session:
        listing = session.get(DirectoryListing, listing_id)
        assert listing is not None
        withdraw(session, listing)


def show_again(listing_id: str) -> None:
    """Make the last version of a listing public once more."""
    with transaction() as session:
        listing = session.get(DirectoryListing, listing_id)
        version = session.scalar(select(Revision).where(Revision.listing_id == listing_id))
        assert listing is not None
        assert version is not None
        publish(session, listing, version)


def changed_on(listing_id: str, at: datetime) -> None:
    """Let the last change of a listing be at that moment."""
    with transaction() as session:
        session.execute(update(Live).where(Live.listing_id == listing_id).values(modified_at=at))
        mark_changed(session)


def ago(days: int) -> date:
    """The date so many days ago."""
    return (now() - timedelta(days=days)).date()


def _revision(listing_id: str, n: int, said: dict[str, str]) -> Revision:
    return Revision(
        listing_id=listing_id,
        n=n,
        document=said,
        state=State.live.value,
        source="staff",
        author="test",
        written_at=now(),
        decided_at=now(),
    )


def _confirm(session: Session, listing_id: str, on: date) -> None:
    at = now().replace(year=on.year, month=on.month, day=on.day)
    for group in GROUPS:
        session.add(
            Verification(
                listing_id=listing_id,
                field_group=group,
                method="phone",
                by="test",
                at=at,
                due=due(group, on),
            )
        )
    session.flush()
    refresh_dates(session, listing_id)
