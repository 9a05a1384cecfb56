"""References that can be read over a telephone: no letters or digits that sound or look alike."""

from __future__ import annotations

import secrets

ALPHABET = "34679ACDEFGHJKLMNPQRTUVWXY"
_RANDOM_CHARACTERS = 7


def new_reference() -> str:
    """A new reference such as ``K7M-4QX-9C``: seven random characters and a check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    whole = body + _check_character(body)
    return f"{whole[:3]}-{whole[3:6]}-{whole[6:]}"


def read_reference(spoken: str) -> str | None:
    """The reference as stored, or None where a character was misheard or two were swapped."""
    letters = "".join(ch for ch in spoken.upper() if ch.isalnum())
    if len(letters) != _RANDOM_CHARACTERS + 1 or set(letters) - set(ALPHABET):
        return None
    if _check_character(letters[:-1]) != letters[-1]:
        return None
    return f"{letters[:3]}-{letters[3:6]}-{letters[6:]}"


def _check_character(body: str) -> str:
    """Luhn's algorithm over our own alphabet."""
    size, total = len(ALPHABET), 0
    for place, ch in enumerate(reversed(body)):
        doubled = ALPHABET.index(ch) * (2 if place % 2 == 0 else 1)
        total += doubled // size + doubled % size
    return ALPHABET[-total % size]
