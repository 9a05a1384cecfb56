"""What people do in a window: they start a chat, type, press, sign in, and look at what came."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from accounts.demonstration import PASSWORD
from tests.pages.looking import REVEALING

DANGER = r"suicid|kill|\bdie\b|crisis|danger|alert|harm"
# The first answer of a copy that has just woken takes longer than any after it.
PATIENCE = 20_000
HAMPSHIRE = "Hampshire and Isle of Wight"


def newest(page: Page) -> str:
    """What the assistant said last."""
    return page.locator("#messages > li").last.inner_text()


def press(page: Page, label: str) -> None:
    """Press the choice of that label, and wait for the answer."""
    choice = page.get_by_role("button", name=label, exact=True).last
    choice.wait_for()
    before = _messages(page)
    choice.click()
    _answered(page, before)


def send(page: Page, text: str) -> None:
    """Type a message and press Enter, and wait for the answer."""
    page.locator("#message").fill(text)
    before = _messages(page)
    page.locator("#message").press("Enter")
    _answered(page, before)


def _messages(page: Page) -> int:
    """How many are on the page, once all of it is there: the page before it counts none.

    Before its script is there, Enter only begins a new line.
    """
    page.wait_for_load_state()
    return page.locator("#messages > li").count()


def _answered(page: Page, before: int) -> None:
    expect(page.locator("#messages > li").nth(before + 1)).to_be_attached(timeout=PATIENCE)


def look_for_support(page: Page, site: str = HAMPSHIRE) -> None:
    """From the start into a participant's chat."""
    page.goto("/")
    page.get_by_label("I am looking for support").check()
    page.get_by_label(site).check()
    page.get_by_role("button", name="Start").click()


def sign_in(page: Page, username: str) -> None:
    """Fill in the sign-in page that is shown."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def crisis_answer(page: Page) -> Locator:
    """The newest answer to danger."""
    return page.locator(".app-message--crisis").last


def links(shown: Locator) -> dict[str, str]:
    """Where each number that is shown leads."""
    expect(shown).to_be_visible()
    found: list[list[str]] = shown.get_by_role("link").evaluate_all(
        "every => every.map((each) => [each.textContent, each.getAttribute('href')])"
    )
    return dict(found)


def choices(page: Page) -> list[str]:
    """The labels that may be pressed now."""
    return page.locator(".app-answers button").all_inner_texts()


def announced_at_once(page: Page) -> str:
    """What a screen reader breaks in with; nothing is said politely beside it."""
    region = page.get_by_role("alert").and_(page.locator("#announcer-urgent"))
    expect(region).not_to_be_empty()
    expect(page.locator("#announcer")).to_be_empty()
    return region.inner_text()


def only_neutral(page: Page) -> None:
    """The title says nothing: it may be seen by whoever walks past, and in the history."""
    assert page.title()
    assert not re.search(f"{REVEALING}|{DANGER}", page.title(), re.IGNORECASE), page.title()
