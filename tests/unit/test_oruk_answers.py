"""What every answer of the ORUK interface has in common: errors, headers, copies, description."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from core.settings import settings
from tests.unit import oruk_listings as oruk

LISTS = ("/services", "/service_at_locations", "/organizations", "/taxonomies", "/taxonomy_terms")


@pytest.fixture
def empty(sqlite: object) -> None:
    """A directory in which nothing is public yet."""
    oruk.clear()


BAD: list[dict[str, Any]] = [
    {"page": 0},
    {"page": "x"},
    {"page": 10**9},
    {"per_page": 0},
    {"per_page": 501},
    {"format": "xml"},
    {"search": "x" * 401},
]
BAD_OF_OURS: list[dict[str, Any]] = [
    {"taxonomy_term_id": "alcohol"},
    {"organization_id": "1"},
    {"modified_after": "yesterday"},
    {"modified_after": "0001-01-01T00:00:00+05:00"},
    {"minimal": "perhaps"},
    {"full": "perhaps"},
    {"minimum_age": -1},
    {"maximum_age": 131},
    {"day": "Monday"},
    {"start_time": "9"},
    {"end_time": "24:00"},
    {"postcode": "ZZ1 1ZZ"},
    {"postcode": "SO15 2JX", "proximity": -1},
    {"proximity": 100},
    {"site": "atlantis"},
    {"site": "\x00"},
]


@pytest.mark.parametrize("path", LISTS)
def test_bad_values_are_refused_in_plain_words(empty: None, path: str) -> None:
    ours = BAD_OF_OURS if path not in ("/taxonomies", "/taxonomy_terms") else []
    for bad in BAD + ours:
        for answer in (oruk.ask("GET", path, params=bad), oruk.ask("POST", path, json=bad)):
            assert answer.status_code == 400, (bad, answer.text)
            assert set(answer.json()) == {"error"}
            assert answer.json()["error"]["code"] == "bad_request"
            assert list(bad)[-1] in answer.json()["error"]["message"]
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_refused(empty: None, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = oruk.ask("POST", "/services", content=content, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"code", "message"}


def test_a_body_that_is_too_long_is_refused(empty: None) -> None:
    answer = oruk.ask("POST", "/services", json={"search": "x" * 200_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_much"


@pytest.mark.parametrize("known", ["c4af9b40-1f84-403c-91d3-a08cf8fadc52", "1", "%00", "a b", "é"])
def test_unknown_ids_and_addresses_are_not_found(empty: None, known: str) -> None:
    for path in (*LISTS, "/nothing"):
        answer = oruk.ask("GET", f"{path}/{known}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]["code"] == "not_found"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_what_is_not_possible_says_so(empty: None) -> None:
    answer = oruk.ask("DELETE", "/services")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "not_possible")


def test_every_answer_is_open_and_can_be_asked_for_again(empty: None) -> None:
    oruk.add("one")
    paths = ["/", "/openapi.json", *LISTS, "/services?format=ndjson", "/services?minimal=true"]
    paths += [f"{path}/{oruk.get(path)['contents'][0]['id']}" for path in LISTS]
    for path in paths:
        answer = oruk.ask("GET", path)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert answer.headers["x-content-type-options"] == "nosniff"
        tag = answer.headers["etag"]
        assert tag.startswith('"')
        for had in (tag, f'"x", W/{tag}', "*"):
            again = oruk.ask("GET", path, headers={"if-none-match": had})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == tag
            assert again.headers["access-control-allow-origin"] == "*"
        other = oruk.ask("GET", path, headers={"if-none-match": '"x"'})
        assert (other.status_code, other.content) == (200, answer.content)
        head = oruk.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == tag


@pytest.mark.parametrize("path", ["/services", "/services?format=ndjson", "/organizations"])
def test_the_tag_changes_with_the_directory(empty: None, path: str) -> None:
    oruk.add("one")
    tags = [oruk.ask("GET", path).headers["etag"]]
    oruk.add("two", organisation="Second")
    tags.append(oruk.ask("GET", path).headers["etag"])
    oruk.remove("two")
    oruk.remove("one")
    tags.append(oruk.ask("GET", path).headers["etag"])
    assert len(set(tags)) == 3


def test_another_page_of_the_web_may_ask(empty: None) -> None:
    for path in ("/", "/services", f"/services/{uuid4()}"):
        answer = oruk.ask("OPTIONS", path, headers={"origin": "https://elsewhere.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_the_root_names_version_profile_and_description(
    empty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = oruk.get("/")
    assert found["version"] == "HSDS-UK-3.0"
    assert found["openapi_url"] == "http://cara.test/oruk/openapi.json"
    assert found["publisher"]["name"]
    monkeypatch.setenv("CARA_PUBLIC_URL", "https://cara.example/")
    settings.cache_clear()
    assert oruk.get("/")["openapi_url"] == "https://cara.example/oruk/openapi.json"


def test_the_description_holds_exactly_these_routes(empty: None) -> None:
    found = oruk.get("/openapi.json")
    assert found["openapi"].startswith("3.1")
    methods = {path: set(each) for path, each in found["paths"].items()}
    assert methods == {
        "/": {"get"},
        **{path: {"get", "post"} for path in LISTS},
        **{f"{path}/{{id}}": {"get"} for path in LISTS},
    }
