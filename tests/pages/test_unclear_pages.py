"""Messages that were not understood on a coordinator's screen: no barrier, and nobody else's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.tables import Role
from tests.pages.alert_pages import press
from tests.pages.conftest import HANDHELD, NARROW, WIDE, Asks, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged import MARKUP
from tests.pages.staged_unclear import SAID, staged

KEEP, DROP = "Keep this reading", "Drop the message"
POINTS_TO_NOBODY = "I have read it, and nothing in it points to a person"
NOT_THEIRS = sorted(set(Role) - {Role.coordinator})


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged messages."""
    with staged(tmp_path_factory.mktemp("unclear")) as web:
        yield web


def page_of(web: Web, message: str) -> str:
    return f"/unclear/{web.staged[message]}"


def keep_without_a_word(page: Page) -> None:
    page.get_by_role("button", name=KEEP).click()
    page.locator(".govuk-error-summary").wait_for()
    # The summary takes the focus when its script starts.
    page.wait_for_load_state()


def keep_without_looking(page: Page) -> None:
    page.get_by_label("They want help with something").check()
    keep_without_a_word(page)


# No barrier


@dataclass(frozen=True)
class State:
    name: str
    message: str = ""
    staff: str = "coordinator"
    do: Callable[[Page], object] = lambda page: None


STATES = [
    State("list"),
    State("list of a site that has not agreed", staff="has not agreed"),
    *[State(name, name) for name in ("waits", "officers", "markup", "measured", "long", "read")],
    State("nothing chosen", "waits", do=keep_without_a_word),
    State("not confirmed", "waits", do=keep_without_looking),
    State("all answers", "officers", do=lambda page: page.locator("summary").click()),
    State("just read", do=lambda page: page.goto("/unclear?done=kept")),
    State("just dropped", do=lambda page: page.goto("/unclear?done=dropped")),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_page_has_no_barrier_and_its_title_tells_nothing(
    state: State, visit: Visit, web: Web
) -> None:
    path = page_of(web, state.message) if state.message else "/unclear"
    page = visit(path, staff=state.staff)
    state.do(page)
    page.wait_for_load_state()
    assert lint(page) == []
    for width in (WIDE, HANDHELD, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    assert not re.search(REVEALING, page.title(), re.IGNORECASE)


# Who sees it


@pytest.mark.parametrize("role", NOT_THEIRS)
def test_for_anybody_but_the_coordinator_there_is_no_such_page(
    role: Role, ask: Asks, web: Web
) -> None:
    for path in ("/unclear", page_of(web, "waits")):
        answer = ask(path, role.value)
        assert answer.status_code == 404
        assert SAID not in answer.text
    assert "/unclear" not in ask("/officer", role.value).text


def test_another_sites_message_is_none(ask: Asks, web: Web) -> None:
    assert ask(page_of(web, "waits"), "elsewhere").status_code == 404
    assert ask(page_of(web, "gone"), "coordinator").status_code == 404
    assert ask("/unclear/nothing", "coordinator").status_code == 404
    assert SAID not in ask("/unclear", "elsewhere").text


def test_without_signing_in_there_is_only_the_way_to_sign_in(ask: Asks, web: Web) -> None:
    for path in ("/unclear", page_of(web, "waits")):
        answer = ask(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


def test_the_desk_leads_there(visit: Visit) -> None:
    page = visit("/officer", staff="coordinator")
    page.get_by_role("link", name="Messages that were not understood").click()
    expect(page).to_have_title("(5) Messages that were not understood")


def test_a_form_of_another_page_decides_nothing(ask: Asks, web: Web) -> None:
    for act in ("reading", "drop"):
        answer = ask(f"{page_of(web, 'forged')}/{act}", "elsewhere", "POST")
        assert answer.status_code == 403
    assert ask(page_of(web, "forged"), "elsewhere").status_code == 200


def test_every_look_and_decision_is_on_record(ask: Asks, visit: Visit, web: Web) -> None:
    def acts() -> list[str]:
        with closing(sqlite3.connect(Path(web.staged["data_dir"]) / "cara.db")) as held:
            rows = held.execute("SELECT act FROM audit WHERE act LIKE 'unclear.%' ORDER BY id")
            return [row[0].removeprefix("unclear.") for row in rows]

    before = acts()
    ask("/unclear", "coordinator")
    ask(page_of(web, "waits"), "coordinator")
    ask(page_of(web, "waits"), "elsewhere")
    page = visit(page_of(web, "dropped"), staff="elsewhere")
    page.get_by_role("button", name=DROP).click()
    page.get_by_text("The message is gone.").wait_for()
    assert acts()[len(before) :] == ["list", "read", "read", "read", "drop", "list"]
    assert ask(page_of(web, "dropped"), "elsewhere").status_code == 404


# What is shown


def test_what_was_said_is_shown_as_it_was_typed_and_how_often(visit: Visit, web: Web) -> None:
    page = visit(page_of(web, "markup"), staff="coordinator")
    expect(page.locator(".app-unclear__said")).to_have_text(MARKUP)
    assert page.locator(".app-unclear__said *").count() == 0
    page = visit(page_of(web, "waits"), staff="coordinator")
    expect(page.get_by_text("it was written 2 times")).to_have_count(1)


def test_what_was_read_shows_its_reading_and_may_be_read_anew(visit: Visit, web: Web) -> None:
    page = visit("/unclear", staff="coordinator")
    row = page.locator("tr").filter(has_text="gee gees")
    expect(row.locator("td").last).to_have_text(
        "They want help with something: Gambling, Money or debt"
    )
    row.get_by_role("link").click()
    expect(page.get_by_label("They want help with something")).to_be_checked()
    expect(page.get_by_label("Gambling")).to_be_checked()
    expect(page.get_by_label(POINTS_TO_NOBODY)).not_to_be_checked()


def test_a_text_that_is_measured_on_can_only_be_dropped(visit: Visit, web: Web) -> None:
    page = visit(page_of(web, "measured"), staff="coordinator")
    expect(page.get_by_text("so it cannot be learned. Drop it.")).to_have_count(1)
    expect(page.get_by_role("button", name=KEEP)).to_have_count(0)
    expect(page.get_by_role("button", name=DROP)).to_have_count(1)


def test_a_site_that_has_not_agreed_is_told_so(visit: Visit) -> None:
    page = visit("/unclear", staff="has not agreed")
    expect(page.get_by_text("has not agreed that such messages are kept")).to_have_count(1)


def test_the_criterion_that_was_open_stands_first(visit: Visit, web: Web) -> None:
    page = visit(page_of(web, "officers"), staff="coordinator")
    page.locator("summary").click()
    first = page.locator(".govuk-details__text label").first
    expect(first).to_contain_text("(this was being asked)")


# Giving a reading


def test_a_keyboard_is_enough(visit: Visit, web: Web) -> None:
    page = visit("/unclear", staff="elsewhere")
    press(page, f"a[href='{page_of(web, 'keyboard')}']")
    page.wait_for_url("**" + page_of(web, "keyboard"))
    tab_to(page, "intent")
    page.keyboard.press("Space")
    tab_to(page, "needs")
    page.keyboard.press("Space")
    tab_to(page, "confirmed")
    page.keyboard.press("Space")
    press(page, f"button:text('{KEEP}')")
    expect(page.get_by_text("The reading is kept.")).to_have_count(1)
    row = page.locator("tr").filter(has_text="keyboard")
    expect(row.locator("td").last).to_have_text("They want help with something: Drink")


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no key leads to {name}")


def test_no_script_is_needed(visit: Visit, web: Web) -> None:
    page = visit(page_of(web, "no script"), staff="elsewhere", javascript=False)
    page.get_by_label("Nothing that this chat is for").check()
    page.get_by_label(POINTS_TO_NOBODY).check()
    page.get_by_role("button", name=KEEP).click()
    expect(page.get_by_text("The reading is kept.")).to_have_count(1)


def test_an_officers_answers_are_chosen_without_a_script(visit: Visit, web: Web) -> None:
    page = visit(page_of(web, "officer changed"), staff="elsewhere", javascript=False)
    page.locator("summary").click()
    page.locator("select[name='answer-B06_risk']").select_option("standard")
    page.get_by_label("They ask why it is asked").check()
    page.get_by_label(POINTS_TO_NOBODY).check()
    page.get_by_role("button", name=KEEP).click()
    problem = page.locator(".govuk-error-summary")
    expect(problem).to_contain_text("Choose that they answer or correct, or take the answers out.")
    expect(page.locator("select[name='answer-B06_risk']")).to_have_value("standard")
    page.get_by_label("They answer a question about the case").check()
    page.get_by_role("button", name=KEEP).click()
    row = page.locator("tr").filter(has_text="its a std")
    expect(row.locator("td").last).to_have_text("They answer a question about the case (1 answer)")


def test_what_is_missing_is_told_above_and_where_it_is_and_nothing_is_lost(
    visit: Visit, web: Web
) -> None:
    page = visit(page_of(web, "mistaken"), staff="elsewhere")
    page.get_by_label("Drugs").check()
    keep_without_a_word(page)
    assert page.title().startswith("Error: ")
    page.locator(".govuk-error-summary").get_by_role("link").click()
    assert page.evaluate("document.activeElement.name") == "intent"
    expect(page.locator(".govuk-error-message")).to_contain_text("Choose what they meant.")
    expect(page.get_by_label("Drugs")).to_be_checked()
    keep_without_looking(page)
    expect(page.locator(".govuk-error-message")).to_contain_text("Confirm that it points to nobody")
    page.locator(".govuk-error-summary").get_by_role("link").click()
    assert page.evaluate("document.activeElement.name") == "confirmed"


def test_what_a_colleague_has_dropped_meanwhile_is_no_error_of_ours(visit: Visit, web: Web) -> None:
    first = visit(page_of(web, "gone"), staff="elsewhere")
    second = visit(page_of(web, "gone"), staff="elsewhere")
    first.get_by_role("button", name=DROP).click()
    first.get_by_text("The message is gone.").wait_for()
    with second.expect_navigation() as gone:
        second.get_by_role("button", name=DROP).click()
    assert gone.value is not None
    assert gone.value.status == 404
