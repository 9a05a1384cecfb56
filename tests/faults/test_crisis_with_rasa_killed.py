"""Rasa dies while people chat in a window: danger is answered as ever, and all else is told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faults.receivers import Inbox
from tests.faults.test_crisis_answers import TOLD_WITHIN, rasa_stopped
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

PHONE = {"width": 390, "height": 844}
A_SECOND = 1000
PLAIN = re.compile("I cannot answer just now")
HE_SAYS = "he says he'll kill himself when we let him out"


@pytest.fixture
def page(chromium: Browser, faulty: Copy) -> Iterator[Page]:
    """A telephone's window on the copy whose parts fail."""
    context = chromium.new_context(
        base_url=faulty.url, viewport=PHONE, reduced_motion="reduce", ignore_https_errors=True
    )
    yield context.new_page()
    context.close()


def answered_within_a_second(page: Page, danger: str) -> None:
    """The fixed answer stands on the page in less than a second after Enter."""
    before = page.locator(".app-message--crisis").count()
    page.locator("#message").fill(danger)
    begun = time.perf_counter()
    page.keyboard.press("Enter")
    expect(page.locator(".app-message--crisis").nth(before)).to_be_visible(timeout=A_SECOND)
    assert time.perf_counter() - begun < A_SECOND / 1000


def test_a_participant_whose_chat_loses_rasa_is_answered_and_goes_on_once_it_is_back(
    faulty: Copy, inbox: Inbox, page: Page
) -> None:
    look_for_support(page)
    send(page, "I drink too much, I'm in Portsmouth")
    before = len(inbox.mails)
    with rasa_stopped(faulty):
        answered_within_a_second(page, "I want to die")
        assert "116 123" in announced_at_once(page)
        assert links(crisis_answer(page))["116 123"] == "tel:116123"
        assert links(crisis_answer(page))["SHOUT to 85258"] == "sms:85258?&body=SHOUT"
        for text in ("ok", "I need help with drugs"):
            send(page, text)
            expect(page.locator("#messages > li").last).to_contain_text(PLAIN)
            assert choices(page) == ["Try again"]
        said = page.locator("#messages > li").last
        assert links(said) == {"116 123": "tel:116123", "999": "tel:999"}
        answered_within_a_second(page, "im going to kill myself tonight")
        send(page, "help with drugs please")
        assert inbox.wait(lambda: len(inbox.mails) > before, TOLD_WITHIN), "nobody was told"
        only_neutral(page)
    press(page, "Try again")
    expect(page.locator("article.app-listing").last).to_be_visible()
    assert "Show me others" in choices(page)


def test_an_officer_whose_chat_loses_rasa_keeps_the_draft_and_its_question(
    faulty: Copy, page: Page
) -> None:
    page.goto("/officer")
    sign_in(page, "officer.hampshire")
    page.get_by_role("button", name="Start").last.click()
    press(page, "Start a referral")
    press(page, "Yes, 18 or over")
    asked = newest(page).split("\n")[1]
    before = choices(page)
    with rasa_stopped(faulty):
        answered_within_a_second(page, HE_SAYS)
        assert announced_at_once(page).startswith("This reads as a risk of suicide.")
        send(page, "girlfriend")
        expect(page.locator("#messages > li").last).to_contain_text(PLAIN)
        assert links(page.locator("#messages > li").last) == {"999": "tel:999"}
    send(page, "thanks")
    assert "The person's safety comes first." in newest(page)
    press(page, "Carry on")
    assert asked in newest(page)
    assert choices(page) == before
