"""An HSDS package, a folder or a zip of CSV tables, put together as services of JSON are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from services_directory.exchange import archives
from services_directory.exchange.faults import MOST_BYTES, MOST_ROWS, ExchangeError
from services_directory.exchange.texts import (
    as_meant,
    cells,
    decoded,
    file_bytes,
    too_large,
    too_many_rows,
)

Record = dict[str, Any]
Tables = dict[str, list[Record]]
Held = Mapping[str, Mapping[str, Record]]
# Text packs to a tenth, and every row of text is ten times as large in memory.
MOST_UNFOLDED = 2 * MOST_BYTES
_NAMES_OF_TABLES = """
organizations services locations service_at_locations addresses phones contacts schedules
service_areas languages cost_options attributes taxonomy_terms accessibility funding
required_documents organization_identifiers
"""
_TABLES = frozenset(_NAMES_OF_TABLES.split())
_OTHER_NAMES = {
    "service_at_location": "service_at_locations",
    "physical_addresses": "addresses",
    "postal_addresses": "addresses",
    **{
        name: f"{name}s"
        for name in ("organization", "service", "location", "phone", "contact", "schedule")
    },
}
# To what a row belongs: the first of these of which there is a row.
_OWNERS: Mapping[str, tuple[str, ...]] = {
    "addresses": ("locations",),
    "accessibility": ("locations",),
    "contacts": ("service_at_locations", "services", "organizations", "locations"),
    "phones": ("service_at_locations", "services", "contacts", "locations", "organizations"),
    "schedules": ("service_at_locations", "services", "locations"),
    "service_areas": ("service_at_locations", "services"),
    "languages": ("services",),
    "cost_options": ("services",),
    "required_documents": ("services",),
    "funding": ("services", "organizations"),
    "organization_identifiers": ("organizations",),
}
_LINE = "\0line"
_MOST_NAMED = 5


def services_of(path: Path) -> tuple[list[tuple[int, Record]], list[str]]:
    """Each service with its line in the table of services, and what is wrong with the package.

    Raises :class:`ExchangeError` for a package that cannot be read or has no such table.
    """
    name = path.name
    tables = _folder(path) if path.is_dir() else _zip(path)
    if "services" not in tables:
        raise ExchangeError("package", f"{name} has no table of services (services.csv).")
    notes = list(_put_together(tables))
    found = [(row.pop(_LINE), row) for row in tables["services"]]
    return found, notes


def _folder(path: Path) -> Tables:
    files = [each for each in sorted(path.iterdir()) if each.suffix.casefold() == ".csv"]
    if sum(each.stat().st_size for each in files) > MOST_BYTES:
        raise too_large(path.name)
    return _tables((each.name, file_bytes(each)) for each in files)


def _zip(path: Path) -> Tables:
    archive = archives.opened(file_bytes(path), path.name, most=MOST_UNFOLDED)
    with archive:
        names = [each for each in archive.namelist() if each.casefold().endswith(".csv")]
        return _tables((PurePosixPath(each).name, archive.read(each)) for each in names)


def _tables(files: Iterator[tuple[str, bytes]]) -> Tables:
    tables: Tables = {}
    for name, data in files:
        stem = name.casefold().removesuffix(".csv")
        table = _OTHER_NAMES.get(stem, stem)
        if table in _TABLES:
            if table in tables:
                raise ExchangeError("package", f"The table of {table} is there twice ({name}).")
            tables[table] = _records(data, name)
    if sum(map(len, tables.values())) > 10 * MOST_ROWS:
        raise too_many_rows("The package")
    return tables


def _records(data: bytes, name: str) -> list[Record]:
    rows = cells(decoded(data, name), name)
    header = [cell.strip() for cell in next(rows, [])]
    if len(set(header)) < len(header) or "id" not in header:
        raise ExchangeError("header", f"{name} has no column “id”, or has a column twice.")
    found = []
    for line, row in enumerate(rows, 2):
        if len(row) > len(header):
            message = f"{name}, row {line} has {len(row):,} cells and the header {len(header)}."
            raise ExchangeError("cells", message)
        pairs = zip(header, row, strict=False)
        record: Record = {column: as_meant(cell) for column, cell in pairs if cell.strip()}
        if record:
            found.append(record | {_LINE: line})
    return found


def _put_together(tables: Tables) -> Iterator[str]:
    """Hang every row on its owner; gives a sentence for each table with rows on nothing."""
    held: Held = {
        name: {row["id"]: row for row in rows if "id" in row} for name, rows in tables.items()
    }
    lost = {table: _hung(tables.get(table, []), table, held) for table in _OWNERS}
    lost["service_at_locations"] = _placed(tables, held)
    _described(tables, held)
    for table, lines in lost.items():
        if lines:
            named = ", ".join(map(str, lines[:_MOST_NAMED]))
            more = f" and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
            yield f"{table}, row {named}{more}: belongs to nothing in the package."
    for table, rows in tables.items():
        for row in rows if table != "services" else ():
            row.pop(_LINE, None)


def _hung(rows: Sequence[Record], table: str, held: Held) -> list[int]:
    """Hang rows on their owners; gives the lines of those without one."""
    lost = []
    for row in rows:
        owner = _owner(row, _OWNERS[table], held)
        if owner is None:
            lost.append(row[_LINE])
        else:
            owner.setdefault(table, []).append(row)
    return lost


def _placed(tables: Tables, held: Held) -> list[int]:
    """Services at their locations, and each service under its organisation."""
    lost = []
    for row in tables.get("service_at_locations", []):
        if place := held.get("locations", {}).get(row.get("location_id", "")):
            row["location"] = place
        if service := held["services"].get(row.get("service_id", "")):
            service.setdefault("service_at_locations", []).append(row)
        else:
            lost.append(row[_LINE])
    for row in tables["services"]:
        if organisation := held.get("organizations", {}).get(row.get("organization_id", "")):
            row["organization"] = organisation
    return lost


def _described(tables: Tables, held: Held) -> None:
    """Terms of taxonomies by the attributes that link them to services."""
    for row in tables.get("attributes", []):
        if found := held.get("taxonomy_terms", {}).get(row.get("taxonomy_term_id", "")):
            row["taxonomy_term"] = found
        if service := held["services"].get(row.get("link_id", "")):
            service.setdefault("attributes", []).append(row)


def _owner(row: Record, owners: Sequence[str], held: Held) -> Record | None:
    for table in owners:
        found = held.get(table, {}).get(row.get(f"{table.removesuffix('s')}_id", ""))
        if found is not None:
            return found
    return None
