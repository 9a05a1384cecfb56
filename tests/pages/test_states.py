"""Every state of every page: no barrier, nothing lost at 320 pixels, no word that tells why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import NARROW, WIDE, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets

TOO_LONG = "x" * 6_000


@dataclass(frozen=True)
class State:
    """How to come to a state: the address, the person, and what they do there."""

    name: str
    path: str
    chat: str = ""
    staff: str = ""
    do: Callable[[Page], object] = lambda page: None

    @property
    def participants(self) -> bool:
        """Whether a participant sees it."""
        return not self.staff and "sign" not in self.name


def sign_in_wrongly(page: Page) -> None:
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()


def say_too_much(page: Page) -> None:
    page.locator("#message").fill(TOO_LONG)
    page.locator(".app-composer__send").click()
    page.locator("#composer-problem p").wait_for()


def date_of_next_year(page: Page) -> None:
    for label, value in (("Day", "1"), ("Month", "2"), ("Year", "2999")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Save and go on").click()
    page.locator(".govuk-error-summary").wait_for()


def wrong_number(page: Page) -> None:
    page.locator(".app-card input[type=tel]").fill("12")
    page.get_by_role("button", name="Save and go on").click()
    page.locator(".govuk-error-summary").wait_for()


def open_widget(page: Page) -> None:
    page.get_by_role("button", name="Help near you").click()
    page.frame_locator("iframe").locator(".app-answers").wait_for()


def start_with_nothing(page: Page) -> None:
    page.locator("form[action='/start'] button").click()


STATES = [
    *[State(f"start {each}", f"/?language={each}") for each in ("en", "pl", "pa")],
    *[
        State(f"start error {each}", f"/?language={each}", do=start_with_nothing)
        for each in ("en", "pl", "pa")
    ],
    *[
        State(name.replace("_", " "), "/chat", chat=name)
        for each in ("en", "pl", "pa")
        for name in (f"greeting_{each}", f"services_{each}")
    ],
    *[State(f"leaving {each}", f"/leaving?language={each}") for each in ("en", "pl", "pa")],
    State("crisis", "/chat", chat="crisis_en"),
    State("crisis in Polish", "/chat", chat="crisis_pl"),
    State("markup", "/chat", chat="markup"),
    State("too long", "/chat", chat="greeting_en", do=say_too_much),
    State("too long in Polish", "/chat", chat="greeting_pl", do=say_too_much),
    State("no such page", "/nowhere"),
    State("no such page for staff", "/officer/nowhere", staff="officer"),
    State("sign in", "/sign-in"),
    State("sign in, wrong", "/sign-in", do=sign_in_wrongly),
    State("desk", "/officer", staff="officer"),
    State("desk with a draft", "/officer", staff="summary"),
    State("desk of a coordinator", "/officer", staff="coordinator"),
    State("desk where referral is off", "/officer", staff="elsewhere"),
    *[
        State(name, "/officer/chat", staff=name)
        for name in (
            "question", "card_text", "card_tel", "card_date", "card_many", "readback", "standing",
            "summary", "sent",
        )
    ],
    State("card_date, wrong", "/officer/chat", staff="card_date", do=date_of_next_year),
    State("card_tel, wrong", "/officer/chat", staff="card_tel", do=wrong_number),
    State("receipt", "/referrals/{reference}/receipt", staff="sent"),
    State("sign in for the widget", "/widget/sign-in?site=hampshire"),
    State("go on to the widget", "/widget/sign-in?site=hampshire", staff="officer"),
    *[
        State(f"frame {each}", f"/widget/frame?site=hampshire&language={each}")
        for each in ("en", "pl", "pa")
    ],
    State("frame, sign in", "/widget/frame?site=hampshire&audience=officer"),
    State("host", "/example-host"),
    State("host with the panel", "/example-host", do=open_widget),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_page_has_no_barrier(state: State, visit: Visit, web: Web) -> None:
    path = state.path.format(reference=web.staged["reference"])
    page = visit(path, chat=state.chat, staff=state.staff)
    state.do(page)
    page.wait_for_load_state()
    assert lint(page) == []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    if state.participants:
        assert not re.search(REVEALING, f"{page.title()} {page.url}", re.IGNORECASE)


def test_an_error_stands_first_in_the_title(visit: Visit) -> None:
    page = visit("/")
    start_with_nothing(page)
    expect(page).to_have_title("Error: Help near you")
    page = visit("/sign-in")
    sign_in_wrongly(page)
    expect(page).to_have_title("Error: Sign in")


@pytest.mark.parametrize(("language", "chat"), [("pl", "greeting_pl"), ("pa", "greeting_pa")])
def test_each_message_says_its_language(language: str, chat: str, visit: Visit) -> None:
    page = visit("/chat", chat=chat)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(f"#messages > li[lang={language}]").count() >= 2
    assert page.get_by_text("qualified speaker").count() == 0


def test_a_listing_can_be_rung_with_one_tap(visit: Visit) -> None:
    page = visit("/chat", chat="services_en", width=NARROW)
    cards = page.locator(".app-listing")
    assert cards.count() >= 2
    call = cards.locator("a[href^='tel:']").first
    assert re.fullmatch(r"tel:\d{3,11}", call.get_attribute("href") or "")
    assert call.inner_text().startswith("Call ")
    assert "not yet checked" in cards.first.locator(".app-listing__warning").inner_text()
    assert cards.first.get_by_text("Why it may fit").count() == 1


def test_an_unchecked_language_is_marked(visit: Visit) -> None:
    page = visit("/")
    marked = page.locator(".app-languages li").filter(has_text="not yet checked by a qualified")
    assert marked.count() == 2
    assert visit("/?language=pl").locator(".app-unchecked").count() == 1
    assert visit("/").locator(".app-unchecked").count() == 0
