"""The pages of alerts over staged ones, and what every test of them does there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.pages.conftest import Web
from tests.pages.staged_alerts import staged

TAKE = "I look after this"
SEES = ["coordinator", "site_admin", "facilitator", "navigator"]
READS = ["coordinator", "site_admin"]
SEES_NOTHING = ["officer", "authoriser", "evaluator"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged alerts, with a crisis number that is overdue."""
    with staged(tmp_path_factory.mktemp("alerts")) as web:
        yield web


def line(page: Page, name: str) -> str:
    row = page.locator(".govuk-summary-list__row").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()


def press(page: Page, selector: str) -> None:
    """Go there with Tab, and press Enter."""
    wanted = page.locator(selector)
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no key leads to {selector}")


OWN = "I have time for you now. What happened?"
LATER = ".app-message--team"


def send(page: Page, words: str = OWN, name: str = "Jo") -> None:
    """Answer in one's own words, under one's first name."""
    page.get_by_label("Your own words").fill(words)
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Send this answer").click()
