"""References that can be read over a telephone: no letters or digits that sound or look alike."""

from __future__ import annotations

import secrets

# A prime number of characters: only so does the check below notice every swap.
ALPHABET = "34679ACDEFHJKLMPQRTVWXY"
_RANDOM_CHARACTERS = 7
_SPOKEN = dict(
    zip(
        ALPHABET,
        [
            "Three",
            "Four",
            "Six",
            "Seven",
            "Nine",
            "Alpha",
            "Charlie",
            "Delta",
            "Echo",
            "Foxtrot",
            "Hotel",
            "Juliett",
            "Kilo",
            "Lima",
            "Mike",
            "Papa",
            "Quebec",
            "Romeo",
            "Tango",
            "Victor",
            "Whiskey",
            "X-ray",
            "Yankee",
        ],
        strict=True,
    )
)


def new_reference() -> str:
    """A new reference such as ``K7M-4QX-9Y``: seven random characters and a check character.

    One of them is a digit, or it would read as words where somebody types it without its hyphens.
    """
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_CHARACTERS))
        if any(each.isdigit() for each in body):
            return _grouped(body + _check_character(body))


def read_reference(spoken: str) -> str | None:
    """The reference as stored, or None where a character was misheard or two were swapped."""
    letters = "".join(ch for ch in spoken.upper() if ch.isalnum())
    if len(letters) != _RANDOM_CHARACTERS + 1 or set(letters) - set(ALPHABET):
        return None
    return _grouped(letters) if _check_character(letters[:-1]) == letters[-1] else None


def _grouped(letters: str) -> str:
    return f"{letters[:3]}-{letters[3:6]}-{letters[6:]}"


def read_aloud(reference: str) -> str:
    """The reference in the words of the radio alphabet, for example "Kilo Seven Mike, …"."""
    groups = reference.split("-")
    return ", ".join(" ".join(_SPOKEN[ch] for ch in group) for group in groups)


def _check_character(body: str) -> str:
    """Makes the sum of every place times its character zero modulo the alphabet's prime size.

    Places and their differences are never zero modulo a prime, so that any one wrong character
    and any swap changes the sum. (Luhn's algorithm misses the swap of the first and last letter.)
    """
    total = sum(place * ALPHABET.index(ch) for place, ch in enumerate(body, start=2))
    return ALPHABET[-total % len(ALPHABET)]
