"""What becomes of a listing in ORUK: its status, hours, contacts, places; and what never shows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from core.clock import today
from services_directory.oruk.schedules import schedules_of
from services_directory.oruk.taxonomy import terms
from services_directory.words import NEED_LABELS
from tests.unit import oruk_listings as oruk

SERVICE = {"service_id": "0b9b2c1e-2f63-4a53-9f54-0a5a3d1c7b11"}
SECOND = "3a5d0c2e-7a1b-4b3f-8a55-9d2f6f0c1e22"


@pytest.fixture(autouse=True)
def empty(sqlite: object) -> None:
    """A directory in which nothing is public yet."""
    oruk.clear()


def full(listing_id: str) -> Any:
    """The only service, in full."""
    found = oruk.only("/services", search=listing_id)
    return oruk.get(f"/services/{found['id']}")


def hours(text: str) -> list[tuple[str | None, ...]]:
    """The rows of a text of hours: frequency, days, opening and closing time."""
    rows = schedules_of(text, SERVICE)
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["service_id"] == SERVICE["service_id"] for row in rows)
    return [
        tuple(row.get(name) for name in ("freq", "byday", "opens_at", "closes_at")) for row in rows
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Mon-Fri 09:00-17:00", [("WEEKLY", "MO,TU,WE,TH,FR", "09:00", "17:00")]),
        (
            "Mon 09:00-12:00; Sat 10:00-13:00",
            [("WEEKLY", "MO", "09:00", "12:00"), ("WEEKLY", "SA", "10:00", "13:00")],
        ),
        ("Fri 18:00-02:00", [("WEEKLY", "FR", "18:00", "02:00")]),
        ("Sun 18:00-02:00", [("WEEKLY", "SU", "18:00", "02:00")]),
        ("24/7", [("WEEKLY", "MO,TU,WE,TH,FR,SA,SU", "00:00", "23:59")]),
        ("Tue 18:00-00:00", [("WEEKLY", "TU", "18:00", "00:00")]),
        ("1st Tue of the month 10:00-12:00", [("MONTHLY", "1TU", "10:00", "12:00")]),
        ("Last Fri of the month 10:00-12:00", [("MONTHLY", "-1FR", "10:00", "12:00")]),
        ("when the tide is out", []),
        ("", []),
    ],
)
def test_hours_become_schedules_and_unknown_hours_none(
    text: str, rows: list[tuple[str, ...]]
) -> None:
    assert hours(text) == rows


def test_a_schedule_says_whose_clocks_it_means_and_what_it_cannot_say() -> None:
    (row,) = schedules_of("Mon-Fri 09:00-17:00", SERVICE)
    assert "Europe/London" in row["description"]
    assert "bank holidays" in row["description"]
    (row,) = schedules_of("By appointment only", SERVICE)
    assert "opens_at" not in row
    assert "appointment" in row["description"]


@pytest.mark.parametrize(
    ("status", "theirs"),
    [
        ("active", "active"),
        ("verify", "active"),
        ("referral_only", "active"),
        ("waiting_list_closed", "temporarily closed"),
        ("held", "temporarily closed"),
        ("closed", "defunct"),
        ("some new status", "inactive"),
    ],
)
def test_each_status_has_one_of_theirs(status: str, theirs: str) -> None:
    oruk.add("plain", status=status)
    assert full("plain")["status"] == theirs


def test_a_service_by_referral_says_so() -> None:
    oruk.add("asked", status="referral_only", how_to_access="Ask your GP")
    oruk.add("walkin", how_to_access="Walk in")
    assert full("asked")["application_process"] == "Ask your GP. A professional has to refer you."
    assert full("walkin")["application_process"] == "Walk in."


def test_what_nobody_checked_and_what_is_overdue_is_marked() -> None:
    oruk.add("fresh", assured=oruk.ago(1))
    oruk.add("stale", assured=oruk.ago(100))
    oruk.add("never")
    oruk.add("doubted", status="verify", assured=oruk.ago(1))
    assert "alert" not in full("fresh")
    assert full("fresh")["assured_date"] == oruk.ago(1).isoformat()
    assert (oruk.ago(100) + timedelta(days=90)).isoformat() in full("stale")["alert"]
    assert "Nobody has checked" in full("never")["alert"]
    assert "assured_date" not in full("never")
    assert "Nobody has checked" in full("doubted")["alert"]


def test_every_field_of_a_listing_goes_where_the_profile_has_it() -> None:
    oruk.add(
        "whole",
        needs="drugs|housing|no_such_need",
        text_sms="SHOUT to 85258",
        email="help@example.org",
        url="https://example.org/help",
        address="2 Hulse Road, Southampton",
        postcode="SO15 2JX",
        opening_hours="Mon 09:00-17:00",
        cost="free (NHS)",
        eligibility="Adults",
        gender="men",
        age_min="18",
        age_max="65",
        languages="Polish, BSL",
        area_covered="Southampton and Eastleigh",
        covers="Southampton|SO15|SO2|TA*",
    )
    found = full("whole")
    assert (found["minimum_age"], found["maximum_age"]) == (18, 65)
    assert found["url"] == "https://example.org/help"
    assert found["eligibility_description"] == "Adults. Men only."
    assert [each["code"] for each in found["languages"]] == ["pl", "bfi"]
    assert found["organization"]["name"] == "Harbour Trust"
    (cost,) = found["cost_options"]
    assert (cost["amount"], cost["amount_description"]) == (0, "free (NHS)")
    (area,) = found["service_areas"]
    assert area["name"] == "Southampton and Eastleigh"
    assert area["extent"] == "Southampton, SO2, SO15, TA (all)"
    (contact,) = found["contacts"]
    assert contact["email"] == found["email"] == "help@example.org"
    numbers = [(phone["type"], phone["number"]) for phone in contact["phones"]]
    assert numbers == [("voice", "023 8000 0000"), ("text", "85258")]
    assert contact["phones"][1]["description"] == "SHOUT to 85258"
    codes = [each["taxonomy_term"]["code"] for each in found["attributes"]]
    assert codes == ["drugs", "housing"]
    place = found["service_at_locations"][0]["location"]
    (address,) = place["addresses"]
    assert (address["address_1"], address["city"]) == ("2 Hulse Road", "Southampton")
    assert (address["postal_code"], address["country"]) == ("SO15 2JX", "GB")
    # The civic centre of Southampton stands at 50.908 N, 1.407 W, and the road a mile north of it.
    assert place["latitude"] == pytest.approx(50.92, abs=0.02)
    assert place["longitude"] == pytest.approx(-1.41, abs=0.02)


def test_what_has_no_value_or_a_bad_one_is_left_out() -> None:
    oruk.add("bare", phone="", email="ring first", url="www.example.org", needs="")
    found = full("bare")
    assert not {"email", "url", "contacts", "attributes", "schedules", "minimum_age"} & set(found)
    assert no_blank(found)


def no_blank(value: Any) -> bool:
    """Whether nothing in it is null or empty, however deep."""
    if isinstance(value, dict):
        return bool(value) and all(map(no_blank, value.values()))
    if isinstance(value, list):
        return bool(value) and all(map(no_blank, value))
    return value is not None and value != ""


def test_listings_of_one_service_are_its_places() -> None:
    shared = {"service_id": SERVICE["service_id"], "organisation_id": SECOND}
    oruk.add(
        "a-first",
        service_name="Drop-in",
        opening_hours="Mon 09:00-12:00",
        age_min="18",
        address="1 High Street, Alton",
        status="closed",
        assured=oruk.ago(5),
        **shared,
    )
    oruk.add(
        "b-second",
        service_name="Drop-in at Bordon",
        opening_hours="Tue 09:00-12:00",
        needs="money",
        age_min="16",
        phone="01420 000000",
        assured=oruk.ago(9),
        **shared,
    )
    listed = oruk.only("/services")
    assert listed["id"] == SERVICE["service_id"]
    found = oruk.get(f"/services/{listed['id']}")
    assert (found["name"], found["status"], found["minimum_age"]) == ("Drop-in", "active", 16)
    assert found["assured_date"] == oruk.ago(9).isoformat()
    places = [each["id"] for each in found["service_at_locations"]]
    assert len(set(places)) == 2
    assert [row["service_at_location_id"] for row in found["schedules"]] == places
    assert len(found["contacts"]) == 2
    assert len(found["attributes"]) == 2
    assert oruk.get("/service_at_locations")["total_items"] == 2
    one = oruk.get(f"/service_at_locations/{places[1]}")
    assert one["service"]["id"] == SERVICE["service_id"]
    assert [row["byday"] for row in one["schedules"]] == ["TU"]
    assert oruk.only("/organizations")["id"] == SECOND


def test_ids_stay_when_the_directory_is_made_anew() -> None:
    oruk.add("plain", opening_hours="Mon 09:00-12:00", languages="Polish", cost="free")
    before = full("plain")
    oruk.remove("plain")
    oruk.clear()
    oruk.add("other")
    oruk.show_again("plain")
    after = full("plain")
    assert {**after, "last_modified": ""} == {**before, "last_modified": ""}


def test_what_an_import_kept_is_merged_as_far_as_it_is_valid_and_no_clash() -> None:
    kept = {
        "name": "Another name",
        "status": "defunct",
        "accreditations": "Helplines Standard",
        "wait_time": "",
        "alternate_name": None,
        "licenses": 7,
        "contacts": [{"id": SECOND, "name": "A. Private-Person"}],
        "funding": [{"source": "The council"}, {"source": None}, "nothing"],
        "required_documents": [{"id": SECOND, "document": "Proof of address", "uri": "not one"}],
        "organization": {
            "name": "Another trust",
            "description": "A trust by the harbour.",
            "website": "not one",
            "organization_identifiers": [
                {"identifier_type": "Charity", "identifier": "123"},
                {"identifier": "no type"},
            ],
        },
    }
    oruk.add("plain", hsds=json.dumps(kept))
    found = full("plain")
    assert (found["name"], found["status"]) == ("plain", "active")
    assert found["accreditations"] == "Helplines Standard"
    assert not {"wait_time", "alternate_name", "licenses"} & set(found)
    assert "Private-Person" not in json.dumps(found)
    assert [each["source"] for each in found["funding"]] == ["The council"]
    (wanted,) = found["required_documents"]
    assert (wanted["id"], wanted["document"]) == (SECOND, "Proof of address")
    assert "uri" not in wanted
    trust = found["organization"]
    assert (trust["name"], trust["description"]) == ("Harbour Trust", "A trust by the harbour.")
    assert "website" not in trust
    assert [each["identifier"] for each in trust["organization_identifiers"]] == ["123"]
    assert no_blank(found)


@pytest.mark.parametrize("broken", ["{", "[1]", '"x"', '{"organization": 3, "funding": {}}'])
def test_a_broken_remainder_of_an_import_does_no_harm(broken: str) -> None:
    oruk.add("plain", hsds=broken)
    assert full("plain")["name"] == "plain"


def test_without_an_address_a_service_is_reached_from_anywhere() -> None:
    oruk.add("line", area_covered="Hampshire", postcode="SO15 2JX")
    place = full("line")["service_at_locations"][0]["location"]
    assert (place["location_type"], place["name"]) == ("virtual", "Hampshire")
    assert "latitude" not in place


def test_an_address_without_a_postcode_is_told_in_words() -> None:
    oruk.add("house", address="Hope Place, High Street, West Bromwich")
    place = full("house")["service_at_locations"][0]["location"]
    assert place["location_type"] == "physical"
    assert place["description"] == "Hope Place, High Street, West Bromwich"
    assert "addresses" not in place


def test_a_withheld_address_is_nowhere() -> None:
    oruk.add(
        "refuge",
        address="17 Quillfeather Mews, Southampton",
        postcode="PO1 5AS",
        address_withheld="yes",
        area_covered="South Hampshire",
        opening_hours="24/7",
        hsds=json.dumps({"accreditations": "See 17 Quillfeather Mews", "wait_time": "PO1 5AS"}),
        assured=oruk.ago(1),
    )
    answers = [oruk.ask(method, path, **options) for method, path, options in everything()]
    assert {answer.status_code for answer in answers} == {200}
    assert sum("refuge" in answer.text for answer in answers) > 20
    said = "\n".join(answer.text for answer in answers)
    assert "South Hampshire" in said
    for telling in ("quillfeather", "po1 5as", "po15as", "po1", "latitude", "longitude"):
        assert telling not in said.casefold()


def everything() -> list[tuple[str, str, dict[str, Any]]]:
    """Every address of the interface, in every form."""
    lists = ("/services", "/service_at_locations", "/organizations")
    forms: list[dict[str, str]] = [
        {},
        {"full": "true"},
        {"full_service": "true"},
        {"minimal": "true"},
        {"format": "ndjson"},
        {"format": "ndjson", "full": "true"},
    ]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}) for path in ("/", "/taxonomies", "/taxonomy_terms", "/openapi.json")
    ]
    for path in lists:
        asked += [("GET", path, {"params": form}) for form in forms]
        asked += [("POST", path, {"json": form}) for form in forms]
        for item in oruk.get(path)["contents"]:
            asked += [("GET", f"{path}/{item['id']}", {"params": form}) for form in forms[::2]]
    return asked


def test_nobody_learns_from_distances_where_a_withheld_place_is() -> None:
    oruk.add("refuge", address="x", postcode="SO15 2JX", address_withheld="yes")
    oruk.add("open", address="2 Hulse Road", postcode="SO15 2JX")
    near = oruk.names("/service_at_locations", postcode="SO15 2JX", proximity=1_000_000)
    assert near == {"open"}


def test_the_terms_are_our_needs_with_a_name_and_a_description() -> None:
    assert list(terms()) == list(NEED_LABELS)
    found = oruk.get("/taxonomy_terms")["contents"]
    assert len({each["id"] for each in found}) == len(NEED_LABELS)
    assert all(each["name"] and each["description"] for each in found)
    (whole,) = oruk.get("/taxonomies")["contents"]
    assert oruk.get(f"/taxonomies/{whole['id']}")["taxonomy_terms"] == found


def test_an_organisation_has_its_services_in_brief_or_in_full() -> None:
    oruk.add("one", languages="Polish")
    oruk.add("two")
    trust = oruk.only("/organizations")
    assert "services" not in trust
    brief = oruk.get(f"/organizations/{trust['id']}")["services"]
    assert {each["name"] for each in brief} == {"one", "two"}
    assert "languages" not in str(brief)
    whole = oruk.get(f"/organizations/{trust['id']}", full_service=True)["services"]
    assert "languages" in str(whole)


def test_an_alert_is_that_of_the_day() -> None:
    oruk.add("fresh", assured=today())
    assert "alert" not in full("fresh")
