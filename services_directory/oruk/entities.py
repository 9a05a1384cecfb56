"""From listings to the entities of ORUK: services, organisations, services at locations.

A service is described by all listings that share its id, in the order of their ids: the first
names it, the rest add places, contacts and hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import chain

from services_directory.listing import Listing
from services_directory.oruk import kept, locations
from services_directory.oruk.contacts import contacts, cost_options, languages
from services_directory.oruk.entry import Entry, email_address, filled, moment, web_address
from services_directory.oruk.schedules import schedules_of
from services_directory.oruk.taxonomy import Entity, attribute, terms
from services_directory.words import what_it_does

ACTIVE, CLOSED, DEFUNCT = "active", "temporarily closed", "defunct"
# Ours -> theirs. What we do not know is "inactive": it may exist, and nobody should be sent there.
_STATUSES = {
    "active": ACTIVE,
    "verify": ACTIVE,
    "referral_only": ACTIVE,
    "waiting_list_closed": CLOSED,
    "held": CLOSED,
    "closed": DEFUNCT,
}
_MOST_OPEN = (ACTIVE, CLOSED, "inactive", DEFUNCT)
REFERRED = "A professional has to refer you."
UNCHECKED = "Nobody has checked this entry yet: check it with the service first."
OVERDUE = "This entry was due to be checked again by {}: check it with the service first."
REMOVED = "Removed"


def service(entries: Sequence[Entry], *, full: bool, on: date) -> Entity:
    """The service that these listings describe; ``full`` nests all that hangs on it.

    ``on`` is the day for which its warnings hold.
    """
    return {
        **service_brief(entries, on=on),
        "organization": organization_brief(entries),
        **(_nested(entries) if full else {}),
    }


def service_brief(entries: Sequence[Entry], *, on: date) -> Entity:
    """The fields of a service that hold one value."""
    first = entries[0]
    found = first.listing
    ours = filled(
        id=first.service_id,
        organization_id=first.organisation_id,
        name=found.name or found.organisation,
        description=what_it_does(found),
        url=_first(web_address(entry.listing.url) for entry in entries),
        email=_first(email_address(entry.listing.email) for entry in entries),
        status=min((_status(entry.listing) for entry in entries), key=_MOST_OPEN.index),
        fees_description=found.cost,
        minimum_age=_widest(min, [entry.listing.age_min for entry in entries]),
        maximum_age=_widest(max, [entry.listing.age_max for entry in entries]),
        eligibility_description=_eligibility(found),
        application_process=_application(found),
        assured_date=_assured(entries),
        alert=_alert(first, on),
        last_modified=moment(max(entry.modified_at for entry in entries)),
    )
    return {**_scalars(kept.service_fields(first)), **ours}


def organization_brief(entries: Sequence[Entry]) -> Entity:
    """The organisation behind these listings; a description is required, so there always is one."""
    first = entries[0]
    name = first.listing.organisation or first.listing.name
    fields = _first_fields(entries)
    description = f"{name}: an organisation whose services are in this directory."
    return {"description": description, **fields, "id": first.organisation_id, "name": name}


def organization(entries: Sequence[Entry], *, services: str, on: date) -> Entity:
    """The organisation, with its services: "none", "brief" or "full"."""
    made = organization_brief(entries)
    if services == "none":
        return made
    by_service = grouped(entries)
    nested = [
        {**service_brief(each, on=on), **(_nested(each) if services == "full" else {})}
        for each in by_service
    ]
    return {**made, "services": nested}


def service_at_location(
    entry: Entry, of_service: Sequence[Entry], *, full: bool, on: date
) -> Entity:
    """One service at one place; ``of_service`` are all listings of the service."""
    nested = service(of_service, full=full, on=on)
    nested.pop("service_at_locations", None)
    made = locations.service_at_location(entry, full=full) | {
        "service": nested,
        "last_modified": moment(entry.modified_at),
    }
    if full:
        made |= filled(schedules=schedules_of(entry.listing.hours, _link(entry, of_service)))
    return made


def minimal(entity_id: str, at: datetime) -> Entity:
    """What ``minimal=true`` asks for, under the field's name and under that of the parameter."""
    return {"id": entity_id, "last_modified": moment(at), "modified_date": moment(at)}


def removed_service(service_id: str, organisation_id: str, at: datetime) -> Entity:
    """A service that is no more in the directory, for those who copied it: valid, and bare."""
    return {
        "id": service_id,
        "organization_id": organisation_id,
        "name": REMOVED,
        "status": DEFUNCT,
        "last_modified": moment(at),
        "deleted": True,
    }


def removed_at_location(entity_id: str, service_id: str, at: datetime) -> Entity:
    """The same for a service at a location."""
    return {
        "id": entity_id,
        "service_id": service_id,
        "last_modified": moment(at),
        "deleted": True,
    }


def grouped(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries of each service, services in the order of their ids."""
    by_service: dict[str, list[Entry]] = {}
    for entry in entries:
        by_service.setdefault(entry.service_id, []).append(entry)
    return [by_service[service_id] for service_id in sorted(by_service)]


def _nested(entries: Sequence[Entry]) -> Entity:
    service_id = entries[0].service_id
    needs = dict.fromkeys(need for entry in entries for need in entry.listing.needs)
    rows = (schedules_of(entry.listing.hours, _link(entry, entries)) for entry in entries)
    return {
        **{
            name: value
            for name, value in kept.service_fields(entries[0]).items()
            if isinstance(value, list)
        },
        **filled(
            schedules=list(chain.from_iterable(rows)),
            service_areas=_areas(entries),
            service_at_locations=[
                locations.service_at_location(entry, full=True) for entry in entries
            ],
            languages=languages(entries),
            cost_options=cost_options(entries),
            contacts=contacts(entries),
            attributes=[attribute(service_id, need) for need in needs if need in terms()],
        ),
    }


def _link(entry: Entry, of_service: Sequence[Entry]) -> dict[str, str]:
    """What a schedule belongs to: the service, or one of its places where it has several."""
    link = {"service_id": entry.service_id}
    return link if len(of_service) == 1 else {**link, "service_at_location_id": entry.at_id}


def _areas(entries: Sequence[Entry]) -> list[Entity]:
    """Each area once, however many places serve it."""
    areas = [area for entry in entries if (area := locations.service_area(entry))]
    return list({(area.get("name"), area.get("extent")): area for area in areas}.values())


def _status(listing: Listing) -> str:
    return _STATUSES.get(listing.status, "inactive")


def _widest(choose: Callable[[list[int]], int], ages: Sequence[int | None]) -> int | None:
    """The widest limit, in years; None where one place has none, or none that is known."""
    known = [age for age in ages if age is not None]
    return choose(known) if len(known) == len(ages) else None


def _assured(entries: Sequence[Entry]) -> str:
    """The oldest: all of the service was right then."""
    dates = [entry.assured_on for entry in entries]
    known = [each for each in dates if each is not None]
    return min(known).isoformat() if len(known) == len(dates) else ""


def _alert(entry: Entry, on: date) -> str:
    if entry.listing.status == "verify" or entry.assured_on is None:
        return UNCHECKED
    if entry.check_after and entry.check_after < on:
        return OVERDUE.format(entry.check_after.isoformat())
    return ""


def _eligibility(listing: Listing) -> str:
    whom = {"men": "Men only.", "women": "Women only.", "lgbt": "LGBT+ people."}
    said = f"{listing.eligibility.rstrip('. ')}." if listing.eligibility else ""
    return " ".join(part for part in (said, whom.get(listing.audience, "")) if part)


def _application(listing: Listing) -> str:
    said = f"{listing.how_to_access.rstrip('. ')}." if listing.how_to_access else ""
    referred = listing.status == "referral_only" or listing.self_referral == "no"
    return " ".join(part for part in (said, REFERRED if referred else "") if part)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _first_fields(entries: Sequence[Entry]) -> Entity:
    return next((found for entry in entries if (found := kept.organization_fields(entry))), {})


def _scalars(fields: Entity) -> Entity:
    return {name: value for name, value in fields.items() if not isinstance(value, list)}
