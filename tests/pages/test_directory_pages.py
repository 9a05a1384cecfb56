"""The directory on a coordinator's screen: a week's work, no barrier, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.tables import Role
from services_directory.curation import EDITS
from tests.pages.conftest import HANDHELD, NARROW, WIDE, Asks, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged_directory import OTHER, SECRET_STREET, staged

NOT_THEIRS = sorted(set(Role) - set(EDITS))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over a staged directory."""
    with staged(tmp_path_factory.mktemp("directory")) as web:
        yield web


def at(web: Web, name: str, rest: str = "") -> str:
    return f"/directory/{web.staged[name]}{rest}"


def save(page: Page, **typed: str) -> None:
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Save the draft").click()


def send(page: Page, reason: str, how: str = "I rang them") -> None:
    page.get_by_label("Why do you make this change?").fill(reason)
    page.locator("form[action$=submit]").get_by_label(how).check()
    page.get_by_role("button", name="Send for approval").click()


# No barrier

PATHS = [
    ("the queue", "/directory"),
    ("the queue of national services", "/directory?whose=national"),
    ("a search", "/directory?q=harbour"),
    ("an empty form", "/directory/new"),
    ("the sheet", "/directory/sheet"),
    ("a search to try", "/directory/try"),
    ("what was not found", "/directory/gaps"),
    *[(name, name) for name in ("waits", "draft", "reported", "withheld", "fresh", "twin a")],
    ("the form of a listing", "draft/edit"),
    ("the preview", "fresh/preview"),
    ("a suggestion", "suggest"),
]


@pytest.mark.parametrize(("name", "path"), PATHS, ids=lambda value: value)
def test_a_page_has_no_barrier_and_its_title_tells_nothing(
    name: str, path: str, visit: Visit, web: Web
) -> None:
    if path == "suggest":
        path = f"/suggest/{web.staged['fresh']}"
    elif not path.startswith("/"):
        listing, _, rest = path.partition("/")
        path = at(web, listing, f"/{rest}" if rest else "")
    page = visit(path, staff=Role.coordinator)
    assert lint(page) == []
    for width in (WIDE, HANDHELD, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert barriers(page) == []
        assert overflow(page) == 0
        assert small_targets(page) == []
    assert not re.search(REVEALING, page.title(), re.I)


# A coordinator's week


def test_the_queue_says_what_waits_and_why(visit: Visit) -> None:
    page = visit("/directory", staff=Role.coordinator)
    for kind, name in (
        ("approve", "Harbour waits"),
        ("reported", "Harbour reported"),
        ("link", "Harbour broken"),
        ("hidden_by_date", "Harbour too old"),
        ("due", "Harbour due"),
        ("due", "Harbour check first"),
        ("draft", "Harbour draft"),
        ("unconfirmed", "Harbour withheld"),
    ):
        expect(page.locator(f"table#{kind}")).to_contain_text(name)
    expect(page.locator("main")).not_to_contain_text("Harbour fresh")


def test_a_change_is_public_only_when_a_second_person_has_approved_it(
    visit: Visit, web: Web
) -> None:
    path = at(web, "week")
    page = visit(f"{path}/edit", staff=Role.coordinator)
    save(page, Telephone="0121 496 0888")
    expect(page.locator("del")).to_have_text("0121 496 0123")
    expect(page.locator("ins")).to_have_text("0121 496 0888")
    send(page, "A new number on their page", "I looked at their own page")
    expect(page.get_by_text("Sent for approval.")).to_be_visible()
    page.get_by_role("button", name="Approve, and make it public").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("somebody else has to approve")

    public = visit(f"/suggest/{web.staged['week']}")
    expect(public.locator("main")).to_contain_text("Harbour week")
    second = visit(path, staff=OTHER)
    expect(second.locator("main")).to_contain_text("A new number on their page")
    second.get_by_role("button", name="Approve, and make it public").click()
    expect(second.get_by_text("Approved. The change is public now.")).to_be_visible()
    expect(second.locator("dl").filter(has_text="Telephone").first).to_contain_text("0121 496 0888")
    row = second.locator("tr").filter(has_text="Telephone, text, email and web page")
    expect(row).to_contain_text("I looked at their own page")


def test_who_wrote_a_change_cannot_approve_it_when_a_colleague_has_sent_it(
    visit: Visit, web: Web
) -> None:
    path = at(web, "sent on")
    first = visit(f"{path}/edit", staff=Role.coordinator)
    save(first, Telephone="0121 496 0555")
    expect(first.locator("ins")).to_have_text(["0121 496 0555"])
    colleague = visit(path, staff=OTHER)
    send(colleague, "Seen on their page too")
    author = visit(path, staff=Role.coordinator)
    author.get_by_role("button", name="Approve, and make it public").click()
    expect(author.locator(".govuk-error-summary")).to_contain_text("somebody else has to approve")
    colleague.get_by_role("button", name="Approve, and make it public").click()
    expect(colleague.get_by_text("Approved. The change is public now.")).to_be_visible()


def test_why_a_listing_was_hidden_stays_in_its_history(visit: Visit, web: Web) -> None:
    page = visit(at(web, "sent on"), staff=OTHER)
    page.locator("summary").click()
    page.get_by_label("Why is it to be hidden?").fill("They moved out last week")
    page.get_by_role("button", name="Hide it at once").click()
    versions = page.locator("table").filter(has_text="By whom, why")
    expect(versions).to_contain_text("They moved out last week")
    assert page.request.get(f"/suggest/{web.staged['sent on']}").status == 404
    page.locator("summary").click()
    page.get_by_role("button", name="Show it again").click()
    assert page.request.get(f"/suggest/{web.staged['sent on']}").status == 200


def test_a_change_given_back_says_what_has_to_change(visit: Visit, web: Web) -> None:
    page = visit(at(web, "waits"), staff=OTHER)
    page.get_by_role("button", name="Give it back").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say what has to change.")
    page.get_by_label("Or say what has to change").fill("Ring them again, please")
    page.get_by_role("button", name="Give it back").click()
    author = visit(at(web, "waits"), staff=Role.coordinator)
    expect(author.locator("main")).to_contain_text("Ring them again, please")


def test_a_listing_belongs_to_a_delivery_site_and_is_found_by_it(visit: Visit) -> None:
    page = visit("/directory/new", staff="elsewhere")
    save(page, **{"Name of the service": "Quay of one place"})
    page.get_by_role("link", name="Change").first.click()
    page.get_by_label("Delivery site", exact=True).select_option("site_2")
    page.get_by_role("button", name="Save the draft").click()
    changes = page.locator("main")
    expect(changes).to_contain_text("Delivery site 2 (unconfirmed)")
    page.goto("/directory")
    page.get_by_role("navigation", name="Delivery sites").get_by_text("Delivery site 2").click()
    expect(page.locator("table#draft tbody tr")).to_have_count(1)
    expect(page.locator("table#draft")).to_contain_text("Quay of one place")
    page.get_by_role("navigation", name="Delivery sites").get_by_text("Delivery site 3").click()
    expect(page.get_by_text("Nothing of this delivery site waits.")).to_be_visible()


def test_only_what_serves_a_delivery_site_is_tried_and_printed_for_it(visit: Visit) -> None:
    page = visit("/directory/try", staff="elsewhere")
    for place, there in (("", True), ("site_1", True), ("site_2", False)):
        page.get_by_label("Words").fill("Only of site 1")
        if place:
            page.get_by_label("Delivery site").select_option(place)
        page.get_by_role("button", name="Search").click()
        shown = page.locator(".app-directory__seen")
        expect(shown.get_by_text("Only of site 1")).to_have_count(int(there))
    for code, there in (("site_1", 1), ("site_2", 0)):
        page.goto(f"/directory/sheet?place={code}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Delivery site")
        expect(page.get_by_text("Only of site 1")).to_have_count(there)


def test_a_site_without_delivery_sites_is_asked_nothing_about_them(visit: Visit) -> None:
    page = visit("/directory/new", staff=Role.coordinator)
    expect(page.get_by_label("Telephone", exact=True)).to_be_visible()
    expect(page.get_by_label("Delivery site")).to_have_count(0)


def test_of_two_editors_the_second_hears_of_the_first_and_loses_no_word(
    visit: Visit, web: Web
) -> None:
    first = visit(at(web, "stale", "/edit"), staff=Role.coordinator)
    second = visit(at(web, "stale", "/edit"), staff=OTHER)
    save(first, Telephone="0121 496 0111")
    expect(first.get_by_text("Your draft is saved.")).to_be_visible()
    save(second, Telephone="0121 496 0222")
    expect(second.locator(".govuk-error-summary")).to_contain_text("Somebody else has changed")
    expect(second.get_by_label("Telephone", exact=True)).to_have_value("0121 496 0222")
    expect(second.locator("#theirs")).to_contain_text("0121 496 0111")
    second.get_by_role("button", name="Save the draft").click()
    expect(second.locator("ins")).to_have_text("0121 496 0222")


def test_faults_are_named_before_approval_and_lead_to_their_field(visit: Visit, web: Web) -> None:
    page = visit(at(web, "no script", "/edit"), staff=Role.coordinator, javascript=False)
    save(page, Telephone="0121 496 01")
    send(page, "A shorter number")
    link = page.locator(".govuk-error-summary a").first
    expect(link).to_have_attribute("href", re.compile("/edit#phone$"))
    expect(page.get_by_label("Why do you make this change?")).to_have_value("A shorter number")


def test_all_still_right_in_one_click_from_the_queue(visit: Visit, web: Web) -> None:
    page = visit("/directory", staff=Role.coordinator)
    row = page.locator("table#due tr").filter(has_text="Harbour due")
    row.get_by_role("button", name="I rang them and all of Harbour due is still right").click()
    expect(page.get_by_text("What you checked counts from today.")).to_be_visible()
    expect(page.locator("table#due")).not_to_contain_text("Harbour due")
    page.goto(at(web, "due"))
    expect(page.locator("tr").filter(has_text="Opening hours").first).to_contain_text("I rang them")


def test_one_part_alone_can_be_confirmed(visit: Visit, web: Web) -> None:
    page = visit(at(web, "check first"), staff=Role.coordinator)
    for box in page.locator("input[name=groups]").all():
        box.set_checked(box.get_attribute("value") == "hours")
    page.get_by_role("button", name="What I ticked is still right").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say how you checked it.")
    for box in page.locator("input[name=groups]").all():
        box.set_checked(box.get_attribute("value") == "hours")
    page.locator("form[action$=confirm]").get_by_label("I was there").check()
    page.get_by_role("button", name="What I ticked is still right").click()
    expect(page.locator("tr").filter(has_text="Opening hours").first).to_contain_text("I was there")


def test_a_report_is_taken_into_the_draft_and_not_into_the_public_copy(
    visit: Visit, web: Web
) -> None:
    page = visit(at(web, "reported too"), staff=Role.coordinator)
    page.get_by_role("button", name="Take it up").click()
    expect(page.locator("ins")).to_have_text("0121 496 0456")
    expect(page.locator("dl").filter(has_text="Telephone").first).to_contain_text("0121 496 0123")


def test_anybody_may_say_what_is_wrong_and_nothing_changes_by_it(visit: Visit, web: Web) -> None:
    page = visit(f"/suggest/{web.staged['keyboard']}")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose what is wrong.")
    page.get_by_label("The opening hours").check()
    page.get_by_label("What should it be?").fill("Mon-Fri 10:00-16:00")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    mine = visit(at(web, "keyboard"), staff=Role.coordinator)
    expect(mine.locator(".app-directory__report")).to_contain_text("Mon-Fri 10:00-16:00")
    expect(mine.locator("dl").filter(has_text="Opening hours")).to_contain_text("09:00-17:00")


def test_any_version_can_be_brought_back(visit: Visit, web: Web) -> None:
    path = at(web, "undo")
    page = visit(f"{path}/edit", staff=Role.coordinator)
    save(page, Telephone="0121 496 0666")
    send(page, "A mistake")
    visit(path, staff=OTHER).get_by_role("button", name="Approve, and make it public").click()
    page.goto(path)
    page.get_by_role("button", name="Go back to 1").click()
    expect(page.locator("ins")).to_have_text("0121 496 0123")
    expect(page.locator("del")).to_have_text("0121 496 0666")


def test_two_listings_of_one_service_become_one(visit: Visit, web: Web) -> None:
    page = visit(at(web, "twin a"), staff=Role.coordinator)
    expect(page.locator("main")).to_contain_text("May be the same service")
    page.locator("summary").click()
    page.get_by_label("Number of the listing that is the same").fill(web.staged["twin b"])
    page.get_by_label("Why are they the same?").fill("One number, one name")
    page.get_by_role("button", name="Merge it into this one").click()
    expect(page.get_by_text("Merged.")).to_be_visible()
    gone = visit(at(web, "twin b"), staff=Role.coordinator)
    expect(gone.get_by_text("It was merged into")).to_be_visible()
    assert page.request.get(f"/suggest/{web.staged['twin b']}").status == 404


def test_a_new_service_starts_as_a_draft_nobody_outside_sees(visit: Visit) -> None:
    page = visit("/directory/new", staff=Role.coordinator)
    save(page, Organisation="Harbour Trust")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Give the service a name.")
    expect(page.get_by_label("Organisation", exact=True)).to_have_value("Harbour Trust")
    page.get_by_label("Name of the service").fill("Harbour evening club")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("h1")).to_have_text("Harbour evening club")
    expect(page.get_by_text("Not public yet")).to_be_visible()
    number = page.url.rpartition("/")[2].partition("?")[0]
    assert page.request.get(f"/suggest/{number}").status == 404


def test_the_sites_own_order_and_note_are_kept_and_seen(visit: Visit, web: Web) -> None:
    page = visit(at(web, "fresh"), staff=Role.coordinator)
    page.get_by_label("Place in your own order").fill("first")
    page.get_by_role("button", name="Keep this").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Write a number from 1")
    page.get_by_label("Place in your own order").fill("1")
    page.get_by_label("A note for participants").fill("Ask for the evening team.")
    page.get_by_role("button", name="Keep this").click()
    page.goto("/directory/try")
    page.get_by_label("Drinking").check()
    page.get_by_label("Near").fill("Southampton")
    page.get_by_role("button", name="Search").click()
    first = page.locator(".app-listing").first
    expect(first).to_contain_text("Harbour fresh")
    expect(first).to_contain_text("Ask for the evening team.")


def test_a_search_that_is_tried_says_what_had_to_give_way(visit: Visit) -> None:
    page = visit("/directory/try", staff=Role.coordinator)
    page.get_by_label("Near").fill("Nowhere Upon Sea")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("no such place")
    page.get_by_label("Near").fill("Ryde")
    page.get_by_label("Words").fill("skag")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".app-listing").first).to_be_visible()
    page.get_by_label("Near").fill("Southampton")
    page.get_by_label("Words").fill("harbour trampolining")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("Nothing holds all the words")


def test_a_preview_shows_the_card_and_the_text(visit: Visit, web: Web) -> None:
    page = visit(at(web, "draft", "/preview"), staff=Role.coordinator)
    expect(page.locator(".app-listing")).to_contain_text("Call 0121 496 0999")
    expect(page.locator("pre")).to_have_text(re.compile("^Harbour draft\n0121 496 0999\nMon-Fri"))
    page.goto(at(web, "fresh", "/preview"))
    expect(page.locator(".app-listing__checked")).to_have_text(re.compile(r"\d\d/\d\d/\d{4}$"))


# What must not come out, and who may not come in


def test_a_withheld_address_is_seen_by_coordinators_alone(
    visit: Visit, web: Web, ask: Asks
) -> None:
    name = web.staged["withheld"]
    assert SECRET_STREET in ask(at(web, "withheld"), Role.coordinator.value).text
    for path in (f"/directory/{name}/preview", "/directory/sheet", "/directory?q=harbour"):
        assert "Harbour" in ask(path, Role.coordinator.value).text
        assert SECRET_STREET not in ask(path, Role.coordinator.value).text
        assert "SO14 3AS" not in ask(path, Role.coordinator.value).text
    for path in (f"/suggest/{name}", "/oruk/services?per_page=500", "/oruk/service_at_locations"):
        assert SECRET_STREET not in ask(path).text
        assert "SO14 3AS" not in ask(path).text


@pytest.mark.parametrize("role", NOT_THEIRS)
def test_nobody_else_has_these_pages(role: Role, ask: Asks, web: Web) -> None:
    for path in ("/directory", "/directory/new", at(web, "fresh"), at(web, "fresh", "/edit")):
        assert ask(path, role.value).status_code == 404


def test_another_sites_listing_is_not_there(ask: Asks, web: Web) -> None:
    for rest in ("", "/edit", "/preview"):
        assert ask(at(web, "fresh", rest), "elsewhere").status_code == 404
    assert "Harbour" not in ask("/directory?q=harbour", "elsewhere").text


def test_a_form_from_elsewhere_changes_nothing(ask: Asks, web: Web) -> None:
    for act in ("approve", "hide", "confirm"):
        answer = ask(at(web, "fresh", f"/{act}"), Role.coordinator.value, "POST")
        assert answer.status_code == 403
