"""How often a password may be tried, per user name and address, so that no lock hits a colleague.

Whoever guesses from one address locks that name for that address only. Where the count cannot be
kept, signing in is refused (ASVS 2.4.1).
"""

from __future__ import annotations

from functools import lru_cache

from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.settings import settings

# Five misses close the door for a quarter of an hour, ten for the rest of the day's shift.
BY_NAME_AND_ADDRESS = parse_many("5/15 minutes;10/8 hours")
# One address may serve a whole station; this stops only a machine that tries name after name.
BY_ADDRESS = parse_many("100/15 minutes")


class TooManyAttemptsError(Exception):
    """The password was not even looked at."""


def refuse_guessing(username: str, address: str) -> None:
    """Raise :class:`TooManyAttemptsError` where too many passwords were wrong."""
    if not all(_limiter().test(limit, *key) for limit, key in _counts(username, address)):
        raise TooManyAttemptsError


def count_miss(username: str, address: str) -> None:
    """Remember a wrong password."""
    for limit, key in _counts(username, address):
        _limiter().hit(limit, *key)


def forgive(username: str, address: str) -> None:
    """Forget the misses of somebody who then knew the password."""
    for limit in BY_NAME_AND_ADDRESS:
        _limiter().clear(limit, "name", _folded(username), address)


def _counts(username: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    named = [(limit, ("name", _folded(username), address)) for limit in BY_NAME_AND_ADDRESS]
    return [*named, *[(limit, ("address", address)) for limit in BY_ADDRESS]]


def _folded(username: str) -> str:
    return username.strip().lower()[:80]


@lru_cache(maxsize=1)
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(storage_from_string(settings().redis_url or "memory://"))
