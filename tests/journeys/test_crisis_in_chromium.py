"""Danger in a real window: seen and read out at once, ringable, and nothing else in the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import AXE
from tests.journeys.browsing import (
    announced_at_once,
    choices,
    crisis_answer,
    links,
    look_for_support,
    newest,
    only_neutral,
    press,
    send,
    sign_in,
)
from tests.journeys.running import Copy
from tests.pages.conftest import CHAT
from tests.pages.looking import barriers, lint, overflow

DESKTOP = {"width": 1100, "height": 900}
PHONE = {"width": 390, "height": 844}
# The national ones; a site may name more of its own.
LINES = {
    "999": "tel:999",
    "112": "tel:112",
    "18000": "tel:18000",
    "116 123": "tel:116123",
    "SHOUT to 85258": "sms:85258?&body=SHOUT",
    "111": "tel:111",
}
STILL_HERE = "I am still here. You can take your time."
GENTLE = ["Show me the numbers again", "Talk to a person", "Go on"]
HE_SAYS = "he says he'll kill himself when we let him out"

Window = Callable[..., BrowserContext]


@pytest.fixture
def window(chromium: Browser, copy: Copy) -> Iterator[Window]:
    """A browser of its own, with nothing remembered."""
    opened: list[BrowserContext] = []

    def made(*, javascript: bool = True, **size: int) -> BrowserContext:
        context = chromium.new_context(
            base_url=copy.url,
            viewport=size or DESKTOP,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            ignore_https_errors=True,
            has_touch=size == PHONE,
        )
        context.add_init_script(path=AXE)
        opened.append(context)
        return context

    yield made
    for context in opened:
        context.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, window: Window) -> Page:
    """A window as wide as a telephone, and one on a desk."""
    return window(**request.param).new_page()


def assert_rings(page: Page) -> None:
    """Every number in the newest answer to danger is a link to ring it, or to text it."""
    shown = links(crisis_answer(page))
    assert {"999", "116 123", "SHOUT to 85258"} <= shown.keys()
    left = crisis_answer(page).inner_text()
    for text, href in shown.items():
        assert re.fullmatch(r"tel:\d+|sms:\d+(\?&body=[A-Z]+)?", href), href
        left = left.replace(text, "")
    assert not re.search(r"\d{3}", left), "a number that cannot be pressed"


def in_sight(page: Page) -> None:
    """The newest answer to danger can be read without scrolling, its first word included."""
    expect(crisis_answer(page)).to_be_in_viewport(ratio=0.99)


def test_a_participant_in_danger_can_ring_at_once_and_goes_on_gently(page: Page) -> None:
    look_for_support(page)
    send(page, "I want to die")
    assert "116 123" in announced_at_once(page)
    assert LINES.items() <= links(crisis_answer(page)).items()
    in_sight(page)
    assert choices(page) == [], "no question of before is left to answer"
    assert "is told now" in newest(page)
    send(page, "ok")
    assert STILL_HERE in newest(page)
    expect(page.locator("#announcer-urgent")).to_be_empty()
    expect(page.locator("#announcer")).to_contain_text(STILL_HERE)
    assert choices(page) == GENTLE
    press(page, "Show me the numbers again")
    assert LINES.items() <= links(crisis_answer(page)).items()
    in_sight(page)
    send(page, "can I talk to a person")
    person = page.locator("#messages > li").filter(has_text="You can talk to a person now.").last
    assert links(person)["116 123"] == LINES["116 123"]
    assert links(person)["SHOUT to 85258"] == LINES["SHOUT to 85258"]
    send(page, "I drink too much and want to stop")
    expect(page.locator("article.app-listing").first).to_be_visible()
    assert "Show me others" in choices(page)
    only_neutral(page)
    assert overflow(page) == 0


def test_a_question_about_danger_is_read_out_and_a_no_goes_back(page: Page) -> None:
    look_for_support(page)
    send(page, "I drink too much")
    before = choices(page)
    send(page, "had enough of life")
    assert "Are you thinking of ending your life" in announced_at_once(page)
    assert_rings(page)
    assert choices(page) == ["Yes", "No", "I would rather not say"]
    in_sight(page)
    assert not barriers(page)
    assert not lint(page)
    press(page, "No")
    expect(page.locator("#messages").get_by_text("Thank you for telling me.")).to_be_visible()
    assert choices(page) == before
    send(page, "had enough of life")
    press(page, "I would rather not say")
    assert LINES.items() <= links(crisis_answer(page)).items()
    assert "is told now" in newest(page)
    only_neutral(page)


def test_an_officer_is_shown_what_custody_has_to_do_and_carries_on_where_it_was(
    page: Page,
) -> None:
    page.goto("/officer")
    sign_in(page, "officer.avon_and_somerset")
    page.get_by_role("button", name="Start").last.click()
    press(page, "Start a referral")
    press(page, "Yes, 18 or over")
    asked, before = newest(page), choices(page)
    send(page, HE_SAYS)
    assert announced_at_once(page).startswith("This reads as a risk of suicide.")
    assert_rings(page)
    in_sight(page)
    assert choices(page) == []
    send(page, "thanks")
    assert "The person's safety comes first." in newest(page)
    assert choices(page) == ["Carry on", "Show me the numbers again"]
    press(page, "Carry on")
    assert asked.split("\n")[1] in newest(page)
    assert choices(page) == before
    only_neutral(page)
    assert overflow(page) == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_window_left_open_elsewhere_answers_danger_and_shows_nothing_of_before(
    window: Window, javascript: bool
) -> None:
    here, elsewhere = window(), window(javascript=javascript)
    page = here.new_page()
    look_for_support(page)
    send(page, "I drink too much")
    kept = [each for each in here.cookies() if each["name"] == CHAT]
    elsewhere.add_cookies(kept)  # type: ignore[arg-type]
    other = elsewhere.new_page()
    other.goto("/chat")
    expect(other.get_by_text("I drink too much")).to_be_visible()
    page.locator(".govuk-exit-this-page__button").click(no_wait_after=True)
    page.wait_for_url("https://www.bbc.co.uk/**")
    other.locator("#message").fill("I want to die")
    other.get_by_role("button", name="Send").click()
    assert LINES.items() <= links(crisis_answer(other)).items()
    if not javascript:
        expect(other.get_by_text("I drink too much")).to_have_count(0)
    elsewhere.add_cookies(kept)  # type: ignore[arg-type]
    other.goto("/chat")
    expect(other).to_have_url("/")
    expect(other.get_by_text("drink too much")).to_have_count(0)
    expect(other.get_by_text("want to die")).to_have_count(0)
