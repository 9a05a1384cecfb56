"""Where a service is, as far as anybody may know: locations, addresses and areas served."""

from __future__ import annotations

import math
from functools import lru_cache

from services_directory.listing import WHOLE_AREA
from services_directory.oruk.entry import Entry, filled, made_id
from services_directory.oruk.taxonomy import Entity
from sites import NATIONAL, all_sites

# About a metre: more than the point of a postcode is worth.
DECIMALS = 5


def service_at_location(entry: Entry, *, full: bool) -> Entity:
    """The service at its place; whether the place is described in full."""
    return {
        "id": entry.at_id,
        "service_id": entry.service_id,
        "location_id": _location_id(entry),
        "location": location(entry, full=full),
    }


def location(entry: Entry, *, full: bool) -> Entity:
    """The place. Of a withheld one only the name of its area: no address, and no point.

    Without an address the service is reached from anywhere, by telephone or online ("virtual").
    """
    found = entry.listing
    there = found.address or found.withheld or "in_person" in found.modes
    made = filled(
        id=_location_id(entry),
        location_type="physical" if there else "virtual",
        name=_name(entry),
        description=_description(entry),
    )
    if entry.easting is not None and entry.northing is not None and found.address:
        made |= _point(entry.easting, entry.northing)
    if full and (address := _address(entry)):
        made["addresses"] = [address]
    return made


def service_area(entry: Entry) -> Entity:
    """Where the people live whom it serves; {} where nobody said."""
    found = entry.listing
    everywhere = area_of_site(found.site) if WHOLE_AREA in found.covers else ""
    names = sorted(found.covers - {WHOLE_AREA}, key=_natural)
    extent = everywhere or ", ".join(_area_name(name) for name in names)
    name = found.area or everywhere
    if not (name or extent):
        return {}
    return filled(
        id=made_id(entry.service_id, f"area {found.id}"),
        service_id=entry.service_id,
        name=name,
        extent=extent,
        extent_type="text" if extent else "",
    )


def area_of_site(site: str) -> str:
    """The name of the area of a site, "Great Britain" for what serves every site."""
    if site == NATIONAL:
        return "Great Britain"
    known = all_sites().get(site)
    return known.name if known else ""


def _location_id(entry: Entry) -> str:
    return made_id(entry.service_id, f"location {entry.listing.id}")


def _name(entry: Entry) -> str:
    found = entry.listing
    first = "" if found.withheld else found.address.split(",")[0].strip()
    return first or found.area or area_of_site(found.site)


def _description(entry: Entry) -> str:
    """What the fields of an address cannot say."""
    found = entry.listing
    if found.withheld:
        return "The address is not published."
    if found.address and not _address(entry):
        return found.address
    return ""


def _address(entry: Entry) -> Entity:
    """All fields are required by the schema: without a postcode there is no address."""
    found = entry.listing
    if found.withheld or not (found.address and found.postcode):
        return {}
    lines = [part.strip() for part in found.address.split(",") if part.strip()]
    town = lines[-1] if len(lines) > 1 and not any(map(str.isdigit, lines[-1])) else ""
    return {
        "id": made_id(entry.service_id, f"address {found.id}"),
        "location_id": _location_id(entry),
        "address_1": ", ".join(lines[:-1] if town else lines) or found.address,
        "city": town or found.area or area_of_site(found.site) or found.postcode,
        "state_province": area_of_site(found.site) or found.area or found.postcode,
        "postal_code": found.postcode,
        "country": "GB",
        "address_type": "physical",
    }


@lru_cache(maxsize=20_000)
def _point(easting: int, northing: int) -> Entity:
    # Loaded late: the library takes most of a second, which no page of ours waits for.
    import convertbng.cutil as bng

    longitudes, latitudes = bng.convert_lonlat([easting], [northing])
    longitude, latitude = float(longitudes[0]), float(latitudes[0])
    if math.isnan(longitude) or math.isnan(latitude):
        return {}
    return {"latitude": round(latitude, DECIMALS), "longitude": round(longitude, DECIMALS)}


def _natural(name: str) -> tuple[bool, str, int]:
    """Names before codes, and BS2 before BS10."""
    letters = name.rstrip("0123456789")
    return _is_code(name), letters, int(name[len(letters) :] or 0)


def _area_name(name: str) -> str:
    if name.endswith("*"):
        return f"{name[:-1].upper()} (all)"
    return name.upper() if _is_code(name) else name.title()


def _is_code(name: str) -> bool:
    return name.endswith("*") or any(map(str.isdigit, name))
