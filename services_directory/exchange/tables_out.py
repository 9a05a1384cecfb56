"""Services of ORUK as the tables of an HSDS package, with the keys that hold them together.

The tables and their columns are those of HSDS 3.0's ``datapackage.json``; a table of which nothing
is known is left out.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from services_directory.exchange.reading import many, one
from services_directory.exchange.texts import harmless
from services_directory.oruk.taxonomy import Entity, taxonomy

# Entity: file, columns. Each key "x_id" of a table leads to the entity "x".
_TABLES: Mapping[str, tuple[str, str]] = {
    "organization": (
        "organizations",
        "id name alternate_name description email website tax_status tax_id year_incorporated "
        "legal_status logo uri parent_organization_id",
    ),
    "service": (
        "services",
        "id organization_id program_id name alternate_name description url email status "
        "interpretation_services application_process fees_description wait_time fees "
        "accreditations eligibility_description minimum_age maximum_age assured_date "
        "assurer_email licenses alert last_modified",
    ),
    "taxonomy": ("taxonomies", "id name description uri version"),
    "taxonomy_term": (
        "taxonomy_terms",
        "id code name description parent_id taxonomy language taxonomy_id term_uri",
    ),
    "attribute": ("attributes", "id link_id taxonomy_term_id link_type link_entity value"),
    "location": (
        "locations",
        "id location_type url organization_id name alternate_name description transportation "
        "latitude longitude external_identifier external_identifier_type",
    ),
    "address": (
        "addresses",
        "id location_id attention address_1 address_2 city region state_province postal_code "
        "country address_type",
    ),
    "service_at_location": ("service_at_location", "id service_id location_id description"),
    "contact": (
        "contacts",
        "id organization_id service_id service_at_location_id location_id name title department "
        "email",
    ),
    "phone": (
        "phones",
        "id location_id service_id organization_id contact_id service_at_location_id number "
        "extension type description",
    ),
    "schedule": (
        "schedules",
        "id service_id location_id service_at_location_id valid_from valid_to dtstart timezone "
        "until count wkst freq interval byday byweekno bymonthday byyearday description opens_at "
        "closes_at schedule_link attending_type notes",
    ),
    "service_area": ("service_areas", "id service_id name description extent extent_type uri"),
    "language": ("languages", "id service_id location_id phone_id name code note"),
    "cost_option": (
        "cost_options",
        "id service_id valid_from valid_to option currency amount amount_description",
    ),
    "funding": ("funding", "id organization_id service_id source"),
    "required_document": ("required_documents", "id service_id document uri"),
    "organization_identifier": (
        "organization_identifiers",
        "id organization_id identifier_scheme identifier_type identifier",
    ),
}
# What hangs on a service: the list it is nested in, and the entity.
_OF_SERVICE = (
    ("schedules", "schedule"),
    ("service_areas", "service_area"),
    ("languages", "language"),
    ("cost_options", "cost_option"),
    ("contacts", "contact"),
    ("attributes", "attribute"),
    ("funding", "funding"),
    ("required_documents", "required_document"),
)
_NO_KEYS = frozenset({"program", "parent_organization", "parent", "link", "tax"})


def write_package(out: IO[bytes], services: Iterable[Entity]) -> None:
    """The tables as a zip, with a ``datapackage.json`` that says how they hang together."""
    tables: dict[str, _Table] = {entity: _Table(entity) for entity in _TABLES}
    tables["taxonomy"].add(taxonomy())
    for service in services:
        for entity, row in _rows(service):
            tables[entity].add(row)
    written = {entity: table for entity, table in tables.items() if table.ids}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", json.dumps(_package(set(written)), indent=1))
        for entity, table in written.items():
            archive.writestr(f"{_TABLES[entity][0]}.csv", table.text.getvalue())


class _Table:
    """One table, a row for each id."""

    def __init__(self, entity: str) -> None:
        self.columns = _TABLES[entity][1].split()
        self.ids: set[str] = set()
        self.text = io.StringIO(newline="")
        self._writer = csv.writer(self.text)
        self._writer.writerow(self.columns)

    def add(self, row: Mapping[str, Any]) -> None:
        if row["id"] not in self.ids:
            self.ids.add(row["id"])
            self._writer.writerow(harmless(_said(row.get(name))) for name in self.columns)


def _rows(service: Entity) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every row of a service, each after what it hangs on."""
    organization = one(service.get("organization"))
    yield "organization", organization
    for each in many(organization.get("organization_identifiers")):
        yield "organization_identifier", each
    yield "service", service
    for place in many(service.get("service_at_locations")):
        where = one(place.get("location"))
        yield "location", where
        for each in many(where.get("addresses")):
            yield "address", each
        yield "service_at_location", place
    for name, entity in _OF_SERVICE:
        for each in many(service.get(name)):
            if entity == "attribute":
                yield "taxonomy_term", one(each.get("taxonomy_term"))
            yield entity, each
            for phone in many(each.get("phones")):
                yield "phone", phone


def _package(entities: set[str]) -> dict[str, Any]:
    resources = [
        {
            "name": entity,
            "path": f"{_TABLES[entity][0]}.csv",
            "schema": {
                "primaryKey": "id",
                "fields": [{"name": name} for name in _TABLES[entity][1].split()],
                "foreignKeys": list(_keys(entity, entities)),
            },
        }
        for entity in _TABLES
        if entity in entities
    ]
    return {
        "name": "human_services_data",
        "profile": "tabular-data-package",
        "resources": resources,
    }


def _keys(entity: str, entities: set[str]) -> Iterator[dict[str, Any]]:
    for column in _TABLES[entity][1].split():
        other = column.removesuffix("_id")
        if column.endswith("_id") and other in entities - _NO_KEYS:
            yield {"fields": column, "reference": {"resource": other, "fields": "id"}}


def _said(value: Any) -> str:
    return "" if value is None else str(value)
