"""One way to fold text, used by training and by every turn, so that both see the same letters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LOOKALIKES = str.maketrans(
    {
        "ł": "l",
        "Ł": "l",
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
    }
)
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_LATIN_MARK = re.compile("[\u0300-\u036f]")
_BREAK = re.compile(
    r"[.!?;\n]+|,(?!\d)|\s+-\s+|\bbut\b|\bthough\b|\balthough\b|\bhowever\b|\bale\b|\blecz\b|(?<!\S)ਪਰ(?!\S)|।"
)


def fold(text: str) -> str:
    """Lower case without Latin accents or odd quotes; Gurmukhi vowel signs stay.

    Polish is often typed without diacritics, and Rasa's own folding forgets ``ł``.
    """
    plain = _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text.translate(_LOOKALIKES)))
    decomposed = unicodedata.normalize("NFD", plain.casefold())
    return unicodedata.normalize("NFC", _LATIN_MARK.sub("", decomposed))


@dataclass(frozen=True)
class Clause:
    """A stretch of folded text that one negation can govern; ``start`` is where it begins."""

    text: str
    start: int


def clauses(folded: str) -> list[Clause]:
    """Cut folded text where a new thought begins, so that "not high, came out medium" is two."""
    found, start = [], 0
    for cut in [*_BREAK.finditer(folded), None]:
        end = cut.start() if cut else len(folded)
        if folded[start:end].strip():
            found.append(Clause(folded[start:end], start))
        start = cut.end() if cut else end
    return found
