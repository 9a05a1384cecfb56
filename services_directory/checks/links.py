"""Looks at web addresses: whether each still leads where it led. The only check that fetches.

It reads as a stranger would: no cookies are kept between looks, no more than 64 kB of a page is
read, a host is asked one thing at a time, and only public hosts are reached (see ``vetting``).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

import httpx

from core import clock
from services_directory.checks.pages import is_another, is_front, says_missing, title_of
from services_directory.checks.vetting import (
    NotPublicError,
    Resolver,
    VettedTransport,
    first_bytes,
    resolve,
)

Kind = Literal["ok", "moved", "gone", "error", "soft_404", "unreachable", "refused", "private"]
MOST_HOPS = 5
MOST_BYTES = 64 * 1024
FIRST_WAIT = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=7)
# Eight doublings of an hour are more than a week.
_MOST_DOUBLINGS = 8
_WELL = frozenset({"ok", "moved"})
_GONE = frozenset({404, 410})
# The site answers and will not tell a program: a person has to look.
_REFUSED = frozenset({401, 402, 403, 407, 418, 429, 451})
_PERMANENT = frozenset({301, 308})
_REDIRECTS = _PERMANENT | {302, 303, 307}
_HEADERS = {
    "User-Agent": "CARA-directory-link-check/1.0",
    "Accept": "text/html,*/*;q=0.5",
    "Accept-Language": "en-GB,en;q=0.8",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class LinkState:
    """What one look at an address found; ``length`` is in bytes read, at most 64 kB.

    ``status`` is None where nothing answered. "moved" is a permanent redirect to a live page,
    "gone" 404 or 410, "soft_404" a page that says it is missing or is another page by now,
    "refused" an answer not meant for programs, "private" a host that may not be reached, and
    "error" every other answer, an address that is none, and a redirect that does not end.
    """

    url: str
    status: int | None
    kind: Kind
    final_url: str
    title: str
    length: int
    at: datetime


@dataclass(frozen=True)
class Options:
    """How to look: ``bound_s`` is for the whole look, in seconds.

    ``allowed`` holds networks that count as public, and ``resolver`` and ``tls`` replace the name
    server and the trusted authorities: all for tests, which have a server of their own.
    """

    bound_s: float = 15.0
    allowed: frozenset[str] = frozenset()
    resolver: Resolver = resolve
    tls: ssl.SSLContext | None = None


@dataclass
class _Trail:
    """Where a look has come to: what is told when it is cut short."""

    url: str
    status: int | None = None
    permanent: bool = False
    hops: list[str] = field(default_factory=list)


async def look(
    url: str, *, last: LinkState | None = None, options: Options | None = None
) -> LinkState:
    """What an address leads to now; ``last`` is the last look that found it well.

    Raises nothing for what a host does, or for an address that is none.
    """
    how = options or Options()
    trail = _Trail(url)
    try:
        async with asyncio.timeout(how.bound_s), _client(how) as client:
            return await _follow(client, trail, url, last)
    except NotPublicError:
        return _state(url, trail, "private")
    except (httpx.InvalidURL, httpx.RemoteProtocolError):
        return _state(url, trail, "error")
    except (httpx.HTTPError, TimeoutError):
        return _state(url, trail, "unreachable")


async def look_all(
    urls: Iterable[str],
    *,
    per_host: int = 1,
    at_once: int = 8,
    pause_s: float = 1.0,
    on_done: Callable[[LinkState], None] | None = None,
    last: Mapping[str, LinkState] | None = None,
    options: Options | None = None,
) -> list[LinkState]:
    """Looks at each address once, in no order that counts; the states come in the order given.

    At most ``per_host`` looks at one host and ``at_once`` in all run together, with ``pause_s``
    seconds between two looks at a host. Hosts that only a redirect leads to are not counted.
    What ``on_done`` raises ends everything.
    """
    wanted = list(dict.fromkeys(urls))
    waiting: dict[str, list[str]] = defaultdict(list)
    for url in reversed(wanted):
        waiting[_host(url)].append(url)
    found: dict[str, LinkState] = {}
    room = asyncio.Semaphore(at_once)

    async def work(queue: list[str]) -> None:
        while queue:
            url = queue.pop()
            async with room:
                found[url] = await look(url, last=(last or {}).get(url), options=options)
            if on_done:
                on_done(found[url])
            if queue:
                await asyncio.sleep(pause_s)

    async with asyncio.TaskGroup() as group:
        for queue in waiting.values():
            for _ in range(min(per_host, len(queue))):
                group.create_task(work(queue))
    return [found[url] for url in wanted]


def next_look(state: LinkState, fails: int) -> timedelta:
    """How long to wait before the next look; ``fails`` counts the looks in a row that failed.

    A week where all was well; else an hour that doubles up to a week, so that a host which is
    down or says "too many requests" is asked less and less.
    """
    if state.kind in _WELL or state.kind == "private":
        return LONGEST_WAIT
    doublings = min(max(fails - 1, 0), _MOST_DOUBLINGS)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))


async def _follow(
    client: httpx.AsyncClient, trail: _Trail, url: str, last: LinkState | None
) -> LinkState:
    """Follows redirects one by one, so that each is vetted and counted."""
    while True:
        where = httpx.URL(trail.url)
        if not _may_be_asked(where) or trail.url in trail.hops or len(trail.hops) > MOST_HOPS:
            return _state(url, trail, "error")
        trail.hops.append(trail.url)
        async with client.stream("GET", where) as response:
            trail.status = response.status_code
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                page = await first_bytes(response, MOST_BYTES)
                return _judged(url, trail, response, page, last)
            trail.permanent |= response.status_code in _PERMANENT
            trail.url = str(where.join(response.headers["location"]))


def _judged(
    url: str, trail: _Trail, response: httpx.Response, page: bytes, last: LinkState | None
) -> LinkState:
    is_html = "html" in response.headers.get("content-type", "html")
    text = _decoded(response, page) if is_html else ""
    title = title_of(text)
    kind = _kind(response.status_code)
    if kind == "ok" and (_lost(url, trail) or says_missing(text) or _other(last, title, page)):
        kind = "soft_404"
    elif kind == "ok" and trail.permanent and trail.url.rstrip("/") != url.rstrip("/"):
        kind = "moved"
    return _state(url, trail, kind, title, len(page))


def _kind(status: int) -> Kind:
    if status in _GONE:
        return "gone"
    if status in _REFUSED:
        return "refused"
    return "ok" if httpx.codes.is_success(status) else "error"


def _lost(url: str, trail: _Trail) -> bool:
    """Whether an address inside a site has come to lead to a front page."""
    end = httpx.URL(trail.url)
    return len(trail.hops) > 1 and not is_front(httpx.URL(url).path) and is_front(end.path)


def _other(last: LinkState | None, title: str, page: bytes) -> bool:
    if last is None or last.kind not in _WELL:
        return False
    return is_another(title, len(page), last.title, last.length)


def _may_be_asked(url: httpx.URL) -> bool:
    return url.scheme in ("http", "https") and bool(url.host) and not url.userinfo


def _decoded(response: httpx.Response, page: bytes) -> str:
    try:
        return page.decode(response.charset_encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        # The host names an encoding that is none, or one that no page can be in.
        return page.decode("utf-8", "replace")


def _state(url: str, trail: _Trail, kind: Kind, title: str = "", length: int = 0) -> LinkState:
    return LinkState(url, trail.status, kind, trail.url, title, length, clock.now())


def _client(how: Options) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=VettedTransport(how.allowed, how.resolver, how.tls or _authorities()),
        headers=_HEADERS,
        timeout=how.bound_s,
        trust_env=False,
        follow_redirects=False,
    )


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL:
        return ""
