"""An alert is taken on, answered by a person, and closed, on the screen and without harm."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.pages.alert_pages import (
    LATER,
    OWN,
    TAKE,
    line,
    press,
    send,
    web,  # noqa: F401 - fixtures
)
from tests.pages.conftest import STAFF, Visit, Web
from tests.pages.looking import barriers
from tests.pages.staged import MARKUP
from tests.pages.staged_alerts import close_without_saying_how, page_of

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


# A person answers


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
