"""What a password has to be, and how it is kept: argon2, and none that many people have."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from accounts.wording import said

SHORTEST, LONGEST = 12, 200
# Fewer guesses than this, and a machine that may try slowly finds it (zxcvbn's score below 3).
ENOUGH_GUESSES = 10**8
# zxcvbn's time grows with the square of the length; what stands further on only adds to it.
LOOKED_AT = 72
OURS = ("cara", "referral", "custody", "demonstration", "demonstration-only", "police")

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_urlsafe(16))
# zxcvbn keeps the words about a person in one place of its own while it counts.
_one_at_a_time = Lock()


def fault_of(password: str, about: Iterable[str] = ()) -> str:
    """What is wrong with a new password, in words for its person; empty where nothing is.

    ``about`` are words that others know of them (user name, name, site). No kinds of letters are
    asked for and none is refused; the length counts characters.
    """
    if len(password) < SHORTEST:
        return said("password", "short", shortest=SHORTEST)
    if len(password) > LONGEST:
        return said("password", "long", longest=LONGEST)
    return "" if _guesses(password, about) >= ENOUGH_GUESSES else said("password", "common")


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher.hash(password)


@lru_cache(maxsize=1)
def hashed_once(password: str) -> str:
    """The published password of the demonstration: one salt hides it as little as twenty do.

    Hashing it for each of its accounts took two seconds of every first start.
    """
    return hashed(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether the password is the kept one; without one the work is the same, and it never is."""
    try:
        return _hasher.verify(kept or _nobody, password) and bool(kept)
    except VerificationError:
        return False


def _guesses(password: str, about: Iterable[str]) -> float:
    """How many guesses find it, by zxcvbn's lists of common passwords, names and words."""
    # Loading its lists takes half a second, which only a new password is worth.
    from zxcvbn import zxcvbn

    with _one_at_a_time:
        found = zxcvbn(password[:LOOKED_AT], [*OURS, *_words_of(about)])
    return float(found["guesses"])


def _words_of(about: Iterable[str]) -> Iterator[str]:
    """Each as it is, run together, and its parts: "Kit Marlow" is "kitmarlow" and "marlow" too."""
    for each in about:
        parts = re.findall(r"[^\W_]+", each)
        yield from {each, "".join(parts), *parts} - {""}
