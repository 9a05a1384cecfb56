"""Alerts on the screen of a site's own people: who sees what, who takes it on, and without harm."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import HANDHELD, NARROW, STAFF, Asks, Visit, Web
from tests.pages.looking import barriers, lines_of
from tests.pages.staged import MARKUP
from tests.pages.staged_alerts import OVERDUE, SAID, close_without_saying_how, page_of, staged

TAKE = "I look after this"
SEES = ["coordinator", "site_admin", "facilitator", "navigator"]
READS = ["coordinator", "site_admin"]
SEES_NOTHING = ["officer", "authoriser", "evaluator"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged alerts, with a crisis number that is overdue."""
    with staged(tmp_path_factory.mktemp("alerts")) as web:
        yield web


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
    assert set(links[6:]) == {"from abroad", "mine", "another's", "done"}
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
    assert len(boxes) == 6
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
    assert hrefs == ["/alerts", *referrals, *outbox, *unclear, *directory]
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


def line(page: Page, name: str) -> str:
    row = page.locator(".govuk-summary-list__row").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()


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


# Taking it on


def test_a_keyboard_is_enough_to_take_it_on_and_to_close_it(visit: Visit) -> None:
    page = visit("/alerts", staff="elsewhere")
    press(page, "a[href='/alerts/keyboard']")
    page.wait_for_url("**/alerts/keyboard")
    press(page, "button:text('I look after this')")
    expect(page.get_by_text("Somebody looks after it")).to_have_count(1)
    while page.evaluate("document.activeElement.name") != "outcome":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    press(page, "button:text('Close the alert')")
    expect(page.locator(".govuk-tag")).to_have_text("Closed")
    assert line(page, "How it ended").startswith("I passed it on")


def press(page: Page, selector: str) -> None:
    """Go there with Tab, and press Enter."""
    wanted = page.locator(selector)
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no key leads to {selector}")


def test_no_script_is_needed(visit: Visit) -> None:
    page = visit(page_of("no script"), staff="elsewhere", javascript=False)
    page.get_by_role("button", name=TAKE).click()
    assert line(page, "Who looks after it") == "Jo Winterbourne"
    close_without_saying_how(page)
    page.get_by_label("I could not reach the person").check()
    page.get_by_role("button", name="Close the alert").click()
    assert line(page, "How it ended") == "I could not reach the person"
    assert page.get_by_role("button", name="Close the alert").count() == 0


def test_what_is_missing_is_told_above_and_where_it_is_in_the_colour_of_errors(
    visit: Visit,
) -> None:
    page = visit(page_of("mine"), staff="coordinator")
    close_without_saying_how(page)
    link = page.locator(".govuk-error-summary").get_by_role("link", name="Choose how it ended.")
    told = page.locator(".govuk-form-group--error .govuk-error-message")
    expect(told).to_have_text(re.compile(r"Error:\s+Choose how it ended\."))
    expect(page.get_by_role("group", name="How did it end?")).to_have_accessible_description(
        "Error: Choose how it ended."
    )
    colour = "each => getComputedStyle(each).color"
    assert link.evaluate(colour) == told.evaluate(colour)
    link.click()
    assert page.evaluate("document.activeElement.name") == "outcome"


def test_who_is_second_is_told_so_and_sees_who_was_first(visit: Visit) -> None:
    first = visit(page_of("second"), staff="elsewhere")
    second = visit(page_of("second"), staff="colleague")
    first.get_by_role("button", name=TAKE).click()
    with second.expect_navigation() as gone:
        second.get_by_role("button", name=TAKE).click()
    assert gone.value is not None
    assert gone.value.status == 409
    assert second.locator(".govuk-error-summary").get_by_text("Somebody else was first").count()
    assert second.locator(".govuk-error-message, .govuk-error-summary a").count() == 0
    assert line(second, "Who looks after it") == "Jo Winterbourne"
    assert second.get_by_role("button", name=TAKE).count() == 0


def test_who_closes_it_second_is_told_so_too(visit: Visit) -> None:
    first = visit(page_of("late"), staff="elsewhere")
    first.get_by_role("button", name=TAKE).click()
    second = visit(page_of("late"), staff="colleague")
    for page, outcome in ((first, "I reached the person"), (second, "I could not reach")):
        page.get_by_label(outcome).check()
        page.get_by_role("button", name="Close the alert").click()
    expect(second.get_by_text("Somebody else was first")).to_have_count(1)
    assert line(second, "How it ended") == "I reached the person"


def test_two_presses_of_one_person_are_one(visit: Visit) -> None:
    page = visit(page_of("hasty"), staff="elsewhere")
    page.get_by_role("button", name=TAKE).dblclick()
    expect(page.get_by_role("button", name="Close the alert")).to_have_count(1)
    assert line(page, "Who looks after it") == "Jo Winterbourne"


def test_a_form_of_another_page_takes_nothing_on(web: Web) -> None:
    cookie = {"cookie": f"{STAFF}={web.staged['elsewhere']}"}
    answer = httpx.post(f"{web.url}/alerts/gone/take", headers=cookie, timeout=20)
    assert answer.status_code == 403
    shown = httpx.get(f"{web.url}/alerts/gone", headers=cookie, timeout=20)
    assert TAKE in shown.text


# What was sent


def test_what_was_sent_stands_in_the_outbox_of_that_site_only(visit: Visit) -> None:
    page = visit("/outbox", staff="coordinator")
    cards = page.locator(".govuk-summary-card")
    assert cards.count() == 11
    first = cards.first
    assert "E-mail to coordinator@hampshire.example" in first.inner_text()
    assert "Kept on this screen" in first.inner_text()
    assert "Somebody needs a person now" in first.inner_text()
    assert "west-midlands" not in page.content()
    assert SAID not in page.content()
    assert visit("/outbox", staff="nothing waits").get_by_text("Nothing yet.").count() == 1


# A person answers


OWN = "I have time for you now. What happened?"
LATER = ".app-message--team"


def send(page: Page, words: str = OWN, name: str = "Jo") -> None:
    """Answer in one's own words, under one's first name."""
    page.get_by_label("Your own words").fill(words)
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Send this answer").click()


def test_danger_stands_before_those_who_ask_for_a_person(visit: Visit) -> None:
    page = visit("/alerts", staff="elsewhere")
    kinds = page.locator("tbody tr").filter(has_text="waited").locator("a").all_inner_texts()
    asks = [kind == "Somebody asks to talk to a person" for kind in kinds]
    assert True in asks
    assert asks == sorted(asks)


def test_each_has_its_clock_and_what_is_late_is_red(visit: Visit) -> None:
    page = visit("/alerts", staff="coordinator")
    late = page.locator("tbody tr").filter(has_text="Somebody may hurt another")
    assert re.search(r"Late: has waited 1[5-9] minutes", late.inner_text())
    in_time = page.locator("tbody tr").filter(has=page.locator("a[href='/alerts/open']"))
    assert re.search(r"Has waited \d minutes", in_time.inner_text())
    colour = "each => getComputedStyle(each).color"
    red = late.locator(".app-late").evaluate(colour)
    assert red != in_time.locator("td").nth(1).evaluate(colour)
    page = visit(page_of("asks"), staff="elsewhere")
    assert page.get_by_text("An answer is promised by").count() == 1


def test_a_persons_answer_comes_to_the_open_chat_by_itself_and_is_marked(visit: Visit) -> None:
    chat = visit("/chat", chat="asks")
    chat.locator("#message").fill("half a sen")
    buttons = chat.locator(".app-answers").count()
    page = visit(page_of("asks"), staff="elsewhere")
    assert MARKUP in page.locator(".app-thread").inner_text()
    assert page.locator(".app-thread b, .app-thread script").count() == 0
    send(page)
    expect(page.get_by_text("Somebody looks after it")).to_have_count(1)
    expect(page.locator(".app-thread .app-message--team")).to_contain_text(OWN)
    chat.evaluate("window.htmx.trigger('#later', 'look')")
    expect(chat.locator(LATER)).to_contain_text(OWN)
    expect(chat.locator(f"{LATER} .app-message__who")).to_have_text("A person from the team: Jo")
    expect(chat.locator(f"{LATER} .app-message__who")).to_be_in_viewport()
    expect(chat.locator("#announcer")).to_contain_text("A person from the team: Jo")
    # What was being typed and what may be answered stays.
    expect(chat.locator("#message")).to_have_value("half a sen")
    assert chat.locator(".app-answers").count() == buttons
    chat.evaluate("window.htmx.trigger('#later', 'look')")
    chat.reload()
    expect(chat.locator(LATER)).to_have_count(1)
    assert barriers(chat) == []


def test_a_page_looks_for_a_person_only_once_one_was_asked_for(visit: Visit) -> None:
    asks = visit("/chat", chat="asks without script")
    assert asks.locator("[data-waits]").count() > 0
    page = visit("/widget/frame?site=west_midlands")
    page.locator(".app-message").first.wait_for()
    assert page.locator("[data-waits]").count() == 0
    with asks.expect_request("**/chat/later?after=*", timeout=20_000):
        pass


def test_no_script_is_needed_to_answer_nor_to_read_it(visit: Visit) -> None:
    page = visit(page_of("asks without script"), staff="elsewhere", javascript=False)
    page.get_by_label("Shall I ring you?").check()
    page.get_by_role("button", name="Send this answer").click()
    expect(page.locator(".app-thread .app-message--team")).to_contain_text("Shall I ring you?")
    chat = visit("/chat", chat="asks without script", javascript=False)
    expect(chat.locator(f"{LATER} .app-message__who")).to_contain_text("A person from the team")
    expect(chat.locator(LATER)).to_contain_text("Shall I ring you?")


def test_the_mark_is_in_the_participants_language(visit: Visit) -> None:
    page = visit(page_of("asks in Polish"), staff="elsewhere")
    ready = page.get_by_label("Czy mam zadzwonić?")
    expect(ready).to_have_accessible_description(re.compile("Shall I ring you"))
    ready.check()
    page.get_by_role("button", name="Send this answer").click()
    chat = visit("/chat", chat="asks in Polish")
    expect(chat.locator(f"{LATER} .app-message__who")).to_contain_text("Człowiek z zespołu")
    expect(chat.locator(f"{LATER} .app-message__text")).to_contain_text("Czy mam zadzwonić?")


def test_an_answer_by_text_leaves_marked_and_none_goes_after_stop(visit: Visit) -> None:
    page = visit(page_of("asks by text"), staff="elsewhere")
    send(page)
    page.goto("/outbox")
    expect(page.get_by_text(f"This is Jo, a person. {OWN}")).to_have_count(1)
    page.goto(page_of("said stop"))
    assert page.get_by_text("This person has texted STOP").count() == 1
    assert page.get_by_role("button", name="Send this answer").count() == 0
