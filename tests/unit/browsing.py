"""A browser without a screen, at the pages of this process: cookies, forms, no redirects."""

from __future__ import annotations

import asyncio
import re

import httpx

from bot.web.app import app

_HIDDEN = re.compile(r'name="csrf_token" value="(\w+)"')


class Browser:
    """Keeps the cookies that pages set, as over https; asks from ``address``."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.cookies, self.address = httpx.Cookies(), address

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, **said: str) -> httpx.Response:
        """Send a form with the token of the start page."""
        found = _HIDDEN.search(self.get("/").text)
        assert found
        return self._ask("POST", path, data={"csrf_token": found[1], **said})

    def forge(self, path: str, **said: str) -> httpx.Response:
        """Send a form as a page of somebody else's does."""
        return self._ask("POST", path, data=said)

    def _ask(self, method: str, path: str, **sent: object) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=(self.address, 50_000))
            async with httpx.AsyncClient(
                transport=transport, base_url="https://example.org", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **sent)  # type: ignore[arg-type]
                self.cookies = client.cookies
                return answer

        return asyncio.run(asked())
