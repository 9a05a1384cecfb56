"""A feed of ORUK over the network: page after page of /services, and what a thin list leaves out.

Only public hosts are reached (``checks.vetting``), each redirect is vetted anew, and neither a
feed that never ends nor one that says the same for ever keeps anybody waiting.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from services_directory.checks.vetting import (
    NotPublicError,
    Resolver,
    VettedTransport,
    first_bytes,
    resolve,
)
from services_directory.exchange.documents import listed, parsed
from services_directory.exchange.faults import MOST_BYTES, MOST_ROWS, ExchangeError
from services_directory.exchange.reading import Entity, text
from services_directory.exchange.texts import too_many_rows

PER_PAGE = 100
MOST_HOPS = 5
AT_ONCE = 4
ATTEMPTS = 3
_HEADERS = {
    "User-Agent": "CARA-directory-import/1.0",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# The host is there and asks for patience.
_LATER = frozenset({429, 502, 503, 504})
# Any of these shows that a list gives whole services.
_WHOLE = frozenset({"service_at_locations", "schedules", "contacts", "attributes", "phones"})
Done = Callable[[int], object]


@dataclass(frozen=True)
class Options:
    """How far to go: pages, bytes and seconds are for the whole feed, ``answer_s`` for one answer.

    ``pause_s`` is waited before an answer is asked for again. ``allowed`` holds networks that
    count as public, and ``resolver`` and ``tls`` replace the name server and the trusted
    authorities: for tests, which have a server of their own.
    """

    pages: int = 10_000
    size: int = 200_000_000
    seconds: float = 30 * 60
    answer_s: float = 30.0
    pause_s: float = 2.0
    allowed: frozenset[str] = frozenset()
    resolver: Resolver = resolve
    tls: ssl.SSLContext | bool = True


def services_at(
    url: str, *, done: Done = lambda _count: None, options: Options | None = None
) -> list[Entity]:
    """Every service of a feed; ``done`` hears of each page or service by its count.

    Raises :class:`ExchangeError` for a feed that is none, or goes beyond ``options``.
    """
    how = options or Options()

    async def read() -> list[Entity]:
        async with asyncio.timeout(how.seconds), _client(how) as client:
            return await _Feed(client, how, url, done).services()

    try:
        return asyncio.run(read())
    except TimeoutError:
        message = f"{url} took longer than {round(how.seconds / 60)} minutes."
        raise ExchangeError("feed_slow", message) from None


def _client(how: Options) -> httpx.AsyncClient:
    transport = VettedTransport(how.allowed, how.resolver, how.tls)
    return httpx.AsyncClient(
        transport=transport, headers=_HEADERS, timeout=how.answer_s, trust_env=False
    )


class _Feed:
    """One reading of a feed, with what is left of its allowance."""

    def __init__(self, client: httpx.AsyncClient, how: Options, url: str, done: Done) -> None:
        self._client, self._how, self._done = client, how, done
        self._left = how.size
        self._list = _list_of(url)

    async def services(self) -> list[Entity]:
        found = await self._all_pages()
        thin = [each for each in found if not _WHOLE & set(each)]
        if not thin:
            return found
        room = asyncio.Semaphore(AT_ONCE)

        async def whole(service: Entity) -> Entity:
            async with room:
                return await self._whole(service)

        tasks = [asyncio.create_task(whole(each)) for each in found]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _all_pages(self) -> list[Entity]:
        found: list[Entity] = []
        seen: set[str] = set()
        for number in range(1, self._how.pages + 1):
            where = self._list.copy_merge_params({"page": number, "per_page": PER_PAGE})
            page = await self._json(where)
            services = listed(page, str(where))
            ids = {text(each.get("id")) for each in services}
            if services and ids <= seen:
                message = f"{self._list}: page {number} says again what came before: no end."
                raise ExchangeError("feed_repeats", message)
            seen |= ids
            found += services
            self._done(len(services))
            if len(found) > MOST_ROWS:
                raise too_many_rows(str(self._list))
            if _is_last(page, number, services):
                return found
        message = f"{self._list} has no end: {self._how.pages:,} pages were read."
        raise ExchangeError("feed_endless", message)

    async def _whole(self, service: Entity) -> Entity:
        if _WHOLE & set(service) or not text(service.get("id")):
            return service
        path = f"{self._list.path.rstrip('/')}/{text(service['id'])}"
        found = await self._json(self._list.copy_with(path=path))
        self._done(0)
        return {**service, **found} if isinstance(found, Mapping) else service

    async def _json(self, url: httpx.URL) -> Any:
        for attempt in range(ATTEMPTS):
            try:
                return await self._answer(url)
            except _LaterError as later:
                if attempt == ATTEMPTS - 1:
                    raise ExchangeError("feed_away", f"{url} does not answer: {later}.") from None
                await asyncio.sleep(self._how.pause_s)
        raise AssertionError("the last attempt raises")

    async def _answer(self, url: httpx.URL) -> Any:
        """One answer, redirects followed; every hop is a request that is vetted of its own."""
        try:
            for _hop in range(MOST_HOPS + 1):
                async with self._client.stream("GET", url) as response:
                    if response.status_code in _REDIRECTS and "location" in response.headers:
                        url = _joined(url, response.headers["location"])
                        continue
                    return await self._read(url, response)
        except NotPublicError:
            message = f"{url.host} is not a public address: a feed is read from no other."
            raise ExchangeError("feed_private", message) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _LaterError(type(error).__name__) from None
        raise ExchangeError("feed_redirects", f"{url} leads on and on, to no answer.")

    async def _read(self, url: httpx.URL, response: httpx.Response) -> Any:
        if response.status_code in _LATER:
            raise _LaterError(f"status {response.status_code}")
        if response.status_code != httpx.codes.OK:
            message = f"{url} answers with status {response.status_code}."
            raise ExchangeError("feed_status", message)
        most = min(self._left, MOST_BYTES)
        body = await first_bytes(response, most + 1)
        self._left -= len(body)
        if len(body) > most:
            size = self._how.size // 1_000_000
            message = f"{self._list} is larger than {size} MB, or one answer of it than 50 MB."
            raise ExchangeError("feed_large", message)
        return parsed(body, str(url))


class _LaterError(Exception):
    """No answer this time."""


def _list_of(url: str) -> httpx.URL:
    """Where the list of services is; raises :class:`ExchangeError` for what is no web address."""
    try:
        where = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ExchangeError("feed_address", f"{url} is no web address.") from error
    if where.scheme not in ("http", "https") or not where.host or where.userinfo:
        raise ExchangeError("feed_address", f"{url} is no web address of a feed.")
    path = where.path.rstrip("/")
    return where.copy_with(path=path if path.endswith("/services") else f"{path}/services")


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    there = url.join(location)
    if there.scheme not in ("http", "https") or there.userinfo:
        raise ExchangeError("feed_redirects", f"{url} leads to {location[:80]}, which is no feed.")
    return there


def _is_last(page: Any, number: int, services: Sequence[Entity]) -> bool:
    """Whether the list ends here; a bare list is all on one page."""
    if not services or not isinstance(page, Mapping) or page.get("last_page") is True:
        return True
    total = page.get("total_pages")
    if isinstance(total, int):
        return number >= total
    return page.get("last_page") is None
