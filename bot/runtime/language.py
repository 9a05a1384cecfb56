"""Which of the three languages a text is written in, by script and by clear words."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_GURMUKHI = re.compile(r"[\u0a00-\u0a7f]")
_LETTERS = re.compile(r"[^\W\d_]+")
_POLISH_LETTERS = re.compile(r"[ąćęłńóśźż]", re.IGNORECASE)
_CLEAR = {
    code: frozenset(listed.split())
    for code, listed in yaml.safe_load(
        (Path(__file__).parent / "clear_words.yml").read_text(encoding="utf-8")
    ).items()
}
# So many words of a language, and more than of any other, are no slip and no loan.
_PLAINLY = 4


def language_of(text: str) -> str:
    """``en``, ``pl``, ``pa`` or ``other``, by script first and by clear words after that."""
    if _GURMUKHI.search(text):
        return "pa"
    words = _words(text)
    if not words:
        return "other"
    counts = _counts(text, words)
    best = _most(counts)
    latin = all(ord(ch) < 0x250 for word in words for ch in word)
    if counts[best] == 0:
        return "en" if latin and len(words) <= 3 else "other"
    return best


def clear_language(text: str) -> str | None:
    """The language that a text is plainly written in, so that a switch to it may be offered."""
    if _GURMUKHI.search(text):
        return "pa"
    counts = _counts(text, _words(text))
    best = _most(counts)
    return best if counts[best] >= _PLAINLY else None


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _LETTERS.findall(text.replace("'", ""))]


def _counts(text: str, words: list[str]) -> dict[str, int]:
    counts = {code: sum(word in known for word in words) for code, known in _CLEAR.items()}
    if _POLISH_LETTERS.search(text):
        counts["pl"] += 2
    return counts


def _most(counts: dict[str, int]) -> str:
    return max(counts, key=lambda code: (counts[code], code == "en"))
