"""A withheld address that another field gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from services_directory.checks.finding import Finding, error
from services_directory.listing import withheld

_SHOWN = (
    "organisation", "service_name", "area_covered", "covers", "url", "email", "opening_hours",
    "cost", "eligibility", "how_to_access", "notes",
)  # fmt: skip
_STREET = re.compile(
    r"\b(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|way|court|place|square|terrace|row"
    r"|crescent|grove|gardens|hill|house|hall|cent(?:re|er)|building|court|mews|walk|yard|quay)$"
)


def check_withheld(document: Mapping[str, str]) -> list[Finding]:
    """Where the address or the postcode of a listing with ``address_withheld`` shows elsewhere."""
    if not withheld(document):
        return []
    secrets = list(_secrets(document))
    return [
        error(
            "address_withheld",
            field,
            "This field gives away the address that is withheld: take it out here.",
        )
        for field in _SHOWN
        if any(secret in _plain(document.get(field, "")) for secret in secrets)
    ]


def _secrets(document: Mapping[str, str]) -> Iterator[str]:
    if (postcode := _plain(document.get("postcode", ""))) and re.search(r"\d[a-z]{2}$", postcode):
        yield postcode
    address = document.get("address", "")
    for found in re.findall(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", address, re.I):
        yield _plain(found)
    # A town may be told; what names the building or the street may not.
    for part in re.split(r"[,;\n]", address):
        words = re.sub(r"^[\W\d]+[a-z]?\b", "", part.casefold()).strip(" .")
        if _STREET.search(words) and " " in words:
            yield _plain(words)


def _plain(text: str) -> str:
    """Letters and digits alone, so that spacing, hyphens and case hide nothing."""
    return re.sub(r"[\W_]", "", text.casefold())
