"""The page for forces and commissioners: the facts with their sources, and no barrier."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page

from bot.channels.render_officer import source_of
from bot.facts import all_facts, evidence
from tests.pages.conftest import NARROW, WIDE, Visit
from tests.pages.looking import barriers, lint, overflow, small_targets

PATH = "/about-cara"


def start_without_an_area(page: Page) -> None:
    page.get_by_role("button", name="Start a chat").click()
    page.locator(".govuk-error-summary").wait_for()


@pytest.mark.parametrize("wrong", [False, True], ids=["as it is", "with an error"])
def test_the_page_has_no_barrier(visit: Visit, wrong: bool) -> None:
    page = visit(PATH)
    if wrong:
        start_without_an_area(page)
    assert lint(page) == []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0


def test_it_says_what_it_is_in_its_title_and_the_error_first(visit: Visit) -> None:
    page = visit(PATH)
    assert page.title() == "About CARA, for police forces and commissioners"
    start_without_an_area(page)
    assert page.title().startswith("Error: ")
    assert page.get_by_label("Your area").get_attribute("aria-describedby")


def test_every_fact_stands_there_with_its_source(visit: Visit) -> None:
    read = visit(PATH, javascript=False).locator("main").inner_text()
    for fact in all_facts():
        assert fact.answer in read
        assert source_of(fact) in read


def test_the_evidence_is_a_table_in_which_each_figure_has_its_place(visit: Visit) -> None:
    page = visit(PATH, javascript=False)
    heads = page.locator("thead th").all_inner_texts()
    assert heads == ["Study", "Place", "Year", "Design", "Result", "Source", "How sure"]
    rows = page.locator("tbody tr")
    assert rows.count() == len(evidence()) >= 5
    for fact, row in zip(evidence(), rows.all(), strict=True):
        assert fact.evidence
        told = row.inner_text()
        for part in (fact.study, fact.evidence.place, str(fact.year), fact.evidence.result):
            assert part in told


def test_the_picture_has_a_text_alternative(visit: Visit) -> None:
    picture = visit(PATH, javascript=False).get_by_role("img", name="The way through CARA")
    assert picture.count() == 1
    drawn = [each.lower() for each in picture.locator("text").all_text_contents()]
    told = picture.locator("desc").text_content() or ""
    assert drawn[0] == "arrest"
    assert drawn[-1] == "help near home"
    assert all(step in told for step in drawn)


def test_a_chat_begins_there_without_javascript_and_without_a_sign_in(visit: Visit) -> None:
    page = visit(PATH, javascript=False)
    page.get_by_label("Your area").select_option("hampshire")
    page.get_by_role("button", name="Start a chat").click()
    page.wait_for_url("**/chat")
    assert page.locator("#messages > li").count() >= 1


@pytest.mark.parametrize("site", ["", "nowhere", "hampshire' OR 1=1"])
def test_an_area_that_is_none_is_told_and_begins_nothing(http: httpx.Client, site: str) -> None:
    shown = http.get(PATH)
    field = shown.text.split('type="hidden" name="')[1]
    name, value = field.split('"')[0], field.split('value="')[1].split('"')[0]
    cookie = {"cookie": "; ".join(f"{k}={v}" for k, v in shown.cookies.items())}
    answer = http.post(f"{PATH}/chat", data={name: value, "site": site}, headers=cookie)
    assert answer.status_code == 422
    assert "Choose an area" in answer.text
