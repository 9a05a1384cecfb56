"""How many texts a provider is given in a minute, counted for all processes of a copy together.

A provider that is asked too fast answers 429 and, asked so for long, shuts the account. Where the
count cannot be kept nothing is sent (``checks.md`` 31): every text is a row that waits.
"""

from __future__ import annotations

from functools import lru_cache

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import storage_from_string

from core.limiting import IN_MEMORY, Windows
from core.redis_waits import PATIENCE, within
from core.settings import settings
from outreach.texts.providers.base import LaterError, Provider

# Texts a minute. GOV.UK Notify takes 3,000 a minute and key; Twilio one a second from an ordinary
# number. Ours stay below, so that answers to people still find room.
A_MINUTE = {"notify": 1500, "twilio": 50}
# A window of a second as well, so that a minute's worth does not leave in one burst.
BURST_SECONDS = 5


class BusyError(LaterError):
    """The provider was not asked at all: the text is as it was, and no try of it is used up."""


class Paced:
    """A provider that is asked no faster than it wants."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner
        self.name = inner.name

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """As the provider's own; raises :class:`BusyError` where the minute is full."""
        take_turn(self.name)
        return self._inner.send(to, text, reference, site=site, again=again)


def take_turn(name: str) -> None:
    """Count one text against the provider's minute.

    Raises :class:`BusyError` where the minute is full, or where the count cannot be kept.
    """
    minute = settings().texts_per_minute or A_MINUTE.get(name, 0)
    if not minute:
        return
    try:
        free = all(_limiter().hit(limit, "texts", name) for limit in _limits(minute))
    except StorageError as error:
        raise BusyError("pace_unknown") from error
    if not free:
        raise BusyError("pace")


def _limits(minute: int) -> tuple[RateLimitItemPerSecond, RateLimitItemPerSecond]:
    burst = max(1, minute * BURST_SECONDS // 60)
    return RateLimitItemPerSecond(burst, BURST_SECONDS), RateLimitItemPerSecond(minute, 60)


@lru_cache(maxsize=1)
def _limiter() -> Windows:
    where = settings().redis_url or IN_MEMORY
    waits = within(PATIENCE) if settings().redis_url else {}
    return Windows(storage_from_string(where, wrap_exceptions=True, **waits))
