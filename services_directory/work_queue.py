"""What waits for a coordinator: changes to approve, reports, dead links, what is due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from accounts.tables import Staff
from core.clock import LONDON
from services_directory.checks.fields import check
from services_directory.suggestions import waiting_at
from services_directory.tables import DirectoryListing, LinkCheck, Live, Revision, State

# Kinds of work, the most pressing first.
KINDS = (
    "approve",
    "reported",
    "phone",
    "link",
    "hidden_by_date",
    "due",
    "draft",
    "unconfirmed",
    "hidden",
)
SOON = timedelta(days=14)
MOST_FOUND = 50
BROKEN = ("gone", "error", "soft_404", "unreachable", "refused", "private")


@dataclass(frozen=True)
class Item:
    """One piece of work on one listing. ``since`` is when it came up, or is due."""

    kind: str
    listing_id: str
    organisation: str
    name: str
    words: str = ""
    since: date | None = None
    delivery_site: str = ""


def queue(session: Session, staff: Staff, on: date, *, whose: str = "") -> list[Item]:
    """All that waits, by kind and then by name; ``whose`` is a site's code, as a rule their own."""
    site = whose or staff.site
    found = [
        *_versions(session, site, staff),
        *_reported(session, site),
        *_of_live(session, site, on),
        *_hidden(session, site),
    ]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), str(each.since), each.name))


def named(session: Session, site: str, text: str) -> list[Item]:
    """The public listings of a site that hold ``text`` anywhere, by name; none for no text."""
    wanted = " ".join(text.split()).casefold()
    if not wanted:
        return []
    holds = func.lower(Live.public).contains(wanted, autoescape=True)
    rows = select(Live).where(Live.site == site, holds).order_by(Live.name).limit(MOST_FOUND)
    return [
        _item("found", row.listing_id, json.loads(row.public), "", None)
        for row in session.scalars(rows)
    ]


def _versions(session: Session, site: str, staff: Staff) -> Iterator[Item]:
    open_versions = (
        select(Revision)
        .join(DirectoryListing, DirectoryListing.id == Revision.listing_id)
        .where(
            DirectoryListing.site == site,
            Revision.state.in_((State.submitted.value, State.draft.value)),
        )
    )
    for version in session.scalars(open_versions):
        kind = "approve" if version.state == State.submitted.value else "draft"
        yours = kind == "approve" and version.author == staff.id
        words = "You wrote it: somebody else has to approve it" if yours else version.reason
        yield _item(kind, version.listing_id, version.document, words, version.written_at.date())


def _reported(session: Session, site: str) -> Iterator[Item]:
    for suggestion in waiting_at(session, site):
        document = _document(session, suggestion.listing_id)
        times = f", {suggestion.times} times" if suggestion.times > 1 else ""
        words = f"{suggestion.field.replace('_', ' ').capitalize()}{times}"
        made_on = suggestion.made_at.astimezone(LONDON).date()
        yield _item("reported", suggestion.listing_id, document, words, made_on)


def _of_live(session: Session, site: str, on: date) -> Iterator[Item]:
    links = {
        row.url: row for row in session.scalars(select(LinkCheck).where(LinkCheck.kind.in_(BROKEN)))
    }
    for row in session.scalars(select(Live).where(Live.site == site)):
        document = json.loads(row.public)
        for kind, words, since in _work_on(row, document, links, on):
            yield _item(kind, row.listing_id, document, words, since)


def _work_on(
    row: Live, document: Mapping[str, str], links: Mapping[str, LinkCheck], on: date
) -> Iterator[tuple[str, str, date | None]]:
    if broken := links.get(document.get("url", "")):
        yield "link", f"{broken.url} ({broken.kind.replace('_', ' ')})", broken.checked_at.date()
    if words := _failing_phone(row.public):
        yield "phone", words, None
    if row.check_after is None:
        yield "unconfirmed", "", None
    elif row.hide_after is not None and row.hide_after < on:
        yield "hidden_by_date", "", row.hide_after
    elif row.check_after < on + SOON:
        yield "due", "", row.check_after


@lru_cache(maxsize=4096)
def _failing_phone(public: str) -> str:
    faults = [
        each.words
        for each in check(json.loads(public))
        if each.field in ("phone", "text_sms") and each.severity == "error"
    ]
    return " ".join(faults)


def _hidden(session: Session, site: str) -> Iterator[Item]:
    gone = select(DirectoryListing).where(
        DirectoryListing.site == site,
        DirectoryListing.hidden.is_(True),
        or_(DirectoryListing.merged_into.is_(None), DirectoryListing.merged_into == ""),
    )
    for listing in session.scalars(gone):
        yield _item("hidden", listing.id, _document(session, listing.id), "", None)


def _document(session: Session, listing_id: str) -> Mapping[str, str]:
    newest = (
        select(Revision.document)
        .where(Revision.listing_id == listing_id)
        .order_by(Revision.n.desc())
        .limit(1)
    )
    return session.scalar(newest) or {}


def _item(
    kind: str, listing_id: str, document: Mapping[str, str], words: str, since: date | None
) -> Item:
    name = document.get("service_name", "") or "Without a name"
    place = document.get("delivery_site", "")
    return Item(kind, listing_id, document.get("organisation", ""), name, words, since, place)
