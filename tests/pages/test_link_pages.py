"""The page behind a link in a text, in Chromium: without barriers, and telling nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from core.words import words
from tests.pages.conftest import NARROW, WIDE, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged_links import BORN, TEXTED, WORD, staged

SAFE_PAGE = "https://www.bbc.co.uk/weather"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web process over people with links."""
    with staged(tmp_path_factory.mktemp("links")) as web:
        yield web


def open_with(page: Page, **said: str) -> None:
    for name, value in said.items():
        page.locator(f"#{name}").fill(value)
    with page.expect_navigation():
        page.locator("form button").click()


@pytest.mark.parametrize("kind", ["looks", "born", "closed"])
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_it_has_no_barrier_and_tells_nothing(
    kind: str, language: str, visit: Visit, web: Web
) -> None:
    page = visit("/c/unknown" if kind == "closed" else web.staged[f"{kind} {language}"])
    assert lint(page) == []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    shown = f"{page.title()} {page.inner_text('body')}"
    assert not re.search(REVEALING, shown, re.IGNORECASE)
    assert words("utter_page_name", language).text not in shown
    if kind != "closed":
        assert page.locator("html").get_attribute("lang") == language
        assert page.title() == words("utter_link_title", language).text


def test_an_empty_answer_does_not_spend_it(visit: Visit, web: Web) -> None:
    page = visit(web.staged["forgets"], javascript=False)
    page.locator("form button").click()
    assert page.locator("#word:invalid").count() == 1
    open_with(page, word=WORD)
    page.wait_for_url("**/chat#latest")


def test_a_keyboard_is_enough(visit: Visit, web: Web) -> None:
    page = visit(web.staged["keys"])
    while page.evaluate("document.activeElement.id") != "day":
        page.keyboard.press("Tab")
    for part in BORN:
        page.keyboard.type(part)
        page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Open the page"
    page.keyboard.press("Enter")
    page.wait_for_url("**/chat#latest")
    expect(page.get_by_text(TEXTED, exact=True)).to_be_visible()


def test_no_script_is_needed_and_the_way_out_leaves_nothing(visit: Visit, web: Web) -> None:
    page = visit(web.staged["plain"], javascript=False)
    page.context.route(
        f"{SAFE_PAGE}*", lambda route: route.fulfill(status=200, body="<h1>Weather</h1>")
    )
    open_with(page, word=WORD)
    assert page.get_by_text(TEXTED, exact=True).count() == 1
    page.locator(".govuk-exit-this-page__button").click()
    page.wait_for_url(f"{SAFE_PAGE}*")
    assert page.context.cookies() == []
    page.goto("/chat")
    assert TEXTED not in page.content()


def test_a_wrong_answer_looks_like_a_link_that_never_was(visit: Visit, web: Web) -> None:
    page = visit(web.staged["wrong"])
    open_with(page, word="something else")
    said = page.inner_text("main")
    assert "text us the word LINK" in said
    page.goto("/c/unknown")
    assert page.inner_text("main") == said
    page.goto(web.staged["wrong"])
    assert page.inner_text("main") == said


def test_what_is_deleted_goes_from_the_screen_too(visit: Visit, web: Web) -> None:
    page = visit(web.staged["asks"])
    open_with(page, word=WORD)
    page.locator("#message").fill("what do you hold about me")
    page.locator("#message").press("Enter")
    messages = page.locator("#messages")
    expect(messages.get_by_text("Your phone number. It ends in")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(messages.get_by_text(TEXTED, exact=True)).to_have_count(0)
    expect(messages.get_by_text(words("utter_own_deleted_chat", "en").text)).to_be_visible()
    expect(messages.get_by_text("Your phone number. It ends in")).to_have_count(0)


def test_previews_and_scanners_spend_nothing(web: Web) -> None:
    path = f"{web.url}{web.staged['looks en']}"
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        httpx.request(method, path, timeout=20)
    assert httpx.post(path, data={"word": WORD}, timeout=20).status_code == 403
    assert httpx.get(path, timeout=20).status_code == 200
