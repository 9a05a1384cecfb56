"""The ORUK interface as a harvester uses it: every parameter, pages, streams and removals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from core.database import engine
from core.settings import settings
from services_directory.oruk import reading
from services_directory.oruk.asked import Asked
from services_directory.oruk.taxonomy import TAXONOMY_ID, terms
from tests.unit import oruk_listings as oruk

OURS = ("/services", "/service_at_locations")
SOUTHAMPTON, PORTSMOUTH, LEEDS = "SO15 2JX", "PO1 5AS", "LS1 4AP"


@pytest.fixture
def empty(sqlite: object) -> None:
    """A directory in which nothing is public yet."""
    oruk.clear()


@pytest.fixture
def two(database: str) -> None:
    """Two services that differ in everything one can ask for, on either engine."""
    oruk.clear()
    oruk.add(
        "harbour",
        organisation="Harbour Trust",
        needs="alcohol",
        opening_hours="Mon 09:00-17:00",
        age_max="25",
        address="2 Hulse Road, Southampton",
        postcode=SOUTHAMPTON,
        covers="Southampton|SO15",
    )
    oruk.add(
        "island",
        organisation="Island Advice",
        site="west_yorkshire",
        needs="money",
        opening_hours="Fri 18:00-02:00",
        age_min="40",
        address="8 Walmer Road, Portsmouth",
        postcode=PORTSMOUTH,
        covers="PO1",
    )
    oruk.changed_on("harbour", datetime(2026, 5, 1, 12, tzinfo=UTC))
    oruk.changed_on("island", datetime(2026, 9, 1, 12, tzinfo=UTC))


# What to ask for, and which of the two are left.
WISHES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"harbour", "island"}),
    ({"search": "drinking"}, {"harbour"}),
    ({"search": "island advice"}, {"island"}),
    ({"search": "zeppelin"}, set()),
    ({"search": "ਪੰਜਾਬੀ"}, set()),
    ({"taxonomy_term_id": terms()["money"]["id"]}, {"island"}),
    ({"taxonomy_term_id": str(uuid4())}, set()),
    ({"taxonomy_id": TAXONOMY_ID}, {"harbour", "island"}),
    ({"taxonomy_id": str(uuid4())}, set()),
    ({"organization_id": str(uuid4())}, set()),
    ({"modified_after": "2026-08-01"}, {"island"}),
    ({"modified_after": "2026-09-01T12:00:00Z"}, {"island"}),
    ({"modified_after": "2026-09-01T14:00:00+02:00"}, {"island"}),
    ({"modified_after": "2026-09-01T12:00:01Z"}, set()),
    ({"minimum_age": 30}, {"island"}),
    ({"maximum_age": 30}, {"harbour"}),
    ({"minimum_age": 20, "maximum_age": 50}, {"harbour", "island"}),
    ({"minimum_age": 26, "maximum_age": 39}, set()),
    ({"day": "MO"}, {"harbour"}),
    ({"day": "FR"}, {"island"}),
    ({"day": "SA"}, {"island"}),
    ({"day": "SU"}, set()),
    ({"start_time": "17:30"}, {"island"}),
    ({"end_time": "17:00", "start_time": "02:00"}, {"harbour"}),
    ({"day": "SA", "end_time": "02:00"}, {"island"}),
    ({"day": "SA", "start_time": "02:00"}, set()),
    ({"day": "MO", "start_time": "17:00", "end_time": "18:00"}, set()),
    ({"day": "TH", "start_time": "22:00", "end_time": "19:00"}, {"island"}),
    ({"postcode": SOUTHAMPTON}, {"harbour"}),
    ({"postcode": "po1"}, {"island"}),
    ({"postcode": LEEDS}, set()),
    ({"postcode": PORTSMOUTH, "proximity": 1_000}, {"island"}),
    ({"postcode": PORTSMOUTH, "proximity": 60_000}, {"harbour", "island"}),
    ({"postcode": LEEDS, "proximity": 60_000}, set()),
    ({"site": "west_yorkshire"}, {"island"}),
    ({"site": "national"}, set()),
    ({"no_such_parameter": "x", "site": ""}, {"harbour", "island"}),
]


def test_every_parameter_changes_what_comes_by_address_by_body_and_as_a_stream(two: None) -> None:
    for wish, left in WISHES:
        for path in OURS:
            assert oruk.names(path, **wish) == left, (path, wish)
            posted = oruk.ask("POST", path, json=wish).json()
            assert posted == oruk.get(path, **wish), wish
            assert oruk.lines(path, **wish) == posted["contents"], wish
        organisations = oruk.get("/organizations", **wish)
        assert organisations["total_items"] == len(left), wish
        assert oruk.ask("POST", "/organizations", json=wish).json() == organisations


def test_an_organisation_is_found_by_its_id(two: None) -> None:
    for each in oruk.get("/organizations")["contents"]:
        (found,) = oruk.get("/services", organization_id=each["id"])["contents"]
        assert found["organization"] == each
        assert oruk.get(f"/organizations/{each['id']}")["name"] == each["name"]


def test_what_is_not_known_never_leaves_a_service_out(empty: None) -> None:
    oruk.add("quiet", opening_hours="ask us", phone="1", covers="")
    oruk.add("monthly", opening_hours="1st Tue of the month 10:00-12:00", covers="*")
    oruk.add("shut", opening_hours="Wed 10:00-12:00", covers="BS1", age_max="20")
    asked = {"day": "TU", "start_time": "10:00", "end_time": "11:00"}
    assert oruk.names("/services", **asked) == {"quiet", "monthly"}
    assert oruk.names("/services", minimum_age=21) == {"quiet", "monthly"}
    assert oruk.names("/services", postcode=SOUTHAMPTON) == {"quiet", "monthly"}


def test_full_and_full_service_nest_what_the_lists_leave_out(empty: None) -> None:
    oruk.add("one", languages="Polish")
    for path in OURS:
        assert "languages" not in json.dumps(oruk.get(path))
        assert "languages" in json.dumps(oruk.get(path, full=True))
    assert "services" not in oruk.only("/organizations")
    assert "services" in oruk.only("/organizations", full=True)
    assert "languages" not in json.dumps(oruk.get("/organizations", full=True))
    assert "languages" in json.dumps(oruk.get("/organizations", full_service=True))


def test_minimal_gives_ids_and_dates_on_one_page(empty: None) -> None:
    for number in range(7):
        oruk.add(f"s{number}")
    for path in ("/services", "/service_at_locations", "/organizations"):
        found = oruk.get(path, minimal=True, per_page=2)
        assert found["total_pages"] == 1
        assert found["size"] == len(found["contents"]) == found["total_items"]
        for each in found["contents"]:
            assert set(each) == {"id", "last_modified", "modified_date"}
        assert oruk.lines(path, minimal=True) == found["contents"]
    assert oruk.get("/services", minimal=True)["total_items"] == 7
    ids = {each["id"] for each in oruk.get("/services")["contents"]}
    assert {each["id"] for each in oruk.get("/services", minimal=True)["contents"]} == ids


def test_pages_hold_everything_once(empty: None) -> None:
    for number in range(7):
        oruk.add(f"s{number}")
    pages = [oruk.get("/services", per_page=3, page=page) for page in (1, 2, 3)]
    shape = ("page_number", "size", "first_page", "last_page", "empty", "total_pages")
    assert [tuple(page[name] for name in shape) for page in pages] == [
        (1, 3, True, False, False, 3),
        (2, 3, False, False, False, 3),
        (3, 1, False, True, False, 3),
    ]
    assert len({each["id"] for page in pages for each in page["contents"]}) == 7
    beyond = oruk.get("/services", per_page=3, page=4)
    assert (beyond["empty"], beyond["last_page"], beyond["contents"]) == (True, True, [])


def test_no_hits_are_one_empty_page(empty: None) -> None:
    for path in ("/services", "/service_at_locations", "/organizations"):
        assert oruk.get(path) == {
            "total_items": 0,
            "total_pages": 1,
            "page_number": 1,
            "size": 0,
            "first_page": True,
            "last_page": True,
            "empty": True,
            "contents": [],
        }
        assert oruk.lines(path) == []


def test_taxonomies_and_terms_are_searched_and_paged(empty: None) -> None:
    everything = oruk.get("/taxonomy_terms")
    assert oruk.get("/taxonomy_terms", per_page=5, page=3)["size"] == everything["total_items"] - 10
    drinking = oruk.only("/taxonomy_terms", search="DRINKING help")
    assert drinking["code"] == "alcohol"
    assert oruk.get(f"/taxonomy_terms/{drinking['id']}") == drinking
    assert oruk.get("/taxonomy_terms", taxonomy_id=TAXONOMY_ID) == everything
    assert oruk.get("/taxonomy_terms", taxonomy_id=str(uuid4()))["empty"]
    assert oruk.get("/taxonomy_terms", parent_id=drinking["id"])["empty"]
    assert oruk.lines("/taxonomy_terms") == everything["contents"]
    assert oruk.only("/taxonomies", search="needs")["id"] == TAXONOMY_ID
    assert oruk.get("/taxonomies", search="zeppelin")["empty"]
    for path in ("/taxonomies", "/taxonomy_terms"):
        posted = oruk.ask("POST", path, json={"per_page": 1})
        assert posted.json() == oruk.get(path, per_page=1)


def test_a_stream_is_read_in_batches_and_holds_everything_once(
    empty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    for number in range(7):
        oruk.add(f"s{number}")
    batches = list(reading.stream(reading.SERVICES, Asked.model_validate({})))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert oruk.lines("/services") == oruk.get("/services")["contents"]
    assert oruk.lines("/services", full=True) == oruk.get("/services", full=True)["contents"]


def test_what_was_removed_is_told_to_those_who_ask_for_changes(database: str) -> None:
    oruk.clear()
    shared = str(uuid4())
    oruk.add("stays")
    oruk.add("whole", site="dorset", service_id=str(uuid4()), organisation_id=shared)
    for place in ("part-a", "part-b"):
        oruk.add(place, service_name="parts", service_id=shared)
    ids = {each["name"]: each["id"] for each in oruk.get("/services")["contents"]}
    at = {each["service_id"]: each["id"] for each in oruk.get("/service_at_locations")["contents"]}
    for listing_id in ("stays", "part-a"):
        oruk.changed_on(listing_id, datetime(2026, 1, 1, tzinfo=UTC))
    moment = datetime.now(UTC) - timedelta(seconds=0.001)
    for listing_id in ("whole", "part-b"):
        oruk.remove(listing_id)
    since = moment.isoformat()

    changed = oruk.get("/services", modified_after=since)
    assert changed["total_items"] == 2
    (kept, gone) = changed["contents"]
    # Of a service with another place the rest is there, and has changed.
    assert (kept["name"], kept["id"]) == ("parts", shared)
    assert datetime.fromisoformat(gone.pop("last_modified")) >= moment - timedelta(seconds=1)
    assert gone == {
        "id": ids["whole"],
        "organization_id": shared,
        "name": "Removed",
        "status": "defunct",
        "deleted": True,
    }
    assert oruk.get("/services")["total_items"] == 2
    assert oruk.ask("GET", f"/services/{ids['whole']}").status_code == 404
    last = oruk.get("/services", modified_after=since, per_page=1, page=2)
    assert (last["last_page"], last["contents"][0]["id"]) == (True, ids["whole"])
    assert [each["id"] for each in oruk.lines("/services", modified_after=since)] == [
        shared,
        ids["whole"],
    ]
    minimal = oruk.get("/services", modified_after=since, minimal=True)["contents"]
    assert [each.get("deleted", False) for each in minimal] == [False, True]
    places = oruk.get("/service_at_locations", modified_after=since)["contents"]
    assert at[ids["whole"]] in {each["id"] for each in places if each.get("deleted")}
    assert oruk.get("/services", modified_after=since, site="hampshire")["total_items"] == 1
    assert oruk.get("/services", modified_after=since, organization_id=shared)["total_items"] == 1
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert oruk.get("/services", modified_after=later)["empty"]


def test_in_production_only_what_is_assured_shows(
    empty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    oruk.add("fresh", assured=oruk.ago(1))
    oruk.add("late", assured=oruk.ago(179))
    oruk.add("too-late", assured=oruk.ago(181))
    oruk.add("never", service_name="never")
    ids = {each["name"]: each["id"] for each in oruk.get("/services")["contents"]}
    assert set(ids) == {"fresh", "late", "too-late", "never"}
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    for path in OURS:
        assert oruk.names(path) == {"fresh", "late"}
    services = oruk.only("/organizations", full=True)["services"]
    assert {each["name"] for each in services} == {"fresh", "late"}
    assert oruk.ask("GET", f"/services/{ids['never']}").status_code == 404
    assert oruk.ask("GET", f"/services/{ids['fresh']}").status_code == 200
    # Whoever copied it hears that its time has run out.
    gone = oruk.get("/services", modified_after=oruk.ago(30).isoformat())["contents"]
    assert [each["id"] for each in gone if each.get("deleted")] == [ids["too-late"]]


def test_a_longer_page_takes_no_more_statements(empty: None) -> None:
    for number in range(12):
        oruk.add(f"s{number}", organisation=f"o{number}", languages="Polish")
    statements("/services", per_page=1)
    for path in ("/services", "/service_at_locations", "/organizations"):
        short, long = (statements(path, per_page=size, full=True) for size in (2, 12))
        assert short == long <= 5, path


def statements(path: str, **params: Any) -> int:
    """How many statements an answer takes."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", count)
    oruk.get(path, **params)
    event.remove(engine(), "before_cursor_execute", count)
    return len(seen)
