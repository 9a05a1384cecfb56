"""Answers from the database: a page, a stream or one item of each kind of entity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.clock import today
from core.database import transaction
from services_directory.oruk import entities
from services_directory.oruk.asked import Asked, OrganizationsAsked, Paged, TermsAsked
from services_directory.oruk.gone import Gone, gone_since
from services_directory.oruk.pages import page_of
from services_directory.oruk.selecting import (
    Key,
    entries,
    listing_id_of,
    matching,
    services_shown,
)
from services_directory.oruk.taxonomy import TAXONOMY_ID, Entity, taxonomy, terms
from services_directory.tables import Live

# A stream holds no more than so many items at a time.
AT_ONCE = 200
MINIMAL = ("id", "last_modified", "deleted")


@dataclass(frozen=True)
class Kind:
    """A kind of entity: the column of its ids, and how those are described."""

    key: Key
    describe: Callable[[Session, Sequence[str], Asked], list[Entity]]
    removed: Callable[[Session, Sequence[Gone]], list[Entity]]


def page(session: Session, kind: Kind, asked: Asked) -> Entity:
    """The page asked for; what was removed comes after everything that is there."""
    found, removed = _chosen(session, kind, asked)
    if asked.minimal:
        brief = [*_dated(found), *_minimal(removed)]
        return page_of(brief, total=len(brief), number=1, per_page=max(1, len(brief)))
    wanted = [each for each, _ in found[asked.first : asked.first + asked.per_page]]
    contents = kind.describe(session, wanted, asked)
    skipped = max(0, asked.first - len(found))
    contents += removed[skipped : skipped + asked.per_page - len(wanted)]
    total = len(found) + len(removed)
    return page_of(contents, total=total, number=asked.page, per_page=asked.per_page)


def stream(kind: Kind, asked: Asked) -> Iterator[list[Entity]]:
    """Everything, some hundred items at a time, each read in a transaction of its own.

    A slow reader holds no transaction open, and no more than one batch in memory.
    """
    with transaction() as session:
        found, removed = _chosen(session, kind, asked)
    for first in range(0, len(found), AT_ONCE):
        some = found[first : first + AT_ONCE]
        if asked.minimal:
            yield _dated(some)
            continue
        with transaction() as session:
            yield kind.describe(session, [each for each, _ in some], asked)
    if removed:
        yield _minimal(removed) if asked.minimal else removed


def service(session: Session, service_id: str) -> Entity | None:
    """One service with all that hangs on it."""
    found = entries(session, Live.service_id, [service_id]).get(service_id)
    return entities.service(found, full=True, on=today()) if found else None


def organization(session: Session, organisation_id: str, *, full_service: bool) -> Entity | None:
    """One organisation with its services."""
    found = entries(session, Live.organisation_id, [organisation_id]).get(organisation_id)
    services = "full" if full_service else "brief"
    return entities.organization(found, services=services, on=today()) if found else None


def service_at_location(session: Session, entity_id: str) -> Entity | None:
    """One service at one place, in full."""
    listing_id = listing_id_of(session, entity_id)
    wanted = [listing_id] if listing_id else []
    found = _described(session, wanted, full=True)
    return found[0] if found else None


def taxonomies(asked: Paged) -> list[Entity]:
    """The one taxonomy, if it is asked for."""
    return _saying(asked.search, [taxonomy()])


def taxonomy_terms(asked: TermsAsked) -> list[Entity]:
    """The terms; none is under another."""
    found = [
        term
        for term in terms().values()
        if str(asked.taxonomy_id or TAXONOMY_ID) == term["taxonomy_id"] and not asked.parent_id
    ]
    return _saying(asked.search, found)


def some(found: Sequence[Entity], asked: Paged) -> Entity:
    """A page of what is all in memory."""
    contents = found[asked.first : asked.first + asked.per_page]
    return page_of(contents, total=len(found), number=asked.page, per_page=asked.per_page)


def _chosen(
    session: Session, kind: Kind, asked: Asked
) -> tuple[list[tuple[str, datetime]], list[Entity]]:
    gone = gone_since(session, asked)
    return matching(session, kind.key, asked, gone), kind.removed(session, gone)


def _dated(found: Sequence[tuple[str, datetime]]) -> list[Entity]:
    return [entities.minimal(each, at) for each, at in found]


def _minimal(removed: Sequence[Entity]) -> list[Entity]:
    """Of what is gone the mark stays: without it nobody could tell."""
    return [
        {name: each[name] for name in MINIMAL} | {"modified_date": each["last_modified"]}
        for each in removed
    ]


def _services(session: Session, wanted: Sequence[str], asked: Asked) -> list[Entity]:
    found = entries(session, Live.service_id, wanted)
    on = today()
    return [entities.service(each, full=asked.full, on=on) for each in found.values()]


def _organizations(session: Session, wanted: Sequence[str], asked: Asked) -> list[Entity]:
    found = entries(session, Live.organisation_id, wanted)
    services = "brief" if asked.full else "none"
    if isinstance(asked, OrganizationsAsked) and asked.full_service:
        services = "full"
    on = today()
    return [entities.organization(each, services=services, on=on) for each in found.values()]


def _at_locations(session: Session, wanted: Sequence[str], asked: Asked) -> list[Entity]:
    return _described(session, wanted, full=asked.full)


def _described(session: Session, wanted: Sequence[str], *, full: bool) -> list[Entity]:
    found = [entry for each in entries(session, Live.listing_id, wanted).values() for entry in each]
    services = entries(session, Live.service_id, sorted({entry.service_id for entry in found}))
    on = today()
    return [
        entities.service_at_location(entry, services[entry.service_id], full=full, on=on)
        for entry in found
        if entry.service_id in services
    ]


def _removed_services(session: Session, gone: Sequence[Gone]) -> list[Entity]:
    """A service is gone with its last place."""
    last = {each.service_id: each for each in sorted(gone, key=lambda each: each.at)}
    there = services_shown(session, list(last))
    return [
        entities.removed_service(service_id, last[service_id].organisation_id, last[service_id].at)
        for service_id in sorted(set(last) - there)
    ]


def _removed_at_locations(_session: Session, gone: Sequence[Gone]) -> list[Entity]:
    return [entities.removed_at_location(each.at_id, each.service_id, each.at) for each in gone]


def _saying(search: str, found: Sequence[Entity]) -> list[Entity]:
    """Those in which every word of the search stands."""
    said = search.casefold().split()
    return [
        each
        for each in found
        if all(word in f"{each['name']} {each['description']}".casefold() for word in said)
    ]


SERVICES = Kind(Live.service_id, _services, _removed_services)
ORGANIZATIONS = Kind(Live.organisation_id, _organizations, lambda _session, _gone: [])
AT_LOCATIONS = Kind(Live.listing_id, _at_locations, _removed_at_locations)
