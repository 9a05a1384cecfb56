"""Groups on the screens of coordinator and facilitator: made, booked, and the register kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.tables import Role
from core.clock import today
from tests.pages.conftest import Asks, Visit, Web
from tests.pages.looking import looked_at
from tests.pages.staged_cases import staged

HALL = "St Mary's Hall, Southampton"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged referrals."""
    with staged(tmp_path_factory.mktemp("groups")) as web:
        yield web


def typed(day: date) -> str:
    return f"{day.day} {day.month} {day.year}"


def make_group(page: Page, first: date, venue: str = HALL, places: str = "8") -> None:
    """The coordinator fills in the form of a new group."""
    page.get_by_role("link", name="Groups").click()
    page.get_by_role("button", name="Make a group").click()
    page.get_by_label("Day of the first").fill(typed(first))
    page.get_by_label("Day of the second").fill(typed(first + timedelta(28)))
    page.get_by_label("Begins").fill("10:00")
    page.get_by_label("Ends").fill("15.00")
    page.get_by_label("Where people come").fill(venue)
    page.get_by_label("Places").fill(places)
    page.get_by_role("button", name="Make the group").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_group_is_made_booked_and_its_register_kept(
    javascript: bool, visit: Visit, web: Web
) -> None:
    name, hall = ("to book", HALL) if javascript else ("assessed", "The other hall, Portsmouth")
    page = visit("/referrals", staff=Role.coordinator, javascript=javascript)
    make_group(page, today(), hall)
    expect(page.get_by_role("alert")).to_contain_text("The group is made")
    page.goto(f"/referrals/{web.staged[name]}")
    page.get_by_role("button", name="Book the workshops").click()
    page.get_by_label(hall).check()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Workshops booked")
    expect(page.get_by_text(hall)).to_be_visible()
    assert page.get_by_role("button", name="Book the workshops").count() == 0

    runs = visit("/groups", staff=Role.facilitator, javascript=javascript)
    runs.get_by_role("row").filter(has_text=hall).get_by_role("link").click()
    expect(runs.get_by_text(web.staged[name])).to_be_visible()
    runs.get_by_role("link", name="Fill in the register").click()
    runs.get_by_label("Came", exact=True).check()
    runs.get_by_role("button", name="Keep the register").click()
    expect(runs.get_by_role("alert")).to_contain_text("The register is kept")
    page.goto(f"/referrals/{web.staged[name]}")
    expect(page.locator("main .govuk-tag").first).to_have_text("First workshop attended")


def test_what_is_wrong_with_a_group_is_said_and_nothing_typed_is_lost(visit: Visit) -> None:
    page = visit("/referrals", staff=Role.coordinator)
    make_group(page, today() - timedelta(1), "A hall that is kept", "40")
    expect(page.get_by_role("alert")).to_contain_text("The first workshop is in the past")
    expect(page.get_by_role("alert")).to_contain_text("1 to 12 places")
    expect(page.get_by_label("Where people come")).to_have_value("A hall that is kept")
    page.get_by_label("Day of the first").fill("soon")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter both days")


def test_no_page_of_groups_has_a_barrier(visit: Visit, web: Web) -> None:
    page = visit("/referrals", staff=Role.coordinator)
    make_group(page, today() + timedelta(400), "Far in the future")
    looked_at(page)
    page.goto("/groups/new")
    looked_at(page)
    page.goto(f"/referrals/{web.staged['supported']}/book")
    expect(page.get_by_text("Its second workshop is after the condition ends.")).to_be_visible()
    looked_at(page)
    page.goto("/groups")
    page.get_by_role("row").last.get_by_role("link").click()
    looked_at(page)


def book(page: Page, reference: str, hall: str) -> None:
    """The coordinator books somebody into the group of that hall."""
    page.goto(f"/referrals/{reference}/book")
    page.get_by_label(hall).check()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Workshops booked")


def open_group(page: Page, hall: str) -> None:
    page.goto("/groups")
    page.get_by_role("row").filter(has_text=hall).get_by_role("link").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_group_is_changed_and_called_off(javascript: bool, visit: Visit, web: Web) -> None:
    name, hall = (
        ("changed", "Hall by the sea") if javascript else ("changed too", "Hall on the hill")
    )
    reference = web.staged[name]
    page = visit("/referrals", staff=Role.coordinator, javascript=javascript)
    make_group(page, today() + timedelta(7), f"{hall}, first")
    book(page, reference, hall)
    open_group(page, hall)
    page.get_by_role("link", name="Change the group").click()
    expect(page.get_by_label("Where people come")).to_have_value(f"{hall}, first")
    expect(page.get_by_text("Somebody is booked, so this stays as it is")).to_be_visible()
    later = today() + timedelta(300)
    page.get_by_label("Where people come").fill(f"{hall}, second")
    page.get_by_label("Day of the first").fill(typed(later))
    page.get_by_label("Day of the second").fill(typed(later + timedelta(28)))
    page.get_by_role("button", name="Change the group").click()
    expect(page.get_by_role("alert")).to_contain_text("Not everybody who is booked can come")
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    expect(page.get_by_label("Where people come")).to_have_value(f"{hall}, second")
    page.get_by_label("Change it all the same").check()
    page.get_by_role("button", name="Change the group").click()
    expect(page.get_by_role("alert")).to_contain_text("Ring everybody who is booked")

    page.get_by_role("link", name="Call the group off").click()
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    page.get_by_role("button", name="Call the group off").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason")
    page.get_by_label("Too few people").check()
    page.get_by_role("button", name="Call the group off").click()
    expect(page.get_by_role("alert")).to_contain_text("The group is called off")
    expect(page.get_by_role("row").filter(has_text=hall)).to_contain_text("Called off")
    page.goto(f"/referrals/{reference}")
    expect(page.locator("main .govuk-tag").first).to_have_text("To be booked again")
    expect(page.get_by_text("Booking called off").first).to_be_visible()
    page.get_by_role("button", name="Book the workshops").click()
    assert page.get_by_text(hall).count() == 0


def test_somebody_who_told_us_beforehand_is_taken_out_of_their_group(
    visit: Visit, web: Web
) -> None:
    page, reference = visit("/referrals", staff=Role.coordinator), web.staged["taken out"]
    make_group(page, today() + timedelta(9), "Hall of one")
    book(page, reference, "Hall of one")
    page.locator("summary", has_text="Take out of their group").click()
    page.get_by_label("They told us beforehand that they cannot come").check()
    looked_at(page)
    page.get_by_role("button", name="Take out of their group").click()
    expect(page.get_by_role("alert")).to_contain_text("Booking called off")
    expect(page.locator("main .govuk-tag").first).to_have_text("To be booked again")


def test_no_page_of_a_change_has_a_barrier(visit: Visit, web: Web) -> None:
    page = visit("/referrals", staff=Role.coordinator)
    make_group(page, today() + timedelta(11), "Hall of changes")
    open_group(page, "Hall of changes")
    group = page.url
    for link in ("Change the group", "Call the group off"):
        page.goto(group)
        page.get_by_role("link", name=link).click()
        looked_at(page)
    page.get_by_role("button", name="Call the group off").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason")
    looked_at(page)
    book(page, web.staged["called off"], "Hall of changes")
    page.goto(f"{group}/change")
    later = today() + timedelta(300)
    page.get_by_label("Day of the first").fill(typed(later))
    page.get_by_label("Day of the second").fill(typed(later + timedelta(28)))
    page.get_by_role("button", name="Change the group").click()
    expect(page.get_by_label("Change it all the same")).to_be_visible()
    looked_at(page)
    page.goto(f"{group}/call-off")
    looked_at(page)
    page.get_by_label("There is no venue").check()
    page.get_by_role("button", name="Call the group off").click()
    looked_at(page)
    page.goto(group)
    expect(page.get_by_text("Called off", exact=True)).to_be_visible()
    looked_at(page)


@pytest.mark.parametrize("role", [Role.officer, Role.authoriser, Role.navigator, Role.evaluator])
def test_groups_are_nobody_elses(role: Role, ask: Asks, web: Web) -> None:
    for path in ("/groups", "/groups/new", f"/referrals/{web.staged['supported']}/book"):
        assert ask(path, role).status_code == 404


def test_another_sites_coordinator_sees_none_of_them(visit: Visit, ask: Asks, web: Web) -> None:
    page = visit("/referrals", staff=Role.coordinator)
    make_group(page, today() + timedelta(3), "Only for Hampshire")
    page.get_by_role("row").filter(has_text="Only for Hampshire").get_by_role("link").click()
    path = page.url.removeprefix(web.url)
    assert ask(path, Role.coordinator).status_code == 200
    assert ask(path, "elsewhere").status_code == 404
    assert "Only for Hampshire" not in ask("/groups", "elsewhere").text
