"""Services of HSDS and ORUK as listings: one for each place at which the service is.

What has no column of ours goes into ``hsds`` as it came, so that an export can give it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from core.clock import today
from services_directory.checks.finding import Finding, error, warning
from services_directory.exchange.areas import areas_of
from services_directory.exchange.faults import LONGEST_EXTRA, Row
from services_directory.exchange.reading import Entity, first, many, one, text
from services_directory.exchange.terms import needs_of
from services_directory.exchange.timetable import hours_of, shifted
from services_directory.oruk.entities import REFERRED

# Their status -> ours. What runs is as unsure as its source: a coordinator makes it "active".
_STATUSES = {
    "active": "active",
    "inactive": "closed",
    "defunct": "closed",
    "temporarily closed": "closed",
}
_TEXTS = frozenset({"text", "sms", "whatsapp"})
_NOT_RUNG = frozenset({"fax", "pager"})
# What a listing has columns for, or what only says of a service how it hangs together.
_MAPPED_NAMES = """
id organization organization_id program_id name url email status minimum_age maximum_age
eligibility_description application_process fees_description fees schedules service_areas
service_at_locations locations languages cost_options contacts phones attributes
service_taxonomies last_modified assured_date assurer_email alert deleted additional_urls
"""
_MAPPED = frozenset(_MAPPED_NAMES.split())
_ORGANIZATION = frozenset({"id", "name", "services", "locations", "phones", "contacts"})
_AUDIENCE = re.compile(r"\b(?:(women|men) only|lgbt)\b", re.I)
_LONGEST_NOTE = 80
# What an id of ours may be: it stands in addresses of pages, and its column has 60 characters.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,59}")
# What our own readers of languages look for, where the name of a code says it otherwise.
_LANGUAGES = {"bfi": "BSL", "mul": "multilingual"}
IdOf = Callable[[str], str]


def rows_of(
    number: int, service: Entity, *, id_of: IdOf = str, on: date | None = None
) -> Iterator[Row]:
    """The listings of a service; ``id_of`` gives the id of a listing for that of its place."""
    if service.get("deleted") is True:
        return
    shared, findings = _of_service(service)
    places = many(service.get("service_at_locations")) or [
        {"location": place} for place in many(service.get("locations"))
    ]
    for at, place in enumerate(places or [{}]):
        document, more = _of_place(service, place, len(places) > 1, on or today())
        own = text(place.get("id"))
        made = id_of(own) if own else _numbered(text(service.get("id")), at)
        made = made if ID.fullmatch(made) else _uuid(made)
        noted = [*findings, *more, *_said_elsewhere(service, document)]
        yield Row(number, {"id": made, **shared, **document}, tuple(noted))


def _of_service(service: Entity) -> tuple[dict[str, str], list[Finding]]:
    organisation = one(service.get("organization"))
    needs, findings = needs_of(service)
    status = text(service.get("status")).casefold()
    if status not in _STATUSES:
        said = f"“{status}” is no status" if status else "No status is given"
        findings.append(error("status_unknown", "status", f"{said} of HSDS."))
    eligibility, noted = _eligibility(service)
    process = text(service.get("application_process"))
    document = {
        "organisation": text(organisation.get("name")),
        "organisation_id": _uuid(first((service.get("organization_id"), organisation.get("id")))),
        "service_id": _uuid(text(service.get("id"))),
        "service_name": text(service.get("name")),
        "needs": needs,
        "url": first((service.get("url"), organisation.get("website"), organisation.get("url"))),
        "cost": _cost(service),
        "eligibility": eligibility,
        "age_min": _age(service.get("minimum_age")),
        "age_max": _age(service.get("maximum_age")),
        "how_to_access": process,
        "languages": _languages(service),
        "status": _STATUSES.get(status, status),
        **_whom(eligibility),
    }
    if REFERRED in process:
        document["self_referral"] = "no"
    extra, too_long = _extra(service, organisation)
    return document | {"hsds": extra}, [*findings, *noted, *too_long]


def _of_place(
    service: Entity, place: Entity, several: bool, on: date
) -> tuple[dict[str, str], list[Finding]]:
    where = one(place.get("location"))
    hours, findings = hours_of(_schedules(service, place, where, several), on=on)
    organisation = one(service.get("organization"))
    contacts = [*many(place.get("contacts")), *many(service.get("contacts"))]
    phones = [
        *many(place.get("phones")),
        *many(where.get("phones")),
        *many(service.get("phones")),
        *(phone for contact in contacts for phone in many(contact.get("phones"))),
        *many(organisation.get("phones")),
    ]
    emails = [
        service.get("email"),
        *(each.get("email") for each in contacts),
        organisation.get("email"),
    ]
    areas = [
        area
        for area in [*many(place.get("service_areas")), *many(service.get("service_areas"))]
        if text(area.get("service_at_location_id")) in ("", text(place.get("id")))
    ]
    document = {
        "phone": _number(phones, lambda kind: kind not in _TEXTS | _NOT_RUNG),
        "text_sms": _number(phones, lambda kind: kind in _TEXTS),
        "email": first(emails),
        "opening_hours": hours,
        **areas_of(areas),
        **_address(where),
    }
    return document, findings


def _schedules(service: Entity, place: Entity, where: Entity, several: bool) -> list[Entity]:
    """Those of the place; else those of the service that are of no other place."""
    if own := many(place.get("schedules")):
        return own
    shared = many(service.get("schedules"))
    here = text(place.get("id"))
    mine = [each for each in shared if text(each.get("service_at_location_id")) == here != ""]
    if mine:
        return mine
    open_to_all = [each for each in shared if not text(each.get("service_at_location_id"))]
    return (open_to_all if several else shared) or many(where.get("schedules"))


def _address(where: Entity) -> dict[str, str]:
    addresses = many(where.get("addresses")) or many(where.get("physical_addresses"))
    kept = sorted(addresses, key=lambda each: text(each.get("address_type")) != "physical")
    if not kept:
        return {"address": "", "postcode": ""}
    names = ("address_1", "address_2", "city", "region")
    parts = dict.fromkeys(said for name in names if (said := text(kept[0].get(name))))
    return {"address": ", ".join(parts), "postcode": text(kept[0].get("postal_code"))}


def _number(phones: list[Entity], wanted: Callable[[str], bool]) -> str:
    for phone in phones:
        number, note = text(phone.get("number")), text(phone.get("description"))
        if number and wanted(text(phone.get("type")).casefold()):
            # A short description that repeats the number says what goes with it ("option 2").
            return note if number in note and len(note) <= _LONGEST_NOTE else number
    return ""


def _cost(service: Entity) -> str:
    if said := text(service.get("fees_description")) or text(service.get("fees")):
        return said
    return "; ".join(
        dict.fromkeys(said for each in many(service.get("cost_options")) if (said := _paid(each)))
    )


def _paid(option: Entity) -> str:
    amount, currency = text(option.get("amount")), text(option.get("currency")).upper()
    words = ", ".join(
        said for name in ("amount_description", "option") if (said := text(option.get(name)))
    )
    if not amount:
        return words
    if re.fullmatch(r"0+(?:\.0+)?", amount):
        return words if words.startswith("free") else f"free {words}".strip()
    sign = "£" if currency in ("", "GBP") else f"{currency} "
    return f"{sign}{amount} {words}".strip()


def _eligibility(service: Entity) -> tuple[str, list[Finding]]:
    said = text(service.get("eligibility_description"))
    description = text(service.get("description"))
    if said or not description:
        return said, []
    words = "The source does not say whom it is for: its description stands here, shorten it."
    return description, [warning("eligibility_described", "eligibility", words)]


def _whom(eligibility: str) -> dict[str, str]:
    found = _AUDIENCE.search(eligibility)
    if not found:
        return {}
    return {"gender": found[1].casefold() if found[1] else "LGBT+"}


def _age(value: Any) -> str:
    said = text(value)
    return re.sub(r"\.0+$", "", said)


def _languages(service: Entity) -> str:
    names = [
        _LANGUAGES.get(text(each.get("code"))) or first((each.get("name"), each.get("code")))
        for each in many(service.get("languages"))
    ]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _said_elsewhere(service: Entity, document: Mapping[str, str]) -> list[Finding]:
    """Weekdays of the hours against those of the description."""
    return shifted(document["opening_hours"], text(service.get("description")))


def _extra(service: Entity, organisation: Entity) -> tuple[str, list[Finding]]:
    """What has no column, as compact JSON; a warning where it is too much to keep."""
    kept = _without(service, _MAPPED)
    kept["organization"] = _without(organisation, _ORGANIZATION)
    try:
        said = json.dumps(
            _without(kept, frozenset()), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
    except RecursionError:
        said = ""
    if not said or len(said) > LONGEST_EXTRA:
        words = "What the source says beyond our columns is too long to keep: it is left out."
        return "", [warning("extra_left_out", "hsds", words)]
    return ("" if said == "{}" else said), []


def _without(entity: Entity, names: frozenset[str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in entity.items()
        if name not in names and value not in (None, "", [], {})
    }


def _numbered(service_id: str, at: int) -> str:
    return f"{service_id}-{at + 1}" if at else service_id


def _uuid(theirs: str) -> str:
    """Their id where it is a UUID, as HSDS wants it, else always the same one made from it."""
    try:
        return str(UUID(theirs)) if theirs else ""
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"urn:cara-assistant:imported:{theirs}"))
