"""Danger by text at three at night: answered at once, uncut, and taken on by a named person."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import AXE
from tests.journeys import running
from tests.journeys.browsing import only_neutral, sign_in
from tests.journeys.coordinator import Coordinator
from tests.journeys.night import night_in_london
from tests.journeys.people import Chat
from tests.journeys.running import Copy
from tests.pages.looking import REVEALING, barriers, lint

HAMPSHIRE = "07700 900101"
KEY = {"Authorization": "Bearer demonstration-only"}
TONIGHT = "im going to kill myself tonight"
ANSWER = "I am really glad you told me. You do not have to face this on your own."
TOLD = "A person who works here is told now."
AT_NIGHT = re.compile(r"\b03:\d\d\b")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """The whole system at night."""
    folder = tmp_path_factory.mktemp("night")
    started = running.start(folder / "data", night_in_london(folder / "zones"))
    yield started
    running.stop(started)


@pytest.fixture
def http(night: Copy) -> Iterator[httpx.Client]:
    with night.client() as client:
        yield client


@pytest.fixture(scope="module")
def coordinator(night: Copy) -> Coordinator:
    return Coordinator.of(night)


@dataclass(frozen=True)
class Telephone:
    """Somebody's telephone, as the provider of texts sees it."""

    http: httpx.Client
    number: str

    def text(self, words: str, **sent: str) -> list[str]:
        """Text Hampshire; gives the texts that come back."""
        body = {"id": uuid.uuid4().hex, "from": self.number, "to": HAMPSHIRE, "text": words} | sent
        answer = self.http.post("/texts/inbound", json=body, headers=KEY)
        assert answer.status_code == 200, answer.text
        texts: list[str] = answer.json()["texts"]
        return texts


def test_an_ordinary_text_is_answered_with_numbered_choices(http: httpx.Client) -> None:
    telephone = Telephone(http, "07700 900471")
    first = telephone.text("I drink too much")
    assert first[0].startswith(
        "Hello. I am a computer program that helps you find support near you."
    )
    assert any("Help with drinking" in text for text in first[1:])
    assert "\n2 Just phone numbers" in first[-1]
    by_number = telephone.text("2")
    assert by_number[0] == "You can ring these."
    # A line that is open at all hours is among the first numbers, at three at night above all.
    assert any("0800 9177 650" in text for text in by_number)


def test_the_answer_to_danger_is_the_first_text_and_uncut(
    http: httpx.Client, coordinator: Coordinator
) -> None:
    telephone = Telephone(http, "07700 900472")
    telephone.text("I drink too much")
    in_the_web_chat = Chat.begin(http, site="hampshire", audience="participant").say(TONIGHT)
    texts: list[str] = []
    (alert,) = coordinator.told_by(lambda: texts.extend(telephone.text(TONIGHT)))
    assert texts == [message["text"] for message in in_the_web_chat], "uncut, and in this order"
    for number in ("999", "116 123", "SHOUT to 85258"):
        assert number in texts[0]
    assert texts[1].startswith(TOLD)
    for line in ("A participant wrote it by text message", "07700 900472", TONIGHT):
        assert line in alert
    assert AT_NIGHT.search(alert), "it is night there"
    assert "1 Show me the numbers again" in telephone.text("ok")[-1]
    assert telephone.text("1")[0] == texts[0]


def test_night_holds_nothing_back(http: httpx.Client, coordinator: Coordinator) -> None:
    telephone = Telephone(http, "07700 900473")
    telephone.text(TONIGHT)
    sent = coordinator.sent()
    (answer, told, email) = [
        next(letter for letter in sent if start in letter)
        for start in (ANSWER, TOLD, "Somebody needs a person now")
    ]
    for letter in (answer, told):
        assert letter.startswith("Text to +447700900473")
    assert email.startswith("E-mail to coordinator@hampshire.example")
    for letter in (answer, told, email):
        assert AT_NIGHT.search(letter), "it is night there"
        assert ". Kept on this screen" in letter, "it has left"


def test_an_email_at_night_says_neither_who_nor_what_was_said(
    http: httpx.Client, coordinator: Coordinator
) -> None:
    Telephone(http, "07700 900474").text(TONIGHT)
    email = next(letter for letter in coordinator.sent() if letter.startswith("E-mail"))
    said = email.split("\n", 1)[1]
    assert "/alerts/" in said
    assert not re.search(rf"{REVEALING}|kill|myself|suicid|0?7700", said, re.IGNORECASE)


def test_a_copy_of_a_text_is_answered_once_and_told_once(
    http: httpx.Client, coordinator: Coordinator
) -> None:
    telephone = Telephone(http, "07700 900475")
    text_id = uuid.uuid4().hex
    (alert,) = coordinator.told_by(lambda: [telephone.text(TONIGHT, id=text_id) for _ in range(3)])
    assert "more since" not in alert
    mine = [letter for letter in coordinator.sent() if "+447700900475" in letter]
    assert len([letter for letter in mine if ANSWER in letter]) == 1


@pytest.mark.parametrize(
    ("reply", "known"),
    [
        ("1", "They answered yes when asked"),
        ("3.", "When asked, they would rather not say"),
    ],
)
def test_a_question_about_danger_is_answered_by_its_number(
    http: httpx.Client, coordinator: Coordinator, reply: str, known: str
) -> None:
    telephone = Telephone(http, f"07700 90048{reply[0]}")
    asked = telephone.text("had enough of life")
    assert asked[0].endswith("\n1 Yes\n2 No\n3 I would rather not say")
    (alert,) = coordinator.told_by(lambda: telephone.text(reply))
    assert known in alert
    assert telephone.number in alert


def test_a_no_by_its_number_tells_nobody_and_the_next_number_means_what_it_says(
    http: httpx.Client, coordinator: Coordinator
) -> None:
    telephone = Telephone(http, "07700 900482")

    def no() -> None:
        telephone.text("I drink too much")
        telephone.text("had enough of life")
        after = telephone.text("2")
        assert after[0].startswith("Thank you for telling me.")
        assert after[-1].endswith("4 Talk to a person")

    assert coordinator.told_by(no) == []
    said: list[str] = []
    (request,) = coordinator.told_by(lambda: said.extend(telephone.text("4")))
    assert "116 123" in said[0]
    assert "Somebody asks to talk to a person" in request


def test_two_texts_that_show_it_only_together(http: httpx.Client) -> None:
    telephone = Telephone(http, "07700 900483")
    assert ANSWER not in "".join(telephone.text("I want to"))
    assert telephone.text("die")[0].startswith(ANSWER)


@pytest.fixture
def page(chromium: Browser, night: Copy) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=night.url, viewport={"width": 1100, "height": 900}, ignore_https_errors=True
    )
    context.add_init_script(path=AXE)
    yield context.new_page()
    context.close()


def text_on_screen(page: Page, words: str) -> None:
    """Send a text from the telephone on the screen, and wait for what comes back."""
    page.wait_for_load_state()
    bubbles = page.locator(".app-telephone li")
    before = bubbles.count()
    page.get_by_label("Text", exact=True).fill(words)
    page.get_by_role("button", name="Send").click()
    expect(bubbles.nth(before + 1)).to_be_visible()


def test_from_the_telephone_on_the_screen_to_a_coordinator_who_takes_it_on(
    page: Page, coordinator: Coordinator
) -> None:
    before = coordinator.alerts()
    page.goto("/telephone?site=hampshire&number=07700+900491")
    text_on_screen(page, "I drink too much")
    text_on_screen(page, "2")
    text_on_screen(page, TONIGHT)
    page.wait_for_load_state()
    bubbles = page.locator(".app-telephone li")
    expect(bubbles.nth(-3)).to_contain_text(TONIGHT)
    expect(bubbles.nth(-2)).to_contain_text(ANSWER)
    expect(bubbles.nth(-1)).to_contain_text(TOLD)
    only_neutral(page)
    (path,) = coordinator.alerts() - before
    she_takes_it_on(page, path)
    page.goto("/outbox")
    cards = page.locator(".govuk-summary-card")
    for text in (ANSWER, TOLD):
        expect(cards.filter(has_text="Text to +447700900491").filter(has_text=text)).to_have_count(
            1
        )
    expect(cards.filter(has_text="E-mail to").filter(has_text=path)).to_have_count(1)
    sound(page)


def she_takes_it_on(page: Page, path: str) -> None:
    """The coordinator finds the alert, reads it, looks after it and says how it ended."""
    page.goto("/alerts")
    sign_in(page, "coordinator.hampshire")
    page.get_by_role("link", name="Waiting for you").click()
    expect(page).to_have_title(re.compile(r"^\(\d+\) Waiting for you$"))
    page.locator(f'a[href="{path}"]').click()
    main = page.locator("main")
    for line in ("07700 900491", TONIGHT, "Nobody has taken it on", "by text message"):
        expect(main).to_contain_text(line)
    sound(page)
    page.get_by_role("button", name="I look after this").click()
    expect(main).to_contain_text("Somebody looks after it")
    expect(main).to_contain_text("Jo Winterbourne")
    page.get_by_role("button", name="Close the alert").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose how it ended.")
    page.get_by_label("I reached the person").check()
    page.get_by_role("button", name="Close the alert").click()
    expect(main).to_contain_text("Closed")
    expect(main).to_contain_text("I reached the person")
    expect(page.get_by_role("button", name="I look after this")).to_have_count(0)
    sound(page)


def sound(page: Page) -> None:
    """The page keeps to the rules of every page of ours."""
    only_neutral(page)
    assert not barriers(page)
    assert not lint(page)
