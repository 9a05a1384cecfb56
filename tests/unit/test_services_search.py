"""The directory for programs: the assistant's own search over HTTP, and what it never gives."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.web.app import app
from core.database import transaction
from services_directory.tables import Live
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


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59"])
def test_a_moment_beyond_all_calendars_is_refused(moment: str) -> None:
    status, said = asked(site="hampshire", open_at=moment)
    assert (status, "between the years 2000 and 2100" in str(said)) == (422, True)


def test_words_that_cannot_be_read_are_said_to_count_for_nothing() -> None:
    make_public([document(id="s-1")])
    _, found = asked(site="hampshire", text="ਨਸ਼ਾ", limit=5)
    assert (bool(found["listings"]), found["relaxed"]) == (True, ["words"])


def test_free_in_any_letters_is_free() -> None:
    make_public([document(id="s-1", cost="Free", needs="work", service_name="Zebra club")])
    _, found = asked(site="hampshire", text="zebra", free=True, limit=5)
    assert [each["id"] for each in found["listings"]] == ["s-1"]


@pytest.mark.parametrize("said", ["yes", "Yes", "TRUE", "1", "y"])
def test_an_address_is_withheld_whatever_is_said_but_no(said: str) -> None:
    secret = {"address": "7 Hidden Mews", "postcode": "SO14 3AS", "address_withheld": said}
    make_public([document(id="s-1", service_name="Zebra house", **secret)])
    with transaction() as session:
        (public,) = session.scalars(select(Live.public).where(Live.listing_id == "s-1"))
        assert "Hidden" not in public
        assert "3AS" not in public


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


# Delivery sites


def _of_delivery_sites() -> None:
    shared = {"site": "west_midlands", "covers": "*", "area_covered": "West Midlands"}
    make_public(
        document(
            id=f"d-{code or 'all'}", service_name=f"Zebra {code}", delivery_site=code, **shared
        )
        for code in ("site_1", "site_2", "")
    )


@pytest.mark.parametrize(
    ("place", "ids"),
    [
        ("", {"d-site_1", "d-site_2", "d-all"}),
        ("site_1", {"d-site_1", "d-all"}),
        ("site_3", {"d-all"}),
    ],
)
def test_a_listing_of_another_delivery_site_is_left_out(place: str, ids: set[str]) -> None:
    _of_delivery_sites()
    _, found = asked(site="west_midlands", text="zebra", delivery_site=place, limit=50)
    assert {each["id"] for each in found["listings"]} == ids


def test_a_delivery_site_that_the_site_has_not_is_refused() -> None:
    for site in ("hampshire", "west_midlands"):
        status, said = asked(site=site, delivery_site="site_9")
        assert (status, "no such delivery site" in str(said)) == (422, True)
