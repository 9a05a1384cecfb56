"""The directory asked by anybody: the assistant, a page, the API and the command line alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from services_directory import live
from services_directory.own_words import synonyms
from services_directory.query import Query
from services_directory.results import Found
from services_directory.search import search
from services_directory.vocabulary import groups_of


def find(
    session: Session, query: Query, *, moment: datetime, demo: bool, limit: int = 3, text: str = ""
) -> Found:
    """The listings that fit best; ``text`` is what was typed into a search, if anything was."""
    listings = live.catalogue(session, query.site)
    if text:
        words = groups_of(text, listings.words.values, synonyms(session))
        query = replace(query, words=words)
    found = search(query, listings, moment=moment, demo=demo, limit=limit)
    if text.strip() and not query.words and found.results:
        # Nothing of it could be read (another script, or "help me"): that is said, not hidden.
        return replace(found, relaxed=("words", *found.relaxed))
    return found
