"""Local accounts, authenticator apps and a clock, for tests of signing in."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest

from accounts import at_hand, changing, codes, second, sessions
from accounts import staff as accounts
from accounts.staff import add_staff
from accounts.tables import Role, Staff
from accounts.web import again, force, provider
from accounts.web.session import COOKIE
from core import limiting
from core.database import transaction
from core.settings import settings
from tests.unit.browsing import Browser

WORD = "a word to get in with"
KIT = "kit.marlow"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LOOK_AT_THE_CLOCK = (accounts, at_hand, sessions, codes, second, changing, again, force, provider)


class Clock:
    """What time it is for accounts; it stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = START
        for module in LOOK_AT_THE_CLOCK:
            monkeypatch.setattr(module, "now", lambda: self.time)

    def on(self, **by: float) -> None:
        self.time += timedelta(**by)


class App:
    """An authenticator app that has scanned the picture."""

    def __init__(self, key: str, clock: Clock) -> None:
        self.totp, self.clock = pyotp.TOTP(key), clock

    def code(self) -> str:
        return self.totp.at(self.clock.time)


def account(name: str = KIT, role: Role = Role.officer, site: str = "hampshire") -> Staff:
    with transaction() as session:
        return add_staff(
            session, username=name, password=WORD, role=role, site=site, name="Kit Marlow"
        )


def sign_in(
    browser: Browser, name: str = KIT, password: str = WORD, code: str = "", **more: str
) -> httpx.Response:
    return browser.post("/sign-in", username=name, password=password, code=code, **more)


def signed_in(name: str = KIT, password: str = WORD, code: str = "") -> Browser:
    """A browser that this person signed in with."""
    browser = Browser()
    assert sign_in(browser, name, password, code).status_code == 303
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/officer").status_code == 200


def set_up_app(browser: Browser, clock: Clock) -> tuple[App, list[str]]:
    """Set the second factor up as its page says; gives the app and the recovery codes."""
    page = browser.get("/account/second-factor").text
    app = App(shown_key(page), clock)
    answer = browser.post("/account/second-factor", offer=offer_of(page), code=app.code())
    assert answer.status_code == 200, answer.text
    return app, re.findall(r"<li><code>([A-Z0-9-]+)</code>", answer.text)


def shown_key(page: str) -> str:
    found = re.search(r'<code id="key">([A-Z2-7 ]+)</code>', page)
    assert found
    return found[1].replace(" ", "")


def offer_of(page: str) -> str:
    found = re.search(r'name="offer" value="([^"]+)"', page)
    assert found
    return found[1]


def problem_of(answer: httpx.Response) -> str:
    """What a page says is wrong."""
    found = re.search(r'<a href="#\w+">(.*?)</a>', answer.text, re.DOTALL)
    return html.unescape(found[1]).strip() if found else ""


def become_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()


def count_anew() -> None:
    """Every test begins without a try that was wrong."""
    limiting.limiter.cache_clear()
    limiting._of_this_process.cache_clear()


def secret_of(browser: Browser) -> str:
    """The secret in the cookie."""
    return browser.cookies.get(COOKIE) or ""
