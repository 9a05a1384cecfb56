"""The ORUK interface against the standard's own schemas, its rules of paging, and random requests.

The schemas lie in a folder beside the project and not in it; where they are not, these tests are
skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.web.app import app
from core.settings import ROOT
from services_directory.starter import add_starter_listings
from tests.unit import oruk_listings as oruk

FOLDER = ROOT.parent / "shared" / "oruk"
UK, HSDS = FOLDER / "oruk-3.0", FOLDER / "hsds-3.0"
# The list of the UK profile -> the entity, and its schema in HSDS.
LISTS = {
    "/services": "service",
    "/service_at_locations": "service_at_location",
    "/organizations": "organization",
    "/taxonomies": "taxonomy",
    "/taxonomy_terms": "taxonomy_term",
}
PER_PAGE = 5
EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

needs_schemas = pytest.mark.skipif(
    not UK.is_dir(), reason="the schemas of Open Referral UK are not beside the project"
)
formats = FormatChecker(formats=())


@formats.checks("uuid", raises=ValueError)
def _uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value.lower()


@formats.checks("uri", raises=ValueError)
def _uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and parts.netloc) and not re.search(r"[\s<>\"{}|\\^`]", value)


@formats.checks("email")
def _email(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value))


@formats.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@lru_cache(maxsize=64)
def validator(path: Path) -> Draft202012Validator:
    """The validator of one published schema, which finds the schemas beside it."""
    found = {
        each.name: Resource.from_contents(_read(each), default_specification=DRAFT202012)
        for each in path.parent.glob("*.json")
    }
    registry: Registry[Any] = Registry().with_resources(found.items())
    return Draft202012Validator({"$ref": path.name}, registry=registry, format_checker=formats)


def faults(path: Path, value: Any) -> list[str]:
    """What the schema has against a value."""
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator(path).iter_errors(value)
    ]


def faults_of_list(entity: str, page: Any) -> list[str]:
    """The same for a page. The organisations' list schema is that of one item of it."""
    path = UK / f"{entity}_list.json"
    if entity != "organization":
        return faults(path, page)
    return [fault for item in page["contents"] for fault in faults(path, item)]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def starter(sqlite: object) -> None:
    """The listings that ship, and one of everything they lack."""
    with oruk.transaction() as session:
        add_starter_listings(session)
    assert oruk.get("/services")["total_items"] >= 200
    oruk.add(
        "whole",
        opening_hours="Mon-Fri 09:00-17:00; 1st Sat of the month 10:00-12:00",
        text_sms="SHOUT to 85258",
        email="help@example.org",
        url="https://example.org",
        address="2 Hulse Road, Southampton",
        postcode="SO15 2JX",
        languages="Polish and others",
        cost="free",
        age_min="18",
        covers="*",
        assured=oruk.ago(1),
        hsds=json.dumps(
            {
                "accreditations": "Helplines Standard",
                "funding": [{"source": "The council"}],
                "organization": {
                    "website": "https://example.org",
                    "organization_identifiers": [
                        {"identifier_type": "Charity number", "identifier": "123"}
                    ],
                },
            }
        ),
    )


@needs_schemas
@pytest.mark.parametrize("mock", ["V3.0-UK-Default", "V3.0-UK-Test"])
def test_the_schemas_accept_the_standards_own_examples(mock: str) -> None:
    checked = 0
    for path, schema in _mocks(mock):
        assert faults(UK / schema, _read(path)) == [], path.name
        checked += 1
    assert checked >= 8


@needs_schemas
def test_the_schemas_refuse_the_standards_own_bad_examples() -> None:
    found = {path.name: faults(UK / schema, _read(path)) for path, schema in _mocks("V3.0-UK-Fail")}
    for name in ("api_details.json", "service_list.json", "service_full.json"):
        assert found[name], name
    said = json.dumps(found)
    assert "'profile' is a required property" in said
    assert "is not a 'email'" in said
    assert "is not a 'uri'" in said
    assert faults(UK / "service.json", {"id": "1", "name": "x", "status": "active"})
    assert faults(UK / "service.json", {"id": None})
    assert faults(HSDS / "service.json", {"attributes": [{"taxonomy_term": {"id": "1"}}]})


def _mocks(folder: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((FOLDER / "oruk-mocks" / folder).glob("*.json")):
        schema = path.name.replace("_full", "")
        if (UK / schema).is_file() and schema != "organization_list.json":
            yield path, schema


@needs_schemas
def test_the_root_conforms(starter: None) -> None:
    assert faults(UK / "api_details.json", oruk.get("/")) == []


@needs_schemas
@pytest.mark.parametrize(("path", "entity"), LISTS.items())
def test_every_list_and_every_item_of_it_conforms(starter: None, path: str, entity: str) -> None:
    listed = oruk.get(path, per_page=500)
    assert not listed["empty"]
    assert faults_of_list(entity, listed) == []
    for found in (*listed["contents"], *oruk.get(path, per_page=500, full=True)["contents"]):
        assert faults(UK / f"{entity}.json", found) == []
        assert faults(HSDS / f"{entity}.json", found) == []
    for each in listed["contents"][:: max(1, listed["size"] // 25)]:
        one = oruk.get(f"{path}/{each['id']}")
        assert faults(UK / f"{entity}.json", one) == []
        assert faults(HSDS / f"{entity}.json", one) == []
    assert oruk.lines(path) == listed["contents"]
    posted = oruk.ask("POST", path, json={"per_page": 500, "full": True}).json()
    assert faults_of_list(entity, posted) == []


@needs_schemas
def test_what_is_full_of_everything_conforms(starter: None) -> None:
    (found,) = oruk.get("/services", search="whole", full=True)["contents"]
    nested = {"schedules", "service_areas", "service_at_locations", "languages", "cost_options"}
    assert nested | {"contacts", "attributes", "funding", "accreditations"} <= set(found)
    assert found["organization"]["organization_identifiers"]
    assert faults(UK / "service.json", found) == []
    # The entity schemas of HSDS hang telephones, schedules and places on a service themselves.
    assert faults(HSDS / "service.json", found) == []
    for contact in found["contacts"]:
        assert faults(HSDS / "contact.json", contact) == []
    for full in ("full", "full_service"):
        for each in oruk.get("/organizations", **{full: True})["contents"]:
            assert faults(UK / "organization.json", each) == []


@needs_schemas
def test_what_was_removed_conforms(starter: None) -> None:
    oruk.remove("whole")
    for path in ("/services", "/service_at_locations"):
        page = oruk.get(path, modified_after="2020-01-01", per_page=500)
        assert page["contents"][-1]["deleted"] is True
        assert faults_of_list(LISTS[path], page) == []


@pytest.mark.parametrize("path", LISTS)
def test_pages_keep_the_rules_of_the_official_paging_test(starter: None, path: str) -> None:
    first = oruk.get(path, per_page=PER_PAGE)
    last = first["total_pages"]
    for number in sorted({1, 2, last // 2, last - 1, last} - {0} & set(range(1, last + 1))):
        keeps_the_rules(oruk.get(path, per_page=PER_PAGE, page=number), number)
    empty = oruk.get(path, per_page=PER_PAGE, search="zeppelin")
    assert empty["empty"]
    keeps_the_rules(empty, 1)


def keeps_the_rules(page: Any, number: int) -> None:
    """The rules of the official validator for one page of a list."""
    contents, pages = page["contents"], page["total_pages"]
    assert page["page_number"] == number
    assert page["size"] == len(contents)
    assert page["first_page"] is (number == 1)
    assert page["last_page"] is (number == pages)
    assert page["empty"] is (not contents)
    assert pages == max(1, -(-page["total_items"] // PER_PAGE))
    if number < pages:
        assert len(contents) == PER_PAGE
    else:
        assert len(contents) == page["total_items"] - (pages - 1) * PER_PAGE


@needs_schemas
@pytest.mark.parametrize(
    "name",
    ["paginationFirstPageWithIssues", "paginationLastPageWithIssues", "paginationWithIssues"],
)
def test_the_rules_refuse_the_standards_own_bad_pages(name: str) -> None:
    page = _read(FOLDER / "pagination" / f"{name}.json")
    number = page["page_number"]
    with pytest.raises((AssertionError, KeyError)):
        keeps_the_rules(page, number)


@pytest.fixture
def few(sqlite: object) -> None:
    """Little enough that what takes the time is the asking."""
    oruk.clear()
    oruk.add("one", needs="alcohol|money", opening_hours="Mon 09:00-17:00", covers="SO15")
    oruk.add("two", organisation="Island Advice", address="1 The Quay", postcode="SO15 2JX")
    oruk.add("gone")
    oruk.remove("gone")


def test_no_request_breaks_it(few: None) -> None:
    """Requests made up from the description, and spoilt ones, all get an answer that it names."""
    schema = schemathesis.openapi.from_asgi("/oruk/openapi.json", app)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) == 16
    of_lists: set[int] = set()
    for operation in operations:
        statuses = _ask_at_random(operation)
        of_lists |= statuses if operation.path in LISTS else set()
    assert of_lists >= {200, 400}, "neither all in order nor all refused: both kinds came"


def _ask_at_random(operation: Any) -> set[int]:
    """The statuses of what was answered."""
    modes = schemathesis.GenerationMode
    cases = operation.as_strategy(modes.POSITIVE)
    if operation.path in LISTS:
        # The rest has nothing to spoil: any text is an id, of nothing.
        cases |= operation.as_strategy(modes.NEGATIVE)
    statuses: set[int] = set()

    @seed(1)
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        statuses.add(case.call_and_validate(checks=CHECKS).status_code)

    ask()
    return statuses
