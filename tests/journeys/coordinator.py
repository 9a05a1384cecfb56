"""A site's coordinator, who is told: the alerts on her screen, and what was sent from her site."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.journeys.running import Copy

STAFF = "__Host-cara_staff"
PATIENCE = 30.0
# Looking all the time would take the processor from what is waited for.
BETWEEN = 0.05
ONE_ALERT = re.compile(r'href="(/alerts/[\w-]+)"')


def wait_until(done: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Until it is so; fails where it never is."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it never came about"
        time.sleep(BETWEEN)


@dataclass(frozen=True)
class Coordinator:
    """She is signed in; what is on its way to her has arrived when she looks."""

    copy: Copy
    token: str

    @classmethod
    def of(cls, copy: Copy, site: str = "hampshire") -> Coordinator:
        """The demonstration's coordinator of a site."""
        return cls(copy, copy.browser_session(site))

    def alerts(self) -> set[str]:
        """The address of every alert of her site."""
        wait_until(self._all_taken_in)
        return set(ONE_ALERT.findall(self._page("/alerts").text))

    def told_by(self, act: Callable[[], object]) -> list[str]:
        """What she reads of the new alerts that ``act`` leads to."""
        before = self.alerts()
        act()
        return [self.read(path) for path in self.alerts() - before]

    def read(self, path: str) -> str:
        """A page as she reads it, without its markup."""
        answer = self._page(path)
        assert answer.status_code == 200, path
        return _words(answer.text.split('id="main">', 1)[1])

    def may_read(self, path: str) -> bool:
        """Whether a page is there for her at all."""
        return self._page(path).status_code == 200

    def sent(self) -> list[str]:
        """What has left her site, newest first, once nothing waits any more."""
        wait_until(lambda: self._all_taken_in() and ". Waits" not in self.read("/outbox"))
        cards = self._page("/outbox").text.split('<div class="govuk-summary-card">')[1:]
        return [_words(card) for card in cards]

    def _all_taken_in(self) -> bool:
        return not list((self.copy.data_dir / "alerts").glob("*.entry"))

    def _page(self, path: str) -> httpx.Response:
        cookie = {"cookie": f"{STAFF}={self.token}"}
        return httpx.get(f"{self.copy.url}{path}", headers=cookie, timeout=20)


def _words(markup: str) -> str:
    text = html.unescape(re.sub(r"<[^>]*>", "", markup))
    return re.sub(r"\n\s*\n+", "\n", text).strip()
