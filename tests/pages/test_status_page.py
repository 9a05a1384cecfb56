"""How the system is, on the screen of who looks after people: plain words, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Asks, Visit, Web, staged_by
from tests.pages.looking import looked_at
from tests.pages.staged_status import SAID, TO


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process alone: neither Rasa nor the actions answer it."""
    folder = tmp_path_factory.mktemp("status") / "data"
    # Its last sign was when the pages were staged.
    with staged_by("tests.pages.staged_status", folder, CARA_WORKER_SILENCE="3600") as web:
        yield web


def told(page: Page, about: str) -> str:
    """How one thing stands, and what to do."""
    return page.locator(f"#{about}").inner_text()


@pytest.mark.parametrize("staff", ["coordinator", "elsewhere", "operator"])
def test_nothing_stands_in_the_way(visit: Visit, staff: str) -> None:
    looked_at(visit("/status", staff=staff))


def test_where_all_leaves_it_says_so_and_what_does_not_answer(visit: Visit) -> None:
    page = visit("/officer", staff="coordinator", javascript=False)
    page.get_by_role("link", name="How the system is").click()
    assert "Nothing waits, and none has left yet." in told(page, "emails")
    assert "Nothing waits, and none has left yet." in told(page, "texts")
    assert "Nobody waits." in told(page, "alerts")
    assert "It runs." in told(page, "worker")
    assert "services are public" in told(page, "directory")
    assert "The last one was made at" in told(page, "backup")
    assert "Danger is still seen and answered" in told(page, "messages")
    expect(page.get_by_text("the part that understands messages")).to_be_visible()


def test_what_waits_is_counted_with_its_age_and_what_to_do(visit: Visit) -> None:
    page = visit("/status", staff="elsewhere", javascript=False)
    assert "Waiting or given up: 3, the oldest since" in told(page, "emails")
    assert "Open What has been sent" in told(page, "emails")
    assert "Given up: 1." in told(page, "texts")
    assert "1, the first since" in told(page, "alerts")
    expect(page.get_by_text("What has waited longest, since")).to_contain_text("e-mails")
    assert not [each for each in (SAID, TO) if each in page.content()]


def test_the_operator_sees_all_sites_together(visit: Visit) -> None:
    page = visit("/status", staff="operator")
    expect(page.get_by_text("All sites")).to_be_visible()
    assert "Waiting or given up: 3, the oldest since" in told(page, "emails")


def test_it_is_for_nobody_else(ask: Asks) -> None:
    assert ask("/status", "officer").status_code == 404
    assert ask("/status").status_code in (303, 401)
