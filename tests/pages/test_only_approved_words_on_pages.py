"""What stands on a participant's pages, as a browser shows it, is approved to the last line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.approved import unapproved, unrecorded
from tests.pages.conftest import Visit

PAGES = ("/", "/?language=pl", "/?language=pa", "/no-such-page")
CHATS = [f"{state}_{code}" for state in ("greeting", "services") for code in ("en", "pl", "pa")]
SAID = "I want to kill myself"
# Two in a line: "Polski (not yet checked by a qualified speaker)", "Error: Choose an area".
TWO = re.compile(r"(?P<first>.*?) ?\((?P<second>.+)\)|(?P<before>[^:]+):(?: (?P<after>.+))?")


def strange(page: Page) -> list[str]:
    """The lines that no approved source explains, the title among them."""
    lines = [page.title(), *page.inner_text("body").split("\n")]
    parts = {part for line in lines for part in parted(line.strip())}
    left = {unapproved(part) for part in parts - {SAID}}
    return sorted(part for part in left if part and not unrecorded(part))


def parted(line: str) -> list[str]:
    two = TWO.fullmatch(line) if unapproved(line) else None
    return [part for part in two.groups() if part] if two else [line]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_a_chat(visit: Visit, path: str) -> None:
    assert not strange(visit(path))


@pytest.mark.parametrize("chat", [*CHATS, "crisis_en", "crisis_pl"])
def test_a_page_with_a_chat(visit: Visit, chat: str) -> None:
    assert not strange(visit("/chat", chat=chat))


@pytest.mark.parametrize("path", PAGES[:3])
def test_a_start_that_lacks_an_answer(visit: Visit, path: str) -> None:
    page = visit(path)
    page.locator("form button").last.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.wait_for_load_state()
    assert not strange(page)


def test_a_line_that_nobody_approved_would_be_seen(visit: Visit) -> None:
    page = visit("/")
    page.evaluate("document.querySelector('h1').textContent = 'Welcome to the jungle'")
    assert strange(page) == ["Welcome to the jungle"]
