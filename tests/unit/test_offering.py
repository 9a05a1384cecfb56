"""Which listings may be offered at all, and what a card of one holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services_directory.catalogue import Catalogue
from services_directory.listing import Listing, offerable, warning
from services_directory.query import Query
from services_directory.results import Reason, as_json, as_result
from services_directory.search import search
from tests.shipped import load
from tests.unit.asking import (
    MOMENT,
    SITES,
    ask,
    ids,
    listing_called,
    place_in,
)


def some_listing(
    listing_id: str = "ny-001", site: str = "north_yorkshire", **changed: object
) -> Listing:
    return replace(listing_called(site, listing_id), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "closed"},
        {"status": "referral_only"},
        {"status": "waiting_list_closed"},
        {"status": "a status nobody has heard of"},
        {"self_referral": "no"},
        {"how_to_access": "Probation practitioner referral only"},
        {"phone": "", "address": "1 High Street", "hours": "Mon-Fri 09:00-17:00"},
    ],
)
def test_a_listing_is_never_offered_that_a_person_could_not_use(changed: dict[str, str]) -> None:
    assured = some_listing(assured_on=date(2026, 11, 1))
    assert offerable(assured, demo=False)
    assert not offerable(replace(assured, **changed), demo=False)  # type: ignore[arg-type]
    assert not offerable(replace(assured, **changed), demo=True)  # type: ignore[arg-type]


def test_an_unassured_listing_is_offered_in_demonstration_mode_alone_and_with_a_warning() -> None:
    unassured = some_listing()
    assert warning(unassured) == "unassured"
    assert offerable(unassured, demo=True)
    assert not offerable(unassured, demo=False)
    assert warning(some_listing(assured_on=date(2026, 11, 1))) == ""


def test_no_starter_listing_claims_to_be_assured() -> None:
    assert all(listing.assured_on is None for site in SITES for listing in load(site))


def test_once_assured_a_listing_is_found_in_production() -> None:
    assured = [some_listing(assured_on=date(2026, 11, 1))]
    query = Query("north_yorkshire", ("drugs",), place_in("north_yorkshire", "York"))
    assert ids(search(query, Catalogue.of(assured), moment=MOMENT, demo=False)) == ["ny-001"]


def test_between_two_alike_the_one_still_to_be_verified_is_second() -> None:
    held = (some_listing(id="a", status="verify"), some_listing(id="b", status="active"))
    assert ids(ask("north_yorkshire", "drugs", "York", held)) == ["b", "a"]


def test_between_two_alike_the_one_that_meets_both_needs_is_first() -> None:
    held = (
        some_listing(id="a", needs=("drugs",)),
        some_listing(id="b", needs=("drugs", "trauma")),
    )
    assert ids(ask("north_yorkshire", "drugs trauma", "York", held)) == ["b", "a"]


def test_a_national_service_for_one_town_is_shown_only_to_somebody_of_that_town() -> None:
    held = (replace(some_listing(), site="national", covers=frozenset({"whitby"})),)
    assert ids(ask("north_yorkshire", "drugs", "", held)) == []
    assert ids(ask("north_yorkshire", "drugs", "York", held)) == []
    assert ids(ask("north_yorkshire", "drugs", "Whitby", held)) == ["ny-001"]


def test_something_nearer_than_nowhere_is_a_wish_set_aside() -> None:
    found = ask("west_midlands", "drugs", nearer=True)
    assert "nearer" in found.relaxed
    assert found.results


def test_a_card_holds_exactly_what_the_interface_promises() -> None:
    result = ask("hampshire", "mental_health", "Eastleigh").results[0]
    card = as_json(result, lambda reason: f"{reason.code} {reason.value}".strip())
    assert " ".join(card) == (
        "id name organisation what needs reasons phone sms email url area distance_m open cost "
        "hours assured_on assured languages"
    )
    assert card["what"].startswith("Help with mental health. For: Registered with a GP")
    assert card["reasons"][:2] == ["need mental_health", "covers Eastleigh"]
    assert card["open"] == {"state": "unknown", "until": None}
    assert (card["assured_on"], card["assured"]) == (None, False)


def test_a_reason_without_words_is_left_off_the_card() -> None:
    result = ask("hampshire", "mental_health", "Eastleigh").results[0]
    only_needs = as_json(result, lambda reason: "fits" if reason.code == "need" else "")
    assert only_needs["reasons"] == ["fits"]


def test_a_listing_shown_before_can_be_shown_again_with_its_reasons() -> None:
    query = Query("hampshire", ("mental_health",), place_in("hampshire", "Eastleigh"))
    again = as_result(some_listing("hiow-008", "hampshire"), query, moment=MOMENT)
    assert again == ask("hampshire", "mental_health", "Eastleigh").results[0]
    assert Reason("covers", "Eastleigh") in again.reasons
