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


def language_of(text: str) -> str:
    """``en``, ``pl``, ``pa`` or ``other``, by script first and by clear words after that."""
    if _GURMUKHI.search(text):
        return "pa"
    words = [word.casefold() for word in _LETTERS.findall(text.replace("'", ""))]
    if not words:
        return "other"
    counts = {code: sum(word in known for word in words) for code, known in _CLEAR.items()}
    if _POLISH_LETTERS.search(text):
        counts["pl"] += 2
    best: str = max(counts, key=lambda code: (counts[code], code == "en"))
    latin = all(ord(ch) < 0x250 for word in words for ch in word)
    if counts[best] == 0:
        return "en" if latin and len(words) <= 3 else "other"
    return best
