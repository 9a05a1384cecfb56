"""How a service is reached, in which languages and at what cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from services_directory.oruk.entry import Entry, email_address, filled, made_id
from services_directory.oruk.taxonomy import Entity
from services_directory.projection import free

LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English",
    "pl": "Polish",
    "pa": "Punjabi",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "bfi": "British Sign Language",
    "mul": "Several languages",
}
_NUMBER = re.compile(r"\+?\d(?:[\d ]*\d)?")


def contacts(entries: Sequence[Entry]) -> list[Entity]:
    """One contact for each way in, with its telephones: the UK profile has none on services."""
    found: dict[tuple[str, str, str], Entity] = {}
    for entry in entries:
        listing = entry.listing
        way = (listing.phone, listing.sms, email_address(listing.email))
        if any(way) and way not in found:
            found[way] = _contact(entry)
    return list(found.values())


def languages(entries: Sequence[Entry]) -> list[Entity]:
    """The languages that are named, with their ISO 639 codes."""
    service_id = entries[0].service_id
    codes = dict.fromkeys(code for entry in entries for code in entry.listing.languages)
    return [
        {
            "id": made_id(service_id, f"language {code}"),
            "service_id": service_id,
            "name": LANGUAGE_NAMES.get(code, code),
            "code": code,
        }
        for code in codes
    ]


def cost_options(entries: Sequence[Entry]) -> list[Entity]:
    """What it costs, in words; the amount (pounds) only where it is nothing."""
    service_id = entries[0].service_id
    costs = {entry.listing.cost: free(entry.listing) for entry in entries if entry.listing.cost}
    return [
        {
            "id": made_id(service_id, f"cost {cost}"),
            "service_id": service_id,
            "amount_description": cost,
            **({"amount": 0, "currency": "GBP"} if costs_nothing else {}),
        }
        for cost, costs_nothing in costs.items()
    ]


def _contact(entry: Entry) -> Entity:
    listing = entry.listing
    contact_id = made_id(entry.service_id, f"contact {listing.id}")
    phones = [
        _phone(contact_id, text, kind)
        for text, kind in ((listing.phone, "voice"), (listing.sms, "text"))
    ]
    return filled(
        id=contact_id,
        service_id=entry.service_id,
        name=listing.name or listing.organisation,
        email=email_address(listing.email),
        phones=[phone for phone in phones if phone],
    )


def _phone(contact_id: str, text: str, kind: str) -> Entity:
    """The last number in the text ("SHOUT to 85258"), and the text where it says more."""
    numbers = _NUMBER.findall(text.partition("(")[0]) or _NUMBER.findall(text)
    if not numbers:
        return {}
    return filled(
        id=made_id(contact_id, f"{kind} {text}"),
        contact_id=contact_id,
        number=numbers[-1],
        type=kind,
        description=text if text != numbers[-1] else "",
    )
