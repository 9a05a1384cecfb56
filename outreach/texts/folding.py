"""Words of a text as the rules compare them: without case, accents, apostrophes and decoration."""

from __future__ import annotations

import re
import unicodedata

# Accents of Latin letters; the signs of Gurmukhi are part of its words and stay.
_DROPPED = re.compile(
    "[\u0300-\u036f\u00ad\u200b-\u200f\u2060\u202a-\u202e\ufe00-\ufe0f\ufeff'’‘`´]"
)
_WORD = re.compile(r"(?:[^\W_]|[\u0a00-\u0a7f])+")
_STROKES = str.maketrans("ł", "l")


def folded(text: str) -> str:
    """The text in lower case, with plain letters; never raises, whatever characters there are."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return _DROPPED.sub("", plain)


def words_of(text: str) -> list[str]:
    """The folded words of a text, in their order."""
    return _WORD.findall(folded(text))


def accented_words_of(text: str) -> list[str]:
    """The same with their accents, for words that mean another thing without: "sąd" is no "sad"."""
    return _WORD.findall(unicodedata.normalize("NFC", text.casefold()))
