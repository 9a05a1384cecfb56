"""Faults of a listing that only show beside the other listings of the directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from rapidfuzz import fuzz

from services_directory.checks.duplicates import shared_numbers, subscriber_numbers
from services_directory.checks.finding import Finding, warning
from services_directory.checks.names import full_name, same_organisation
from services_directory.checks.phones import UK_DIGITS
from services_directory.checks.web import host_of, is_misspelling
from services_directory.checks.weekdays import check_weekdays, shifted

Document = Mapping[str, str]
Found = Iterator[tuple[str, Finding]]
# Per cent of rapidfuzz at which two listings of one area are taken for one service.
SAME_SERVICE = 92.0
# A host that fewer listings have is no proof that another is misspelt.
WELL_KNOWN = 2
# Listings of one name that are compared with each other; more are branches of one body.
MOST_OF_A_NAME = 50


def across(documents: Sequence[Document]) -> dict[str, list[Finding]]:
    """The faults of each listing beside its neighbours, by the listing's id."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for check in (_shared, _two_numbers, _one_digit, _hosts, _early):
        for listing, finding in check(documents):
            found[listing].append(finding)
    return dict(found)


def _shared(documents: Sequence[Document]) -> Found:
    names = {each.get("id", ""): each.get("organisation", "") for each in documents}
    for number, ids in shared_numbers(documents):
        bodies = list(dict.fromkeys(names[listing] for listing in ids))
        for listing in ids:
            ours = names[listing]
            if other := next((body for body in bodies if not same_organisation(ours, body)), ""):
                words = f"{number} is also given for {other}: whose number is it?"
                yield listing, warning("number_shared", "phone", words)


def _two_numbers(documents: Sequence[Document]) -> Found:
    for one, other in _same_service(documents):
        ours, theirs = subscriber_numbers(one), subscriber_numbers(other)
        if ours and theirs and not ours & theirs:
            for listing, beside, number in (
                (one, other, min(theirs)),
                (other, one, min(ours)),
            ):
                words = (
                    f"{beside.get('id', '')} gives {number} for the same service: which is right?"
                )
                yield listing.get("id", ""), warning("number_differs", "phone", words)


def _same_service(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[" ".join(sorted(set(full_name(document).split())))[:12]].append(document)
    for group in groups.values():
        for one, other in combinations(group[:MOST_OF_A_NAME], 2):
            if _overlap(one, other) and _alike(one, other):
                yield one, other


def _alike(one: Document, other: Document) -> bool:
    return fuzz.token_sort_ratio(full_name(one), full_name(other)) >= SAME_SERVICE


def _overlap(one: Document, other: Document) -> bool:
    first, second = (
        {part.strip().casefold() for part in each.get("covers", "").split("|") if part.strip()}
        for each in (one, other)
    )
    return not first or not second or "*" in first | second or bool(first & second)


def _one_digit(documents: Sequence[Document]) -> Found:
    """A number that lacks a digit of a neighbour's, where both are of one organisation."""
    whole: dict[str, list[tuple[str, Document]]] = defaultdict(list)
    numbered = [(number, each) for each in documents for number in subscriber_numbers(each)]
    for number, document in numbered:
        if len(number) == UK_DIGITS:
            for at in range(len(number)):
                whole[number[:at] + number[at + 1 :]].append((number, document))
    for number, document in numbered:
        for right, neighbour in whole.get(number, ()):
            ours = document.get("organisation", "")
            if same_organisation(ours, neighbour.get("organisation", "")):
                words = f"{number} lacks a digit: {neighbour.get('id', '')} gives {right}."
                yield document.get("id", ""), warning("number_lacks_digit", "phone", words)
                break


def _hosts(documents: Sequence[Document]) -> Found:
    """A domain that is nearly one which several other listings have."""
    used: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        email = document.get("email", "").strip().casefold().partition("@")[2]
        for host in {email, host_of(document.get("url", ""))} - {""}:
            used[host].append(document)
    near: dict[str, list[str]] = defaultdict(list)
    for host, holders in used.items():
        for end in _ends(host) if len(holders) >= WELL_KNOWN else ():
            near[end].append(host)
    for host, holders in used.items():
        if len(holders) >= WELL_KNOWN:
            continue
        right = next((each for end in _ends(host) for each in near[end] if _slip(host, each)), "")
        for document in holders if right else ():
            words = f"“{host}” is nearly {right}, which other listings have: is it misspelt?"
            field = "email" if host in document.get("email", "").casefold() else "url"
            yield document.get("id", ""), warning("host_misspelt", field, words)


def _ends(host: str) -> tuple[str, str]:
    """The beginning and the end of a host's first part: a slip leaves one of them as it was."""
    first, _, ending = host.partition(".")
    return f"{first[:3]}*.{ending}", f"*{first[-3:]}.{ending}"


def _slip(host: str, known: str) -> bool:
    # "bristol.gov.uk" and "bolton.gov.uk" are near by their endings: only the first part counts.
    first, _, ending = host.partition(".")
    other, _, theirs = known.partition(".")
    return ending == theirs and is_misspelling(first, other)


def _early(documents: Sequence[Document]) -> Found:
    if days := shifted(documents):
        for document in documents:
            if check_weekdays(document):
                words = f"The hours of this whole list are {days} day(s) early against its words."
                yield document.get("id", ""), warning("weekdays_shifted", "opening_hours", words)
