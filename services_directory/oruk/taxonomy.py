"""Our needs as the one taxonomy of the directory; its ids are the same on every copy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services_directory.words import NEED_LABELS

Entity = dict[str, Any]
_OURS = uuid5(NAMESPACE_URL, "urn:cara-assistant:needs")
TAXONOMY_ID = str(uuid5(_OURS, "taxonomy"))
TAXONOMY_NAME = "CARA needs"
# Where the plain words of the chat would not stand alone as the name of a term.
_NAMES: Mapping[str, str] = {
    "alcohol": "Alcohol",
    "trauma": "Trauma",
    "da_perpetrator": "Domestic abuse: changing behaviour",
    "da_victim": "Domestic abuse: victims and survivors",
    "money": "Money and debt",
    "parenting": "Parenting",
    "work": "Work and training",
    "health": "Health",
}


def taxonomy() -> Entity:
    """The taxonomy itself."""
    return {
        "id": TAXONOMY_ID,
        "name": TAXONOMY_NAME,
        "description": "What a person may need help with after a conditional caution for "
        "domestic abuse.",
        "version": "1",
    }


@lru_cache(maxsize=1)
def terms() -> Mapping[str, Entity]:
    """The terms by the code of their need, in the order in which the chat names them."""
    return {need: _term(need) for need in NEED_LABELS}


def need_of(term_id: str) -> str | None:
    """The need that a term stands for; None for a term of another taxonomy."""
    return next((need for need, term in terms().items() if term["id"] == term_id), None)


def attribute(service_id: str, need: str) -> Entity:
    """That a service meets a need. HSDS 3.1 asks for the label, the CSV form for the entity."""
    term = terms()[need]
    return {
        "id": str(uuid5(UUID(service_id), f"need {need}")),
        "link_id": service_id,
        "link_entity": "service",
        "link_type": "need",
        "taxonomy_term_id": term["id"],
        "label": term["name"],
        "taxonomy_term": term,
    }


def _term(need: str) -> Entity:
    label = NEED_LABELS[need]
    return {
        "id": str(uuid5(_OURS, f"term {need}")),
        "code": need,
        "name": _NAMES.get(need, label.capitalize()),
        "description": f"Help with {label}.",
        "taxonomy": TAXONOMY_NAME,
        "taxonomy_id": TAXONOMY_ID,
    }
