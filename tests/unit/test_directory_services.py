"""Services of ORUK and HSDS as listings: what of them has a column, and what is kept besides."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services_directory.exchange.timetable import hours_of
from tests.unit.exchanging import csv_file, json_file, lines, place, service, taken_in, version

AT = "33333333-3333-4333-8333-333333333333"
ON = date(2026, 1, 5)
SHAPES: dict[str, Any] = {
    "one.json": service(),
    "list.json": [service()],
    "page.json": {"total_items": 1, "contents": [service()]},
}


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("name", [*SHAPES, "lines.ndjson"])
def test_json_of_any_shape_gives_the_listing_with_all_that_has_a_column(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name in SHAPES:
        json_file(path, SHAPES[name])
    else:
        path.write_text(f"{json.dumps(service())}\n{json.dumps(service(id='', name='B'))}\n")
    taken_in(path)
    made = version(AT).document
    extra = json.loads(made.pop("hsds"))
    assert {name: value for name, value in made.items() if value} == {
        "id": AT,
        "site": "hampshire",
        "service_id": "11111111-1111-4111-8111-111111111111",
        "organisation_id": "22222222-2222-4222-8222-222222222222",
        "organisation": "Quayside",
        "service_name": "Quayside counselling",
        "needs": "mental_health",
        "phone": "023 8000 1234",
        "url": "https://quayside.example/counselling",
        "address": "1 High Street, Southampton",
        "postcode": "SO14 7DW",
        "opening_hours": "Mon-Tue 09:00-17:00",
        "cost": "£5 a session",
        "eligibility": "Adults in Southampton",
        "age_min": "18",
        "how_to_access": "Ring to book.",
        "languages": "Polish",
        "status": "active",
        "area_covered": "Southampton",
        "covers": "Southampton",
    }
    assert extra == {
        "accreditations": "BACP",
        "description": "Talking to somebody, Monday to Friday.",
        "organization": {"description": "A charity"},
    }


@pytest.mark.usefixtures("sqlite")
def test_a_service_at_two_places_is_two_listings_of_one_service(tmp_path: Path) -> None:
    places = [place("at-1", "1 High Street", "SO14 7DW"), place("at-2", "2 Low Road", "SO15 2EA")]
    given = service(service_at_locations=places)
    given["schedules"] = [
        {**given["schedules"][0], "service_at_location_id": "at-1"},
        {**given["schedules"][0], "byday": "SA", "service_at_location_id": "at-2"},
    ]
    taken_in(json_file(tmp_path / "one.json", given))
    one, two = version("at-1").document, version("at-2").document
    assert one["service_id"] == two["service_id"] == given["id"]
    assert (one["opening_hours"], two["opening_hours"]) == (
        "Mon-Tue 09:00-17:00",
        "Sat 09:00-17:00",
    )
    assert (one["postcode"], two["postcode"]) == ("SO14 7DW", "SO15 2EA")


@pytest.mark.usefixtures("sqlite")
def test_terms_that_are_no_need_of_ours_are_told_and_the_rest_comes_in(tmp_path: Path) -> None:
    terms = ["Alcohol misuse", "Chess", "Mental health services", "Domestic abuse perpetrators"]
    attributes = [{"taxonomy_term": {"name": name}} for name in terms]
    path = json_file(tmp_path / "one.json", service(attributes=attributes))
    taken_in(path, "--report", tmp_path / "report.jsonl")
    assert version(AT).document["needs"] == "alcohol|mental_health|da_perpetrator"
    (row,) = [each for each in lines(tmp_path / "report.jsonl") if each.get("id") == AT]
    assert "Needs not known: Chess." in [each["words"] for each in row["findings"]]


@pytest.mark.parametrize(
    ("schedules", "text"),
    [
        ([("WEEKLY", "MO,WE", "09:00:00", "12:00:00"), ("WEEKLY", "MO,WE", "13:00", "17:00")],
         "Mon, Wed 09:00-12:00 and 13:00-17:00"),
        ([("WEEKLY", "FR", "22:00", "02:00")], "Fri 22:00-02:00"),
        ([("DAILY", "", "00:00", "23:59")], "24/7"),
        ([("MONTHLY", "2TU", "10:00Z", "11:00Z")], "2nd Tue 10:00-11:00"),
        ([("MONTHLY", "-1FR", "10:00", "11:00")], "last Fri 10:00-11:00"),
        ([("WEEKLY", "XX", "10:00", "11:00")], ""),
        ([("WEEKLY", "MO", "10:00", "")], ""),
        ([("WEEKLY", "MO", "10:00", "25:00")], ""),
        ([("WEEKLY", "MO", "10:00", "11:00"), ("YEARLY", "MO", "10:00", "11:00")], ""),
    ],
)  # fmt: skip
def test_schedules_become_hours_in_our_words_or_none_at_all(
    schedules: list[tuple[str, str, str, str]], text: str
) -> None:
    names = ("freq", "byday", "opens_at", "closes_at")
    given = [dict(zip(names, each, strict=True)) for each in schedules]
    said, findings = hours_of(given, on=ON)
    assert said == text
    assert [each.check for each in findings] == ([] if text else ["schedule"])


@pytest.mark.parametrize(
    ("more", "text", "check"),
    [
        ({"valid_to": "2025-12-31"}, "", "schedule_past"),
        ({"valid_from": "2026-06-01"}, "Told", "schedule"),
        ({"valid_from": "0000-01-01"}, "Told", "schedule"),
        ({"interval": 2}, "Told", "schedule"),
        ({"description": "Open Tuesday"}, "Mon 09:00-10:00", "weekday_shifted"),
        ({"description": "Closed on bank holidays."}, "Mon 09:00-10:00; closed bank holidays", ""),
        ({"valid_from": "2026-01-19", "valid_to": "2026-01-19"}, "19 Jan 2026 09:00-10:00", ""),
    ],
)
def test_what_a_schedule_says_besides_days_and_times_counts(
    more: dict[str, Any], text: str, check: str
) -> None:
    rule = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "10:00"}
    said, findings = hours_of([{**rule, "description": "Told", **more}], on=ON)
    assert said == text
    assert [each.check for each in findings] == ([check] if check else [])


TABLES: dict[str, list[dict[str, str]]] = {
    "organizations": [{"id": "o", "name": "Quayside"}],
    "services": [
        {"id": "s", "organization_id": "o", "name": "Counselling", "status": "active"},
        {"id": "t", "organization_id": "lost", "name": "Chess", "status": "active"},
    ],
    "locations": [{"id": "l", "location_type": "physical"}],
    "service_at_location": [{"id": "sal", "service_id": "s", "location_id": "l"}],
    "addresses": [{"id": "a", "location_id": "l", "address_1": "1 High Street",
                   "postal_code": "SO14 7DW"}],
    "phones": [
        {"id": "p", "service_id": "s", "number": "'+44 23 8000 1234"},
        {"id": "q", "service_id": "nobody", "number": "023 8000 9999"},
    ],
    "schedules": [{"id": "h", "service_at_location_id": "sal", "freq": "WEEKLY", "byday": "MO",
                   "opens_at": "09:00", "closes_at": "10:00"}],
    "attributes": [{"id": "x", "link_id": "s", "taxonomy_term_id": "term"}],
    "taxonomy_terms": [{"id": "term", "name": "Debt advice"}],
}  # fmt: skip


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("packed", [True, False])
def test_the_tables_of_a_package_are_put_together(tmp_path: Path, packed: bool) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    for name, rows in TABLES.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        csv_file(folder / f"{name}.csv", rows, columns)
    source = folder
    if packed:
        source = tmp_path / "package.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, f"hsds/{path.name}")
    done = taken_in(source)
    made = version("sal").document
    wanted = ("organisation", "service_name", "needs", "phone", "opening_hours", "postcode")
    assert [made[name] for name in wanted] == [
        "Quayside", "Counselling", "money", "+44 23 8000 1234", "Mon 09:00-10:00", "SO14 7DW",
    ]  # fmt: skip
    assert "phones, row 3: belongs to nothing in the package." in done.stdout
    assert "row 3, organisation: No organisation is named." in done.stdout
