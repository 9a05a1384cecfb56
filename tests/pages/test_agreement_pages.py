"""Consent and safe contact as people see it: at the venue on a telephone, and later by ringing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.tables import Role
from core.words import words
from tests.pages.conftest import HANDHELD, Visit, Web, staged_by
from tests.pages.looking import looked_at
from tests.pages.staged_agreements import GROUP

NAMES = {"en": "English", "pl": "Polski", "pa": "ਪੰਜਾਬੀ"}
CONSENTS = ("booking", "after", "research")
NEVER = "No text will be sent to this telephone, whatever they agreed to"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over people in a group that meets today."""
    folder = tmp_path_factory.mktemp("agreements") / "data"
    with staged_by("tests.pages.staged_agreements", folder) as web:
        yield web


def said(key: str, language: str) -> str:
    return words(f"utter_agree_{key}", language).text


def question(page: Page, key: str, language: str) -> None:
    """The group of one question is there in just these words."""
    expect(page.get_by_role("group", name=said(key, language), exact=True)).to_be_visible()


def answer(page: Page, key: str, to: str, language: str = "en") -> None:
    group = page.get_by_role("group", name=said(key, language), exact=True)
    group.get_by_label(said(to, language), exact=True).check()


def at_venue(visit: Visit, web: Web, name: str, *, javascript: bool = True) -> Page:
    """From the group's page to the one of somebody, on a telephone."""
    path = f"/groups/{web.staged[GROUP]}"
    page = visit(path, staff=Role.facilitator, width=HANDHELD, javascript=javascript)
    page.get_by_role("link", name=f"Texts and research of Alex {name.title()}").click()
    return page


@pytest.mark.parametrize(("language", "javascript"), [("en", False), ("pl", True), ("pa", True)])
def test_somebody_is_asked_in_their_language_and_just_those_words_are_kept(
    language: str, javascript: bool, visit: Visit, web: Web
) -> None:
    page = at_venue(visit, web, language, javascript=javascript)
    page.get_by_role("link", name=NAMES[language]).click()
    expect(page.get_by_text(said("apart", language))).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.get_by_label(said("phone", language))).to_have_value("07700 900461")
    answer(page, "privacy", "private", language)
    for each in CONSENTS:
        question(page, each, language)
        answer(page, each, "yes", language)
    answer(page, "hours", "evening", language)
    page.get_by_label(said("word", language)).fill("lantern")
    page.get_by_role("button", name=said("keep", language)).click()
    expect(page.get_by_role("alert")).to_contain_text("The answers are kept.")
    for each in CONSENTS:
        expect(page.get_by_text(said(each, language), exact=True)).to_be_visible()
    expect(page.get_by_text("Evenings until 8pm")).to_be_visible()
    assert page.get_by_text(NEVER).count() == 0
    assert "lantern" not in page.content()


def test_a_shared_telephone_gets_no_text_and_both_are_told(visit: Visit, web: Web) -> None:
    page = at_venue(visit, web, "shared")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text(said("privacy_hint", "en"))).to_be_visible()
    answer(page, "privacy", "shared")
    answer(page, "after", "yes")
    page.get_by_role("button", name="Keep my answers").click()
    expect(page.get_by_text(NEVER)).to_be_visible()


def test_what_is_wrong_is_said_above_and_at_the_field_and_nothing_is_lost(
    visit: Visit, web: Web
) -> None:
    page = at_venue(visit, web, "wrong")
    page.get_by_role("link", name="Polski").click()
    page.get_by_label(said("phone", "pl")).fill("07700")
    page.get_by_label(said("word", "pl")).fill("latarnia")
    answer(page, "research", "no", "pl")
    page.get_by_role("button", name=said("keep", "pl")).click()
    expect(page.get_by_role("alert")).to_contain_text(said("fault_phone", "pl"))
    expect(page.get_by_label(said("phone", "pl"))).to_have_value("07700")
    expect(page.get_by_label(said("word", "pl"))).to_have_value("latarnia")
    group = page.get_by_role("group", name=said("research", "pl"))
    expect(group.get_by_label("Nie", exact=True)).to_be_checked()
    # The summary takes the focus when its script starts.
    page.wait_for_load_state()
    page.get_by_role("link", name=said("fault_privacy", "pl")).click()
    expect(page.get_by_label(said("private", "pl"), exact=True)).to_be_focused()
    looked_at(page)


def test_it_is_answered_by_keyboard_alone(visit: Visit, web: Web) -> None:
    page = at_venue(visit, web, "by keyboard")
    page.get_by_role("link", name="English").press("Enter")
    page.wait_for_load_state()
    page.get_by_label(said("phone", "en")).focus()
    page.keyboard.press("Tab")
    for _ in ("privacy", *CONSENTS[:2], "hours", "text_language", "research"):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The answers are kept.")
    expect(page.get_by_text("Nobody else uses or looks at it.")).to_be_visible()


def test_a_coordinator_asks_by_telephone_later_and_takes_a_consent_back(
    visit: Visit, web: Web
) -> None:
    page = visit(f"/referrals/{web.staged['later']}", staff=Role.coordinator)
    page.get_by_role("link", name="Ask them by telephone").click()
    page.get_by_role("link", name="English").click()
    answer(page, "privacy", "private")
    answer(page, "research", "yes")
    page.get_by_role("button", name="Keep my answers").click()
    expect(page.get_by_text("asked by telephone, in English")).to_be_visible()
    page.get_by_role("button", name="Take back Research at the university").click()
    expect(page.get_by_role("alert")).to_contain_text("It is taken back.")
    page.goto(f"/referrals/{web.staged['later']}")
    assert page.get_by_role("button", name="Take back Research at the university").count() == 0
    expect(page.get_by_text("taken back, as the person asked")).to_be_visible()


def test_the_register_of_the_first_workshop_leads_to_it(visit: Visit, web: Web) -> None:
    page = visit(f"/groups/{web.staged[GROUP]}/register/a", staff=Role.facilitator, width=HANDHELD)
    looked_at(page)
    page.get_by_role("link", name="Ask Alex Looked At about texts and research").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Texts and research")


def test_no_page_of_it_has_a_barrier(visit: Visit, web: Web) -> None:
    page = at_venue(visit, web, "looked at")
    looked_at(page)
    for language, name in NAMES.items():
        with page.expect_event("load"):
            page.get_by_role("link", name=name).click()
        expect(page.get_by_text(said("apart", language))).to_be_visible()
        looked_at(page)
    page.goto(f"/referrals/{web.staged['looked at']}")
    looked_at(page)
    page.goto(f"/groups/{web.staged[GROUP]}")
    looked_at(page)
