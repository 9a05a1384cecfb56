"""Both people in a real browser, on real processes, Rasa included."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browsing import PATIENCE, look_for_support, newest, press, send, sign_in
from tests.journeys.people import CHOSEN, FIELDS, OK_ANSWERS
from tests.journeys.running import Copy


@pytest.fixture
def page(chromium: Browser, copy: Copy) -> Iterator[Page]:
    """A window of its own, with nothing remembered."""
    context = chromium.new_context(
        base_url=copy.url, viewport={"width": 1100, "height": 900}, ignore_https_errors=True
    )
    yield context.new_page()
    context.close()


def test_a_participant_finds_help_and_leaves_nothing_behind(page: Page) -> None:
    look_for_support(page)
    send(page, "I drink too much and can't sleep, I'm in Portsmouth")
    card = page.locator("article").filter(has_text="Portsmouth Mental Health Hub")
    expect(card.get_by_role("link", name="Call 0300 123 6621")).to_have_attribute(
        "href", re.compile("^tel:")
    )
    expect(card).to_contain_text("not yet checked by your local team")
    press(page, "Show me others")
    send(page, "I want to die")
    assert "116 123" in page.locator(".app-message--crisis").last.inner_text()
    assert "is told now" in newest(page)
    page.locator(".govuk-exit-this-page__button").click(no_wait_after=True)
    page.wait_for_url("https://www.bbc.co.uk/**")
    page.go_back()
    expect(page.locator(".app-message")).to_have_count(0)


def test_an_officer_refers_somebody_and_prints_the_receipt(page: Page) -> None:
    page.goto("/")
    page.get_by_label("I work for the police").check()
    page.get_by_label("Leicestershire").check()
    page.get_by_role("button", name="Start").click()
    sign_in(page, "officer.leicestershire")
    page.get_by_role("button", name=re.compile("^(Start|Go on)")).first.click()
    press(page, "Start a referral")
    for label in OK_ANSWERS:
        press(page, label)
    fill_in_booking(page)
    expect(page.locator("#messages > li").last).to_contain_text("Tadeusz Quillfeather")
    press(page, "Confirm and send to the authoriser")
    assert "No sergeant has decided yet" in newest(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name=re.compile("receipt", re.IGNORECASE)).last.click()
    receipt = opened.value
    expect(receipt).to_have_url(re.compile("/referrals/.*/receipt"))
    expect(receipt.locator("main")).to_contain_text("Sergeant Sam Okafor")
    expect(receipt.locator("main")).to_contain_text(
        re.compile("no sergeant has decided", re.IGNORECASE)
    )


def fill_in_booking(page: Page) -> None:
    """Every card and choice, until the answers are shown."""
    for _ in range(40):
        last = page.locator("#messages > li").last
        if last.locator("dl").count():
            return
        card = last.locator("form.app-card input[name=field]")
        if card.count() and (name := card.get_attribute("value")) in FIELDS:
            fill_in_card(page, FIELDS[str(name)])
        elif card.count():
            press(page, "Skip this")
        else:
            asked = last.inner_text()
            press(page, next(label for start, label in CHOSEN.items() if start in asked))
    raise AssertionError("the booking never ended")


def fill_in_card(page: Page, value: str) -> None:
    """Type into the newest card and save it."""
    before = page.locator("#messages > li").count()
    card = page.locator("form.app-card").last
    day = card.get_by_label("Day")
    if day.count():
        parts = zip(("Day", "Month", "Year"), value.split(), strict=True)
        for label, part in parts:
            card.get_by_label(label).fill(part)
    else:
        card.locator("input[name=value]").fill(value)
    card.get_by_role("button", name="Save and go on").click()
    expect(page.locator("#messages > li").nth(before + 1)).to_be_attached(timeout=PATIENCE)
