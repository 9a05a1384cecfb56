"""Who signed in at the force shows it anew; its way in the widget; its settings."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.groups import read_groups
from core.database import transaction
from core.settings import Settings
from tests.unit.browsing import Browser
from tests.unit.entering import problem_of, secret_of
from tests.unit.forces import (  # noqa: F401 - fixtures
    NOT_BELIEVED,
    OFFICERS,
    SERGEANTS,
    at_the_provider,
    come_in,
    employ,
    its_provider,
    set_out,
    set_up_with_the_force,
)

pytestmark = pytest.mark.usefixtures("force")


# Again


def at_the_case(provider: str, who: str) -> Browser:
    employ(provider, who, SERGEANTS)
    return come_in(who)[0]


def test_who_decides_shows_anew_who_they_are_at_the_force(provider: str) -> None:
    browser = at_the_case(provider, "again")
    way = set_out(browser, next="/referrals", again="yes")
    asked = parse_qs(urlsplit(way).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    employ(provider, "again", SERGEANTS, auth_time=int(time.time()))
    before = secret_of(browser)
    assert browser.get(at_the_provider(way, "again")).headers["location"] == "/referrals"
    with transaction() as session:
        from accounts.sessions import confirmed_at

        at = confirmed_at(session, before)
    assert at is not None
    assert time.time() - at.timestamp() < 60


@pytest.mark.parametrize(
    "auth_time", [None, "now", int(time.time()) - 3_600], ids=["none", "no time", "an hour ago"]
)
def test_without_a_new_sign_in_at_the_force_nothing_is_shown(
    provider: str, auth_time: object
) -> None:
    browser = at_the_case(provider, "old")
    way = set_out(browser, next="/referrals", again="yes")
    employ(provider, "old", SERGEANTS, auth_time=auth_time)
    answer = browser.get(at_the_provider(way, "old"))
    assert (answer.status_code, problem_of(answer)) == (422, NOT_BELIEVED)


def test_somebody_else_at_the_force_shows_nothing(provider: str) -> None:
    browser = at_the_case(provider, "one")
    employ(provider, "colleague", SERGEANTS, auth_time=int(time.time()) + 5)
    way = set_out(browser, next="/referrals", again="yes")
    answer = browser.get(at_the_provider(way, "colleague"))
    assert answer.status_code == 403
    assert problem_of(answer) == "That was somebody else’s account. Nothing was changed."


# The widget


def test_the_widgets_window_goes_to_the_force_and_back(provider: str) -> None:
    employ(provider, "frame", OFFICERS)
    browser = Browser()
    page = browser.get("/widget/sign-in?site=hampshire").text
    assert 'value="/widget/sign-in?site=hampshire"' in page
    answer = browser.post("/sign-in/force", next="/widget/sign-in?site=hampshire")
    assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
    found = re.search(r'id="way" href="([^"]+)"', answer.text)
    assert found
    back = browser.get(at_the_provider(html.unescape(found[1]), "frame"))
    assert back.headers["location"] == "/widget/sign-in?site=hampshire"
    assert back.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert "Go on to the chat" in browser.get(back.headers["location"]).text


# Settings


@pytest.mark.parametrize("missing", ["CLIENT_ID", "CLIENT_SECRET", "GROUPS"])
def test_half_a_set_up_does_not_start(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"CARA_OIDC_{missing}")
    with pytest.raises(ValueError, match=f"CARA_OIDC_{missing}"):
        Settings()


def test_production_asks_for_a_safe_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    with pytest.raises(ValueError, match="https"):
        Settings()


@pytest.mark.parametrize(
    "text",
    [
        "groups: {A: {role: chief, site: hampshire}}",
        "groups: {A: {role: officer, site: narnia}}",
        "groups: {A: {role: officer}}",
        "- A",
        "",
    ],
)
def test_a_file_of_groups_that_is_wrong_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match="validation error"):
        read_groups(path)
