"""Fields of ORUK that an import brought and we do not edit: what of them is valid, and no more.

Places, contacts and hours are never among them: they are ours, and an address that is withheld
must not come back this way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from services_directory.oruk.entry import Entry, email_address, filled, made_id, web_address
from services_directory.oruk.taxonomy import Entity

Valid = Callable[[str], str]


def _text(value: str) -> str:
    return value.strip()


_SERVICE: Mapping[str, Valid] = {
    "alternate_name": _text,
    "accreditations": _text,
    "licenses": _text,
    "wait_time": _text,
    "interpretation_services": _text,
}
_ORGANIZATION: Mapping[str, Valid] = {
    "alternate_name": _text,
    "description": _text,
    "email": email_address,
    "website": web_address,
    "logo": web_address,
    "uri": web_address,
    "legal_status": _text,
}
_FUNDING: Mapping[str, Valid] = {"source": _text}
_DOCUMENT: Mapping[str, Valid] = {"document": _text, "uri": web_address}
_IDENTIFIER: Mapping[str, Valid] = {
    "identifier_scheme": _text,
    "identifier_type": _text,
    "identifier": _text,
}


def service_fields(entry: Entry) -> Entity:
    """What was kept of the service: plain texts, funding and documents."""
    if entry.listing.withheld:
        # Free text of elsewhere may name the place; nobody here has read it.
        return {}
    link = {"service_id": entry.service_id}
    return {
        **_fields(entry.kept, _SERVICE),
        **filled(
            funding=_rows(entry.kept.get("funding"), _FUNDING, link),
            required_documents=_rows(entry.kept.get("required_documents"), _DOCUMENT, link),
        ),
    }


def organization_fields(entry: Entry) -> Entity:
    """What was kept of the organisation, with its registered numbers."""
    kept = entry.kept.get("organization")
    if entry.listing.withheld or not isinstance(kept, dict):
        return {}
    link = {"organization_id": entry.organisation_id}
    found = _rows(kept.get("organization_identifiers"), _IDENTIFIER, link)
    identifiers = [row for row in found if {"identifier_type", "identifier"} <= set(row)]
    return {**_fields(kept, _ORGANIZATION), **filled(organization_identifiers=identifiers)}


def _fields(kept: Mapping[str, Any], known: Mapping[str, Valid]) -> Entity:
    said = {name: kept.get(name) for name in known}
    return filled(
        **{name: known[name](text) for name, text in said.items() if isinstance(text, str)}
    )


def _rows(kept: Any, known: Mapping[str, Valid], link: dict[str, str]) -> list[Entity]:
    rows = [row for row in kept if isinstance(row, dict)] if isinstance(kept, list) else []
    made = [(row, _fields(row, known)) for row in rows]
    (parent,) = link.values()
    return [
        {"id": _id(row, parent, f"{sorted(fields.items())}"), **link, **fields}
        for row, fields in made
        if fields
    ]


def _id(row: Mapping[str, Any], parent: str, what: str) -> str:
    try:
        return str(UUID(row["id"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        return made_id(parent, what)
