"""The same service listed twice is found, a branch of the same body is not, and it is quick."""

from __future__ import annotations

import time

import pytest

from services_directory.checks.duplicates import LEAST_SCORE, duplicates, shared_numbers

ONE = {
    "id": "one",
    "organisation": "Riverside Recovery",
    "service_name": "Evening drop-in for men",
    "phone": "0121 496 0123",
    "email": "info@riverside.example.org",
    "url": "https://www.riverside.example.org/evening/",
    "postcode": "SO15 2JX",
    "covers": "Southampton|SO15",
}
# The listing as somebody else would have typed it.
AGAIN = {
    "id": "again",
    "organisation": "Riverside Recovery Ltd",
    "service_name": "Men's evening drop-in",
    "phone": "+44 121 496 0123",
    "url": "http://riverside.example.org/evening",
    "postcode": "so152jx",
    "covers": "SO15|SO16",
}

BEGINNINGS = ("Ash", "Birch", "Elm", "Oak", "River", "Mill", "Stone", "Holm", "Wood", "Green")
ENDINGS = ("ford", "ley", "ton", "by", "ham", "field", "worth", "stead", "well", "bridge")
KINDS = ("Recovery", "Mind", "Housing", "Council", "Advice", "Counselling", "Trust", "Centre")
SERVICES = ("Drop-in", "Helpline", "Group for men", "Debt advice", "Needle exchange", "Crisis cafe")


def test_a_service_typed_twice_is_found_with_the_reasons() -> None:
    ((first, second, score, why),) = duplicates([ONE, AGAIN])
    assert (first, second) == ("again", "one")
    assert set(why) >= {"same_phone", "same_url", "same_postcode"}
    assert score == 1.0


def test_the_same_again_scores_more_than_the_like() -> None:
    like = {**ONE, "id": "like", "phone": "0113 496 0456", "url": "", "email": "", "postcode": ""}
    scores = {pair[:2]: pair[2] for pair in duplicates([ONE, AGAIN, like])}
    assert scores["again", "one"] > scores["like", "one"] >= LEAST_SCORE


@pytest.mark.parametrize(
    "other",
    [
        {"organisation": "Harbour Housing", "service_name": "Advice", "phone": "0113 496 0456"},
        {"organisation": "Harbour Housing", "service_name": "Advice", "phone": "0121 496 0123"},
        {**ONE, "phone": "", "email": "", "url": "https://riverside.example.org/", "postcode": "",
         "covers": "York|YO1"},
        {"organisation": "Riverside Recovery", "service_name": "Needle exchange", "covers": "SO15"},
    ],
)  # fmt: skip
def test_another_service_a_branch_or_a_shared_number_is_no_duplicate(other: dict[str, str]) -> None:
    assert duplicates([ONE, {**other, "id": "other"}]) == []


def test_an_empty_listing_is_like_no_other() -> None:
    assert duplicates([{}, {"id": "empty"}]) == []
    assert duplicates([]) == []


def test_a_number_under_two_organisations_is_told_with_both() -> None:
    other = {"id": "other", "organisation": "Harbour Housing", "phone": "0121 4960123"}
    assert shared_numbers([ONE, AGAIN]) == []
    assert shared_numbers([ONE, AGAIN, other]) == [("01214960123", ("one", "again", "other"))]


def test_twenty_thousand_listings_take_less_than_ten_seconds() -> None:
    bodies = [f"{a}{b} {c}" for a in BEGINNINGS for b in ENDINGS for c in KINDS]
    listings = [
        {
            "id": str(at),
            "organisation": bodies[at // 2 % len(bodies)],
            "service_name": f"{SERVICES[at // 2 % len(SERVICES)]} {at // 200}",
            # One number for a tenth of all, as a national line would be.
            "phone": "0808 157 0123" if at % 10 == 0 else f"0121 496 {at // 2 % 1000:04}",
            "postcode": f"SO{at % 20} {at % 9}JX",
            "covers": f"SO{at % 20}",
        }
        for at in range(20_000)
    ]
    begun = time.process_time()
    assert shared_numbers(listings)
    assert isinstance(duplicates(listings), list)
    assert time.process_time() - begun < 10
