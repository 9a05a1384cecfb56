"""Rounds of looking at the web addresses of the directory, and what is kept of each answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import transaction
from services_directory.checks.links import LinkState, look_all, next_look
from services_directory.tables import LinkCheck, Live

LONGEST_URL = 500
WELL = ("ok", "moved")
# An hour's round: no host of a directory this size is asked more than now and then.
MOST_AT_ONCE = 200


def due(moment: datetime) -> list[str]:
    """The public addresses that nobody has looked at yet, then those whose time has come."""
    with transaction() as session:
        public = {
            url
            for said in session.scalars(select(Live.public))
            if (url := json.loads(said).get("url", "").strip()) and len(url) <= LONGEST_URL
        }
        next_at = {row.url: row.next_at for row in session.scalars(select(LinkCheck))}
    waiting = [url for url in public if url not in next_at or next_at[url] <= moment]
    return sorted(waiting, key=lambda url: (url in next_at, next_at.get(url), url))[:MOST_AT_ONCE]


async def look_round(
    urls: Iterable[str], *, on_done: Callable[[LinkState], None] | None = None
) -> list[LinkState]:
    """Look at each address and keep how it answered, in one transaction at the end."""
    with transaction() as session:
        last = {row.url: _state_of(row) for row in session.scalars(select(LinkCheck))}
    states = await look_all(list(urls), last=last, on_done=on_done)
    with transaction() as session:
        for state in states:
            _keep(session, state)
    return states


def _keep(session: Session, state: LinkState) -> None:
    if len(state.url) > LONGEST_URL:
        return
    row = session.get(LinkCheck, state.url)
    if row is None:
        row = LinkCheck(url=state.url, fails=0)
        session.add(row)
    row.fails = 0 if state.kind in WELL else (row.fails or 0) + 1
    row.kind, row.status, row.final_url = state.kind, state.status, state.final_url
    if state.kind in WELL:
        row.title, row.length = state.title, state.length
    row.checked_at, row.next_at = state.at, state.at + next_look(state, row.fails)


def _state_of(row: LinkCheck) -> LinkState:
    """The last look that found the address well: its title and length are kept until the next."""
    return LinkState(
        row.url, row.status, "ok", row.final_url, row.title, row.length, row.checked_at
    )
