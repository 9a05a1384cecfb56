"""All that a coordinator sees of one listing, gathered for its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.tables import Staff
from bot.channels.packing import packed
from bot.channels.render import reason_words
from bot.web.wording import page_words
from core.clock import LONDON, now, today
from core.words import words
from services_directory import curation, suggestions
from services_directory.assurance import GROUPS
from services_directory.checks.duplicates import duplicates
from services_directory.checks.fields import check
from services_directory.checks.known import check_known
from services_directory.hours_said import said as hours_said
from services_directory.hours_text import read_hours
from services_directory.listing import from_document, public, warning, with_dates
from services_directory.publishing import standing_of
from services_directory.query import Query
from services_directory.results import as_json, as_result
from services_directory.tables import (
    DirectoryListing,
    Live,
    Revision,
    SiteListing,
    State,
    Suggestion,
)
from services_directory.web import fields


def context_of(session: Session, staff: Staff, listing: DirectoryListing) -> dict[str, Any]:
    """What the page of one listing shows."""
    draft, live = curation.working(session, listing), curation.published(session, listing)
    newest, oldest = draft or live, live or draft
    document = newest.document if newest else {}
    waits = draft is not None and draft.state == State.submitted.value
    return {
        "listing": listing,
        "lock": listing.lock,
        "document": document,
        "live": live,
        "draft": draft,
        "waits": waits,
        "changes": fields.differences(live.document if live else {}, document) if draft else [],
        "facts": fields.shown(oldest.document if oldest else {}),
        "hours": hours_said(read_hours(document.get("opening_hours", ""))),
        "faults": [*check(document), *check_known(document)],
        "reports": [_report(each) for each in suggestions.waiting_for(session, listing)],
        "groups": _groups(session, listing),
        "history": [_version(session, each) for each in curation.history(session, listing)],
        "same": _alike(session, listing),
        "place": session.get(SiteListing, (staff.site, listing.id)),
        "public": curation.is_public(session, listing),
        "text": fields.words(),
    }


def preview_of(session: Session, listing: DirectoryListing) -> dict[str, Any] | None:
    """The listing as a participant would see it: the draft if there is one, in web and text form.

    None for a draft that describes no listing yet.
    """
    version = curation.working(session, listing) or curation.published(session, listing)
    if version is None:
        return None
    return as_seen(session, version.document)


def as_seen(session: Session, document: Mapping[str, str]) -> dict[str, Any] | None:
    """One document as a card and as a text message, in English."""
    try:
        bare = from_document(public(document))
    except ValueError:
        return None
    made = with_dates(bare, **vars(standing_of(session, document["id"])))
    query = Query(document["site"], made.needs)
    result = as_result(made, query, moment=now())
    body = {
        "kind": "listing",
        "lang": "en",
        "listing": as_json(result, word=partial(reason_words, "en")),
    }
    if code := warning(made, today()):
        body["warning"] = words(f"utter_{code}", "en").text
    return {"m": {"n": 1, "body": body}, "t": page_words("en"), "sms": packed([body])}


def day(moment: date | None) -> str:
    """A date as people write it."""
    return f"{moment:%-d %B %Y}" if moment else ""


def _groups(session: Session, listing: DirectoryListing) -> list[dict[str, Any]]:
    known = curation.confirmations(session, listing)
    return [
        {
            "code": group,
            "title": fields.words()["groups_confirmed"][group],
            "on": day(known[group].at.astimezone(LONDON).date()) if group in known else "",
            "method": fields.words()["methods"][known[group].method] if group in known else "",
            "due": day(known[group].due) if group in known else "",
            "overdue": group not in known or known[group].due < today(),
        }
        for group in GROUPS
    ]


def _report(suggestion: Suggestion) -> dict[str, Any]:
    text = fields.words()
    return {
        "id": suggestion.id,
        "about": text["suggested"][suggestion.field],
        "source": text["sources"].get(suggestion.source, suggestion.source),
        "proposed": suggestion.proposed,
        "said": suggestion.said,
        "times": suggestion.times,
        "on": day(suggestion.made_at.astimezone(LONDON).date()),
    }


def _version(session: Session, version: Revision) -> dict[str, Any]:
    return {
        "n": version.n,
        "state": fields.words()["states"][version.state],
        "by": _name(session, version.author),
        "on": day(version.written_at.astimezone(LONDON).date()),
        "reason": version.reason,
        "decided_by": _name(session, version.decided_by),
        "decision": version.decision,
    }


def _name(session: Session, who: str | None) -> str:
    staff = session.get(Staff, who) if who else None
    return staff.name if staff else {"starter": "Came with the product"}.get(who or "", who or "")


def _alike(session: Session, listing: DirectoryListing) -> list[dict[str, str]]:
    """Public listings of the same site that may be the same service."""
    found = session.execute(
        select(Live.listing_id, Live.public).where(Live.site == listing.site).limit(2_000)
    )
    documents = {listing_id: _document(said) for listing_id, said in found}
    pairs = duplicates(list(documents.values()))
    return [
        {"id": other, "name": documents[other]["service_name"]}
        for first, second, _score, _why in pairs
        if listing.id in (first, second)
        for other in [second if first == listing.id else first]
    ]


def _document(said: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads(said)
    return loaded
