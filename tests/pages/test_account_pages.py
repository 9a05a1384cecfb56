"""The pages of accounts in a browser: no barrier, and the walks of people who use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import HANDHELD, NARROW, WIDE, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged_accounts import WORD, staged


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged accounts; a force's sign-in is set up and away."""
    folder = tmp_path_factory.mktemp("accounts")
    groups = folder / "groups.yml"
    groups.write_text("groups: {A: {role: officer, site: hampshire}}")
    extra = {
        "CARA_OIDC_ISSUER": "http://127.0.0.1:1",
        "CARA_OIDC_CLIENT_ID": "cara",
        "CARA_OIDC_CLIENT_SECRET": "a secret",
        "CARA_OIDC_GROUPS": str(groups),
    }
    with staged(folder, **extra) as web:
        yield web


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def set_nothing(page: Page) -> None:
    press(page, "Set the password")


def wrong_code(page: Page) -> None:
    page.get_by_label("Code", exact=True).fill("000000")
    press(page, "Go on")


def right_code(page: Page) -> None:
    key = page.locator("#key").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(key).now())
    press(page, "Go on")


def go_to_the_force(page: Page) -> None:
    press(page, "Sign in with your force account")


@dataclass(frozen=True)
class State:
    name: str
    path: str
    staff: str = ""
    do: Callable[[Page], object] = lambda page: None


STATES = [
    State("sign in, with the force", "/sign-in"),
    State("sign in, password set", "/sign-in?done=password"),
    State("the force is away", "/sign-in", do=go_to_the_force),
    State("own", "/account", "kit"),
    State("own, with an app", "/account", "pat"),
    State("own, of the force", "/account", "force"),
    State("own, of the demonstration", "/account", "officer"),
    State("password changed", "/account?done=password", "kit"),
    State("session ended", "/account?done=ended", "kit"),
    State("set up", "/account/second-factor", "kit"),
    State("set up, wrong code", "/account/second-factor", "kit", wrong_code),
    State("set up, demonstration", "/account/second-factor", "officer"),
    State("recovery codes", "/account", "pat", lambda page: press(page, "Make new recovery codes")),
    State("another password", "/account/password", "kit"),
    State("another password, none", "/account/password", "kit", set_nothing),
    State("set a password", "/set-password"),
    State("set a password, none", "/set-password", do=set_nothing),
    State("again", "/sign-in/again?next=/referrals", "old"),
    State("again, wrong", "/sign-in/again", "old", lambda page: press(page, "Go on")),
    State("again, with an app", "/sign-in/again", "pat, a while ago"),
    State("again, at the force", "/sign-in/again", "force"),
    State("sessions", "/sessions", "site_admin"),
    State("sessions of all sites", "/sessions", "operator"),
    State("nobody else", "/sessions", "alone"),
    State("one ended", "/sessions?done=ended", "alone"),
    State("the widget's window", "/widget/sign-in?site=hampshire"),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_page_has_no_barrier_and_its_title_tells_nothing(state: State, visit: Visit) -> None:
    page = visit(state.path, staff=state.staff)
    state.do(page)
    assert lint(page) == []
    for width in (WIDE, HANDHELD, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    assert not re.search(REVEALING, page.title(), re.IGNORECASE)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(("name", "javascript"), [("new.person", True), ("new.without", False)])
def test_a_password_is_set_by_a_code_and_an_app_set_up(
    name: str, javascript: bool, visit: Visit, web: Web
) -> None:
    page = visit("/set-password", javascript=javascript)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Code", exact=True).fill(web.staged[name])
    page.get_by_label("New password").fill("four kettles by a lake")
    press(page, "Set the password")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("Your new password is set")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill("four kettles by a lake")
    press(page, "Sign in")
    page.get_by_role("link", name=re.compile("your account")).click()
    page.get_by_role("link", name="Set up a second step with an authenticator app").click()
    expect(
        page.get_by_role("img", name="QR code with the key below").locator("svg")
    ).to_be_visible()
    right_code(page)
    assert page.locator(".app-codes li").count() == 10


def test_an_administrator_ends_a_session_with_the_keyboard(visit: Visit, web: Web) -> None:
    page = visit("/sessions", staff="site_admin")
    row = page.get_by_role("row").filter(has_text="ended.one")
    before = page.get_by_role("row").count()
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".govuk-notification-banner")).to_contain_text("The session is ended")
    expect(page.get_by_role("row")).to_have_count(before - 1)


def test_what_somebody_typed_is_text(visit: Visit) -> None:
    page = visit("/sessions", staff="operator")
    expect(page.get_by_role("row").filter(has_text="system.one")).to_contain_text("<script>")


def test_an_authenticators_code_shows_again_who_one_is(visit: Visit, web: Web) -> None:
    page = visit("/sign-in/again?next=/account", staff="pat, a while ago")
    page.get_by_label("Your password").fill(WORD)
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(web.staged["app"]).now())
    press(page, "Go on")
    assert page.url.endswith("/account")
