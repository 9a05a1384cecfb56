"""How often something may be done from one place: every limit but those of signing in (check 31).

Counted in Redis where there is one, so that any number of processes count together. Where Redis is
away, a limit that is ``closed`` refuses and any other goes on counting in this process alone;
which is which, and why, stands in docs/decisions/0024-participants-browsers-limits.md. Danger is
answered whatever a limit says: it is asked after the safety screen, and never where that found it.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.clock import AHEAD
from core.crypto import derived_key
from core.metrics import LIMITED
from core.redis_waits import BRIEFLY, PATIENCE, left_alone, within
from core.settings import settings
from core.windows import InThisProcess

IN_MEMORY = f"{InThisProcess.STORAGE_SCHEME[0]}://"
# Of an address of version 6 a household holds this many bits' worth.
HOUSEHOLD = 64


@dataclass(frozen=True)
class Limit:
    """``rates`` in the notation of `limits`; ``closed``: refused where nothing can be counted."""

    name: str
    rates: str
    closed: bool


TURNS = Limit("turns", "300/minute", closed=False)
TEXTS = Limit("texts", "300/minute", closed=True)
BEGINNINGS = Limit("beginnings", "300/minute;6000/hour", closed=True)
LINKS = Limit("links", "120/minute", closed=True)
SUGGESTIONS = Limit("suggestions", "60/10 minutes", closed=False)


def searches() -> Limit:
    """Of the directory, by programs; as many as the operator allows."""
    return Limit("searches", f"{settings().searches_per_minute}/minute", closed=False)


class Windows(MovingWindowRateLimiter):
    """Moving windows that a clock set back does not shut for as long as it was set back.

    A window that ends later than a whole one from now was counted before: it is forgotten once.
    """

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count one more; False where there is no room."""
        let = super().hit(item, *identifiers, cost=cost)
        if let or not self._forgot(item, *identifiers):
            return let
        return super().hit(item, *identifiers, cost=cost)

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Whether there is room."""
        room = super().test(item, *identifiers, cost=cost)
        return room or self._forgot(item, *identifiers)

    def _forgot(self, item: RateLimitItem, *identifiers: str) -> bool:
        left = self.get_window_stats(item, *identifiers).reset_time - time.time()
        if left <= item.get_expiry() + AHEAD.total_seconds():
            return False
        self.clear(item, *identifiers)
        return True


class TooOftenError(Exception):
    """More than its share; ``wait`` is how many seconds until one more is let through."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


class UncountedError(Exception):
    """Nothing can be counted at the moment, and uncounted this is refused."""


def spend(limit: Limit, *who: str) -> None:
    """Count one more; raises :class:`TooOftenError` or :class:`UncountedError`."""
    try:
        _counted(limit, _key(who))
    except (TooOftenError, UncountedError):
        LIMITED.labels(limit.name).inc()
        raise


def _counted(limit: Limit, key: str) -> None:
    if not limit.closed and left_alone.now():
        _spend(_of_this_process(), limit, key)
        return
    try:
        _spend(limiter() if limit.closed else limiter(BRIEFLY), limit, key)
    except StorageError as error:
        left_alone.after(error.storage_error)
        if limit.closed:
            raise UncountedError from None
        _spend(_of_this_process(), limit, key)


def household(address: str) -> str:
    """The part of an address that its holder cannot choose."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, HOUSEHOLD), strict=False))
    return str(found)


@lru_cache(maxsize=2)
def limiter(patience: float = PATIENCE) -> MovingWindowRateLimiter:
    """What counts for every process; its methods raise ``StorageError`` where Redis is away.

    ``patience``: how many seconds Redis may take.
    """
    address = settings().redis_url
    if not address:
        return _of_this_process()
    return Windows(storage_from_string(address, wrap_exceptions=True, **within(patience)))


@lru_cache(maxsize=1)
def _of_this_process() -> MovingWindowRateLimiter:
    return Windows(storage_from_string(IN_MEMORY))


def _spend(counts: MovingWindowRateLimiter, limit: Limit, key: str) -> None:
    full = [each for each in parse_many(limit.rates) if not counts.hit(each, limit.name, key)]
    if full:
        raise TooOftenError(max(_wait(counts, each, limit.name, key) for each in full))


def _wait(counts: MovingWindowRateLimiter, rate: RateLimitItem, *key: str) -> int:
    return max(1, round(counts.get_window_stats(rate, *key).reset_time - time.time()))


def _key(who: tuple[str, ...]) -> str:
    """Neither Redis nor anybody who reads it learns an address or a number from what is counted."""
    said = "\n".join(who).encode("utf-8", "surrogatepass")
    return hmac.new(derived_key("limits"), said, sha256).hexdigest()
