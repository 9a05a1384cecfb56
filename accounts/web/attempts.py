"""How often a password or a code may be tried, so that no lock hits a colleague.

Whoever guesses from one address locks that name for that address only. Codes of an account are
counted from everywhere besides, because only who knows its password gets that far. Where the count
cannot be kept, every function raises ``StorageError`` and signing in is refused (ASVS 2.4.1).
"""

from __future__ import annotations

from limits import RateLimitItem, parse, parse_many

from core.limiting import limiter

# Five misses close the door for a quarter of an hour, ten for the rest of the day's shift.
BY_NAME_AND_ADDRESS = parse_many("5/15 minutes;10/8 hours")
# One address may serve a whole station; this stops only a machine that tries name after name.
BY_ADDRESS = parse_many("100/15 minutes")
WAYS_BY_ADDRESS = parse("300/15 minutes")
CODES = parse("10/15 minutes")


def barred(username: str, address: str) -> bool:
    """Whether too many tries were wrong."""
    found = [limiter().test(limit, *key) for limit, key in _counts(username, address)]
    return not all(found)


def count_miss(username: str, address: str) -> None:
    """Remember a wrong try."""
    for limit, key in _counts(username, address):
        limiter().hit(limit, *key)


def forgive(username: str, address: str) -> None:
    """Forget the misses of somebody who then knew the password."""
    for limit in BY_NAME_AND_ADDRESS:
        limiter().clear(limit, "name", _folded(username), address)


def codes_barred(staff_id: str) -> bool:
    """Whether too many codes of this account were wrong, wherever they were typed."""
    return not limiter().test(CODES, "code", staff_id)


def count_code(staff_id: str) -> None:
    """Remember a wrong code."""
    limiter().hit(CODES, "code", staff_id)


def may_set_out(address: str) -> bool:
    """Whether one more may go from this address to the force's sign-in; it is counted."""
    return limiter().hit(WAYS_BY_ADDRESS, "way", address)


def _counts(username: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    named = [(limit, ("name", _folded(username), address)) for limit in BY_NAME_AND_ADDRESS]
    return [*named, *[(limit, ("address", address)) for limit in BY_ADDRESS]]


def _folded(username: str) -> str:
    return username.strip().lower()[:80]
