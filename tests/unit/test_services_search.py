"""The directory for programs: the assistant's own search over HTTP, and what it never gives."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot.web.app import app
from tests.unit.directory import document, make_public

pytestmark = pytest.mark.usefixtures("sqlite")


def asked(**query: object) -> tuple[int, dict[str, Any]]:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
            return await client.post("/api/v1/services/search", json=query)

    answer = asyncio.run(ask())
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


def test_each_listing_says_why_it_fits_how_sure_it_is_and_what_gave_way() -> None:
    make_public([document(id="s-1", service_name="Zebra house", postcode="SO14 3AS")])
    status, found = asked(site="hampshire", text="zebra trampolining", near="SO14 3AS")
    first = found["listings"][0]
    assert (status, first["id"], first["tier"]) == (200, "s-1", "unassured")
    assert "It is for people in SO14" in first["reasons"]
    assert found["relaxed"] == ["words"]


def test_open_at_is_londons_time() -> None:
    make_public([document(id="s-1", needs="work", opening_hours="Tue 21:00-06:00")])
    for moment, state in (("2026-11-25T05:59", "open"), ("2026-11-25T06:00", "closed")):
        _, found = asked(site="hampshire", needs=["work"], open_at=moment, limit=50)
        states = {each["id"]: each["open"]["state"] for each in found["listings"]}
        assert states.get("s-1", "closed") == state


def test_a_withheld_address_is_in_no_answer() -> None:
    secret = {"address": "7 Hidden Mews", "postcode": "SO14 3AS", "address_withheld": "yes"}
    make_public([document(id="s-1", service_name="Zebra house", **secret)])
    _, found = asked(site="hampshire", text="zebra", near="SO14 3AS", limit=50)
    assert found["listings"][0]["id"] == "s-1"
    assert found["listings"][0]["distance_m"] is None
    assert not [word for word in ("Hidden Mews", "3AS") if word in str(found)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"site": "nowhere"}, "There is no such site."),
        ({"site": "hampshire", "near": "Atlantis"}, "No such postcode or place"),
    ],
)
def test_a_mistake_is_told_in_plain_words(query: dict[str, str], said: str) -> None:
    status, found = asked(**query)
    assert status == 422
    assert said in found["error"]["message"]


@pytest.mark.parametrize("query", [{}, {"site": "hampshire", "limit": 0}, {"sites": "hampshire"}])
def test_a_question_of_another_shape_is_refused(query: dict[str, object]) -> None:
    assert asked(**query)[0] == 400
