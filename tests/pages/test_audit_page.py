"""The record of who did what on the operator's screen: no barrier, and no script needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Visit, Web, staged_by
from tests.pages.looking import looked_at
from tests.pages.staged import MARKUP


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process over acts that were staged."""
    with staged_by("tests.pages.staged_audit", tmp_path_factory.mktemp("audit") / "data") as web:
        yield web


@pytest.mark.parametrize("path", ["/audit", "/audit?person=nobody", "/audit?day=31+2+2026"])
def test_nothing_stands_in_the_way(visit: Visit, path: str) -> None:
    looked_at(visit(path, staff="operator"))


def test_a_refusal_is_found_without_a_script_and_its_markup_is_text(visit: Visit) -> None:
    page = visit("/audit", staff="operator", javascript=False)
    expect(page.get_by_text("found every row as it was written")).to_be_visible()
    page.get_by_label("Only what was refused").check()
    page.get_by_label("Act").fill("referral.")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text="referral.accept")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(MARKUP)
    expect(row).to_contain_text("coordinator")


def test_the_operator_is_led_to_it(visit: Visit) -> None:
    page = visit("/account", staff="operator")
    page.get_by_role("link", name="Who did what").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who did what")


def test_nobody_else_is(visit: Visit) -> None:
    page = visit("/account", staff="coordinator")
    expect(page.get_by_role("link", name="Who did what")).to_have_count(0)
