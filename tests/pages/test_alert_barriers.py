"""Every state of every page about alerts: no barrier, and no word in its title that tells why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.pages.conftest import NARROW, WIDE, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged_alerts import close_without_saying_how, page_of, staged


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged alerts."""
    with staged(tmp_path_factory.mktemp("alerts")) as web:
        yield web


@dataclass(frozen=True)
class State:
    name: str
    path: str
    staff: str = "coordinator"
    do: Callable[[Page], object] = lambda page: None


def send_nothing(page: Page) -> None:
    """The form of an answer with its error at the ready ones."""
    page.get_by_role("button", name="Send this answer").click()
    page.locator(".govuk-error-summary").wait_for()


def send_both(page: Page) -> None:
    """And with its error at one's own words."""
    page.get_by_label("Shall I ring you?").check()
    page.get_by_label("Your own words").fill("I will ring you.")
    send_nothing(page)


STATES = [
    State("list", "/alerts"),
    State("list of a facilitator", "/alerts", "facilitator"),
    State("empty list", "/alerts", "nothing waits"),
    *[
        State(each, page_of(each))
        for each in ("open", "by text", "by officer", "told to more", "mine", "another's", "done")
    ],
    State("said again", page_of("said again")),
    State("not reached", page_of("not reached")),
    State("markup", page_of("markup")),
    State("without the words", page_of("open"), "facilitator"),
    State("error", page_of("mine"), do=close_without_saying_how),
    State("error at another's", page_of("another's"), do=close_without_saying_how),
    State("list with requests", "/alerts", "elsewhere"),
    *[
        State(each, page_of(each), "elsewhere")
        for each in (
            "asks",
            "asks in Polish",
            "is answered",
            "has left",
            "asks by text",
            "said stop",
        )
    ],
    State("nothing to send", page_of("asks"), "elsewhere", send_nothing),
    State("both to send", page_of("asks"), "elsewhere", send_both),
    State("no such alert", "/alerts/nothing"),
    State("not for you", "/alerts", "officer"),
    State("outbox", "/outbox"),
    State("empty outbox", "/outbox", "nothing waits"),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_page_has_no_barrier_and_its_title_tells_nothing(state: State, visit: Visit) -> None:
    page = visit(state.path, staff=state.staff)
    state.do(page)
    page.wait_for_load_state()
    assert lint(page) == []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    assert not re.search(REVEALING + "|suicid|danger|alert", page.title(), re.IGNORECASE)
