"""Alerts on the screen of a site's own people: who sees what of them."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.pages.alert_pages import (
    READS,
    SEES,
    SEES_NOTHING,
    line,
    web,  # noqa: F401 - fixtures
)
from tests.pages.conftest import HANDHELD, NARROW, Asks, Visit, Web
from tests.pages.looking import lines_of
from tests.pages.staged import MARKUP
from tests.pages.staged_alerts import OVERDUE, SAID, close_without_saying_how, page_of


def test_the_title_counts_what_waits(visit: Visit) -> None:
    assert visit("/alerts", staff="coordinator").title() == "(6) Waiting for you"
    assert visit("/alerts", staff="nothing waits").title() == "Waiting for you"
    page = visit(page_of("mine"), staff="coordinator")
    close_without_saying_how(page)
    assert page.title() == "Error: Waiting for you"


# The list


def test_what_waits_stands_first_and_of_that_the_oldest(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    links = page.locator("tbody a").evaluate_all(
        "all => all.map(each => decodeURIComponent(each.pathname.split('/').pop()))"
    )
    waiting = ["told to more", "open", "by text"]
    assert links[:3] == waiting
    assert set(links[3:6]) == {"by officer", "said again", "markup"}
    assert set(links[6:]) == {"not reached", "from abroad", "mine", "another's", "done"}
    assert links[-1] == "done"


def test_a_list_with_nothing_says_so(visit: Visit) -> None:
    page = visit("/alerts", staff="nothing waits")
    assert page.get_by_text("Nothing waits.").count() == 1
    assert page.locator("table").count() == 0


def test_overdue_crisis_numbers_are_named(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    named = page.locator(".govuk-inset-text").filter(has_text="overdue for review")
    expect(named.get_by_role("listitem").filter(has_text=OVERDUE)).to_have_count(1)


def test_a_site_that_names_nobody_to_tell_is_told_so(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    assert page.get_by_text("It cannot go live until it does").count() == 1


@pytest.mark.parametrize("width", [NARROW, HANDHELD])
def test_on_a_telephone_each_alert_is_read_from_top_to_bottom(width: int, visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator", width=width)
    for row in page.locator("tbody tr").all():
        ends = row.locator("th, td").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect()).flatMap(b => [b.top, b.bottom])"
        )
        assert ends == sorted(ends)
    assert {lines_of(each) for each in page.locator("caption, tbody .govuk-tag").all()} == {1}


def test_that_more_people_were_told_is_told(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    row = page.locator("tbody tr").filter(has_text="Somebody may hurt another")
    assert row.locator("td").last.inner_text().split("\n") == [
        "Nobody took it on in time",
        "More people were told",
    ]


def test_the_boxes_of_the_header_are_of_one_height(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    boxes = [each.bounding_box() for each in page.locator(".app-header__button").all()]
    assert len(boxes) == 7
    assert len({(box["y"], box["height"]) for box in boxes if box}) == 1


# Who sees what


@pytest.mark.parametrize("staff", SEES)
def test_a_desk_begins_with_what_can_be_done_at_it(staff: str, visit: Visit) -> None:
    main = visit("/officer", staff=staff).get_by_role("main")
    hrefs = main.get_by_role("link").evaluate_all("all => all.map(each => each.pathname)")
    outbox = ["/outbox"] if staff in READS else []
    unclear = ["/unclear"] if staff == "coordinator" else []
    directory = ["/directory"] if staff in ("coordinator", "site_admin") else []
    referrals = ["/referrals"] if staff != "site_admin" else []
    restricted = ["/restricted"] if staff in READS else []
    status = ["/status"] if staff in ("coordinator", "site_admin") else []
    assert hrefs == ["/alerts", *referrals, *restricted, *outbox, *status, *unclear, *directory]
    assert "officer" not in main.inner_text().lower()


@pytest.mark.parametrize("staff", SEES)
def test_those_who_may_read_the_words_read_them_and_nobody_else(staff: str, ask: Asks) -> None:
    answer = ask("/alerts/open", staff)
    assert answer.status_code == 200
    assert "A life may be at risk" in answer.text
    assert (SAID in answer.text) == (staff in READS)
    assert SAID not in ask("/alerts", staff).text


@pytest.mark.parametrize("staff", SEES_NOTHING)
@pytest.mark.parametrize("path", ["/alerts", "/alerts/open", "/outbox"])
def test_for_anybody_else_there_is_no_such_page(staff: str, path: str, ask: Asks) -> None:
    answer = ask(path, staff)
    assert answer.status_code == 404
    assert "A life may be at risk" not in answer.text


@pytest.mark.parametrize("path", ["/alerts", "/alerts/open", "/outbox"])
def test_without_signing_in_there_is_only_the_way_to_sign_in(path: str, ask: Asks) -> None:
    answer = ask(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_another_sites_alert_is_no_alert(ask: Asks) -> None:
    assert ask("/alerts/open", "elsewhere").status_code == 404
    assert ask("/alerts/keyboard", "coordinator").status_code == 404
    assert ask("/alerts/nothing", "coordinator").status_code == 404


def test_only_those_who_may_read_the_words_see_what_was_sent(ask: Asks) -> None:
    for staff in SEES:
        assert ask("/outbox", staff).status_code == (200 if staff in READS else 404)
        assert ("/outbox" in ask("/alerts", staff).text) == (staff in READS)


def test_every_read_is_on_record(web: Web, ask: Asks) -> None:
    def reads() -> list[str]:
        with closing(sqlite3.connect(Path(web.staged["data_dir"]) / "cara.db")) as held:
            rows = held.execute("SELECT act FROM audit WHERE act LIKE 'alert.%' ORDER BY id")
            return [row[0] for row in rows]

    before = reads()
    ask("/alerts", "coordinator")
    ask("/alerts/open", "facilitator")
    ask("/alerts/open", "officer")
    ask("/alerts/open", "elsewhere")
    assert reads()[len(before) :] == ["alert.list", "alert.read"]


# One alert


def test_a_text_is_answered_at_its_number(visit: Visit) -> None:
    page = visit(page_of("by text"), staff="coordinator")
    assert line(page, "How to reach them") == "07700 900463"
    assert line(page, "Who wrote") == "A participant wrote it by text message"
    assert line(page, "How we know") == "They answered yes when asked"


@pytest.mark.parametrize(
    ("alert", "number", "href"),
    [
        ("by text", "07700 900463", "tel:+447700900463"),
        ("from abroad", "+48 512 345 678", "tel:+48512345678"),
        ("open", "999", "tel:999"),
    ],
)
def test_a_number_is_rung_from_the_page(alert: str, number: str, href: str, visit: Visit) -> None:
    page = visit(page_of(alert), staff="coordinator")
    link = page.get_by_role("main").get_by_role("link", name=number, exact=True)
    expect(link).to_have_attribute("href", href)


def test_an_officer_is_reached_by_name_and_number(visit: Visit) -> None:
    page = visit(page_of("by officer"), staff="coordinator")
    assert line(page, "How to reach them") == "PC Robin Ashworth 4417"
    assert line(page, "Who wrote") == "An officer wrote it in the web chat"


def test_a_chat_without_a_number_says_so(visit: Visit) -> None:
    page = visit(page_of("open"), staff="coordinator")
    assert line(page, "How to reach them") == "Only in their chat: no telephone number is known"


def test_that_our_text_did_not_arrive_is_told(visit: Visit) -> None:
    page = visit(page_of("not reached"), staff="coordinator")
    warning = page.locator(".govuk-warning-text")
    assert "a text of ours did not arrive" in warning.inner_text()
    page = visit("/alerts", staff="coordinator")
    assert page.locator("tr", has_text="Our text did not arrive").count() == 1


def test_that_it_was_said_again_is_told(visit: Visit) -> None:
    page = visit(page_of("said again"), staff="coordinator")
    assert line(page, "How we know") == "They wrote it, and 1 time more since"


def test_what_was_said_is_shown_as_it_was_typed(visit: Visit) -> None:
    page = visit(page_of("markup"), staff="coordinator")
    assert line(page, "Their words") == MARKUP
    assert page.locator("dd b, dd script").count() == 0


def test_who_looks_after_it_and_how_it_ended_is_told(visit: Visit) -> None:
    page = visit(page_of("another's"), staff="coordinator")
    assert line(page, "Who looks after it") == "Ffion Larkspur"
    page = visit(page_of("done"), staff="coordinator")
    assert line(page, "How it ended") == "I reached the person"
    assert page.get_by_role("button").filter(has_not_text="Sign out").count() == 0


# What was sent


def test_what_was_sent_stands_in_the_outbox_of_that_site_only(visit: Visit) -> None:
    page = visit("/outbox", staff="coordinator")
    cards = page.locator(".govuk-summary-card")
    assert cards.count() == 13
    first = cards.first
    assert "E-mail to coordinator@hampshire.example" in first.inner_text()
    assert "Kept on this screen" in first.inner_text()
    assert "Somebody needs a person now" in first.inner_text()
    assert "west-midlands" not in page.content()
    assert SAID not in page.content()
    assert visit("/outbox", staff="nothing waits").get_by_text("Nothing yet.").count() == 1
