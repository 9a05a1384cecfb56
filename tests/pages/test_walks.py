"""People at the pages: by keyboard, by ear, without JavaScript, and on their way out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.conftest import CHAT, HANDHELD, NARROW, WIDE, Visit, Web
from tests.pages.looking import overflow, read_from_its_start
from tests.pages.staged import MARKUP

CRISIS = "I want to kill myself"
SAFE_PAGE = "https://www.bbc.co.uk/weather"

_LISTEN = """() => {
  window.heard = [];
  const listen = (name) => {
    const region = document.getElementById(name);
    new MutationObserver(() => {
      const words = region.innerText.trim();
      if (words) window.heard.push([name, words]);
    }).observe(region, { childList: true, characterData: true, subtree: true });
  };
  listen("announcer");
  listen("announcer-urgent");
}"""


def begin(page: Page) -> None:
    """In any language, so what a test says stays out of the conversations others look at."""
    page.locator("[name=who][value=support]").check()
    page.locator("[name=site][value=hampshire]").check()
    page.locator("form[action='/start'] button").click()
    page.wait_for_url("**/chat")


def tell(page: Page, text: str) -> None:
    said = page.locator(".app-message--mine").count()
    page.locator("#message").fill(text)
    page.locator("#message").press("Enter")
    expect(page.locator(".app-message--mine")).to_have_count(said + 1)


def test_a_keyboard_is_enough(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    while page.evaluate("document.activeElement.name") != "who":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    while page.evaluate("document.activeElement.type") != "submit":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chat")
    while page.evaluate("document.activeElement.id") != "message":
        page.keyboard.press("Tab")
    page.keyboard.type(CRISIS)
    page.keyboard.press("Enter")
    page.locator(".app-message--crisis").wait_for()
    assert page.evaluate("document.activeElement.id") == "message"
    assert page.locator("#message").input_value() == ""


def test_shift_and_enter_begin_a_new_line(visit: Visit) -> None:
    page = visit("/chat", chat="greeting_en")
    page.locator("#message").press_sequentially("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Two")
    assert page.locator("#message").input_value() == "one\nTwo"


def test_a_new_turn_is_announced_once_and_politely(visit: Visit) -> None:
    page = visit("/?language=pl")
    begin(page)
    assert page.locator("#announcer").inner_text() == ""
    page.evaluate(_LISTEN)
    tell(page, "dzień dobry")
    shown = page.locator(".app-message--theirs").last.locator(".app-message__text").inner_text()
    heard = page.evaluate("window.heard")
    assert [name for name, _ in heard] == ["announcer"]
    assert heard[0][1].split() == shown.split()
    assert page.locator("#announcer p").get_attribute("lang") == "pl"
    assert page.get_by_role("log").get_attribute("aria-live") == "off"


def test_a_crisis_answer_interrupts(visit: Visit) -> None:
    page = visit("/")
    begin(page)
    page.evaluate(_LISTEN)
    tell(page, CRISIS)
    heard = page.evaluate("window.heard")
    assert [name for name, _ in heard] == ["announcer-urgent"]
    assert "116 123" in heard[0][1]
    assert page.locator(".app-message--crisis a[href='tel:999']").count() >= 1


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [NARROW, HANDHELD, WIDE])
def test_after_a_long_message_its_answer_is_read_from_the_first_word(
    width: int, javascript: bool, visit: Visit
) -> None:
    page = visit("/", width=width, height=700, javascript=javascript)
    begin(page)
    page.locator("#message").fill(f"{CRISIS}. {'a lot to tell ' * 200}")
    page.get_by_role("button", name="Send").click()
    read_from_its_start(page.locator(".app-message--crisis .app-message__text"))


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_an_answer_that_no_database_holds_yet_is_read_from_its_first_word_too(
    javascript: bool, visit: Visit, web: Web
) -> None:
    page = visit("/", width=HANDHELD, height=700, javascript=javascript)
    begin(page)
    page.locator("#message").fill(f"{CRISIS}. {'a lot to tell ' * 200}")
    with closing(sqlite3.connect(Path(web.staged["data_dir"]) / "cara.db")) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        page.get_by_role("button", name="Send").click()
        read_from_its_start(page.locator(".app-message--crisis .app-message__text"))
    assert urlsplit(page.url).path == ("/chat" if javascript else "/chat/say")


def test_only_the_last_question_can_be_answered(visit: Visit) -> None:
    page = visit("/")
    begin(page)
    assert page.locator(".app-answer").count() > 3
    first = page.locator(".app-answer").first.inner_text()
    tell(page, "hello")
    assert page.get_by_role("button", name=first).count() == 0
    page.reload()
    assert page.get_by_role("button", name=first).count() == 0


def test_nothing_typed_is_lost_when_it_is_too_long(visit: Visit) -> None:
    page = visit("/chat", chat="greeting_en")
    page.locator("#message").fill("y" * 6_000)
    page.locator("#message").press("Enter")
    expect(page.locator("#composer-problem")).to_contain_text("too long")
    expect(page.locator("#message")).to_have_value("y" * 6_000)


def test_nothing_typed_is_lost_when_nobody_answers(visit: Visit) -> None:
    page = visit("/chat", chat="greeting_en")
    page.route("**/chat/say", lambda route: route.abort())
    page.locator("#message").fill("hello")
    page.locator("#message").press("Enter")
    expect(page.locator("#composer-problem")).to_contain_text("was not sent")
    assert page.locator("#message").input_value() == "hello"


def test_waiting_is_shown_and_its_dots_are_not_read_out(visit: Visit) -> None:
    page = visit("/")
    begin(page)
    held: list[Route] = []
    page.route("**/chat/say", lambda route: held.append(route))
    page.evaluate(_LISTEN)
    page.locator("#message").fill("hello")
    page.locator("#message").press("Enter")
    expect(page.locator("#waiting")).to_be_visible()
    quiet = "() => document.getElementById('moment').hidden ? window.heard : []"
    assert page.evaluate(quiet) == []
    expect(page.locator("#moment")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#waiting")).to_be_hidden()


@pytest.mark.parametrize("state", ["markup"])
def test_markup_is_text(state: str, visit: Visit) -> None:
    page = visit("/chat", chat=state)
    assert page.locator(".app-message__said").inner_text() == MARKUP
    assert page.locator(".app-log b").count() == 0
    assert page.locator(".app-log script").count() == 0
    tell(page, MARKUP)
    assert page.locator(".app-message__said").last.inner_text() == MARKUP


def test_the_chat_works_without_javascript(visit: Visit) -> None:
    page = visit("/", javascript=False)
    begin(page)
    page.locator("#message").fill("hello " * 1_000)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#composer-problem")).to_contain_text("too long")
    expect(page.locator("#message")).to_have_value("hello " * 1_000)
    page.locator("#message").fill(CRISIS)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#latest.app-message--crisis")).to_have_count(1)
    page.get_by_role("button", name="Polski").click()
    expect(page.locator("html")).to_have_attribute("lang", "pl")


def test_a_question_card_works_without_javascript(visit: Visit) -> None:
    page = visit("/officer/chat", staff="card_date", javascript=False)
    for label, value in (("Day", "31"), ("Month", "2"), ("Year", "2026")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Save and go on").click()
    expect(page).to_have_title("Error: Referral assistant")
    expect(page.locator(".govuk-error-summary")).to_contain_text("real date")
    assert page.get_by_label("Day").input_value() == "31"
    page.get_by_label("Day").fill("20")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/officer/chat#latest")
    assert page.locator(".app-message__said").last.inner_text() == "Date of offence: given"


def test_a_wrong_field_says_so_where_it_is_and_keeps_what_was_typed(visit: Visit) -> None:
    page = visit("/officer/chat", staff="card_tel")
    page.locator(".app-card input[type=tel]").fill("12")
    page.locator(".app-card input[type=tel]").press("Enter")
    summary = page.locator(".govuk-error-summary")
    summary.wait_for()
    assert page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    summary.get_by_role("link").click()
    assert page.evaluate("document.activeElement.value") == "12"
    page.locator(".app-card input[type=tel]").fill("07700 900982")
    page.locator(".app-card input[type=tel]").press("Enter")
    expect(page.locator(".app-message__said").last).to_have_text("Mobile number: given")


def test_a_draft_is_found_again(visit: Visit) -> None:
    page = visit("/officer", staff="summary")
    assert page.get_by_text("a draft that is not finished").count() == 1
    page.get_by_role("button", name="Go on with your chat").click()
    page.wait_for_url("**/officer/chat*")
    assert page.locator(".app-summary dt").first.inner_text()
    assert page.locator(".app-summary button").count() > 10


@pytest.mark.parametrize("way", ["button", "shift", "link"])
def test_exit_ends_the_chat_and_back_shows_nothing(way: str, visit: Visit, web: Web) -> None:
    page = visit("/")
    begin(page)
    tell(page, CRISIS)
    cookie = next(each for each in page.context.cookies() if each["name"] == CHAT)
    leave_by(way, page)
    page.wait_for_url(SAFE_PAGE)
    assert CHAT not in [each["name"] for each in page.context.cookies()]
    answer = httpx.get(f"{web.url}/chat", headers={"cookie": f"{CHAT}={cookie['value']}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    for _ in range(2):
        page.go_back()
        assert page.url == f"{web.url}/"
        assert page.locator(".app-message").count() == 0
        assert CRISIS not in page.content()


def leave_by(way: str, page: Page) -> None:
    if way == "shift":
        for _ in range(3):
            page.keyboard.press("Shift")
    elif way == "button":
        page.locator(".govuk-exit-this-page__button").click(no_wait_after=True)
    else:
        page.locator(".govuk-js-exit-this-page-skiplink").focus()
        page.keyboard.press("Enter")


def test_capital_letters_and_sticky_keys_do_not_leave(visit: Visit, web: Web) -> None:
    page = visit("/")
    begin(page)
    page.locator("#message").focus()
    for letter in "IAMOK":
        page.keyboard.press(f"Shift+{letter}")
    # With Sticky Keys, Shift is pressed and let go before its letter.
    for letter in "NOTOK":
        page.keyboard.press("Shift")
        page.keyboard.press(f"Shift+{letter}")
    expect(page.locator("#message")).to_have_value("IAMOKNOTOK")
    assert page.url == f"{web.url}/chat"


def test_how_to_leave_is_told_before_a_chat_and_in_it(visit: Visit) -> None:
    page = visit("/?language=pl")
    page.locator("main").get_by_role("link", name="Jak szybko wyjść i nie zostawić śladu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Jak szybko wyjść i nie zostawić śladu"
    )
    page = visit("/chat", chat="greeting_en")
    page.get_by_role("link", name="Leave fast, and leave no trace").click()
    expect(page.locator(".govuk-exit-this-page__button")).to_be_visible()


def test_at_four_hundred_per_cent_the_focus_is_not_hidden(visit: Visit) -> None:
    page = visit("/chat", chat="services_en", width=320, height=256)
    assert overflow(page) <= 0
    for _ in range(30):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
              const focused = document.activeElement;
              if (focused === document.body) return "";
              const box = focused.getBoundingClientRect();
              const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
              const top = document.elementFromPoint(x, y);
              const seen = top && (focused.contains(top) || top.contains(focused));
              return seen ? "" : focused.outerHTML;
            }"""
        )
        assert hidden == ""
