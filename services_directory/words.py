"""The plain English words for a need, and the short sentence that says what a listing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services_directory.listing import Listing

NEED_LABELS: Mapping[str, str] = {
    "alcohol": "drinking",
    "drugs": "drugs",
    "mental_health": "mental health",
    "trauma": "bad things that happened to you",
    "relationships": "relationships",
    "da_perpetrator": "changing how you act in a relationship",
    "da_victim": "being hurt or controlled by somebody",
    "housing": "housing",
    "money": "money and debt",
    "gambling": "gambling",
    "parenting": "being a parent",
    "work": "work and training",
    "health": "your health",
}


def what_it_does(listing: Listing, labels: Mapping[str, str] = NEED_LABELS) -> str:
    """What the listing helps with, who it is for and how to start, all from its own fields."""
    helps = _listed([labels.get(need, need) for need in listing.needs])
    parts = (
        ("Help with ", helps),
        ("For: ", listing.eligibility),
        ("How: ", listing.how_to_access),
        ("", listing.note),
    )
    return " ".join(f"{opening}{text.rstrip('. ')}." for opening, text in parts if text)


def _listed(words: Sequence[str]) -> str:
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
