"""Patterns: reviewed phrases compiled to spaCy matcher patterns. The notation, word by word:

``word`` that word · ``a/b`` one of them · ``<NAME>`` a class of ``words/*.yml`` · ``stem*`` any
word so beginning · ``?`` after any of these: may be absent · ``~3`` up to three other words, none
a denial, within the sentence · ``(a b|c|)`` alternatives of any length.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.safety.folding import fold
from bot.safety.lexicon import BREAK, Lexicon, expand, load
from bot.safety.model import Kind, Level

_OPERATOR = re.compile(r"[/<>~*?]")
DENIALS = ("not", "never", "nie", "nahi", "ਨਹੀੰ")


@dataclass(frozen=True)
class Element:
    """One place of a pattern: the words that may stand there, or up to ``gap`` other words."""

    words: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    optional: bool = False
    gap: int = 0


@dataclass(frozen=True)
class Pattern:
    """What a match means: a risk (kind and level per audience), or a role in judging a risk.

    Roles: ``risk``; ``hint``, which counts only beside a second one; ``idiom``, which unmakes a
    risk that it overlaps; ``past`` and ``fiction``, which lower a risk in their sentence.
    """

    id: str
    role: str
    kind: Kind | None
    levels: tuple[tuple[str, Level | None], ...]
    firm: bool
    readings: tuple[tuple[Element, ...], ...]

    def level(self, audience: str) -> Level | None:
        """How serious a match is to this audience; None where it is no finding."""
        levels = dict(self.levels)
        return levels.get(audience, levels["participant"])


def read_patterns(folder: Path, lexicon: Lexicon) -> list[Pattern]:
    """All patterns of all kinds and languages, in the order of their file names.

    Raises ValueError for a phrase or an id that a reviewer must put right.
    """
    patterns = []
    for path in sorted(folder.glob("*.yml")):
        sheet = load(path)
        for entry in sheet["patterns"]:
            try:
                patterns.append(_pattern(entry, sheet, lexicon))
            except ValueError as error:
                raise ValueError(f"{path.name}, {entry['id']}: {error}") from error
    ids = [pattern.id for pattern in patterns]
    if doubles := {id_ for id_ in ids if ids.count(id_) > 1}:
        raise ValueError(f"pattern ids used twice: {sorted(doubles)}")
    return patterns


def _pattern(entry: dict[str, Any], sheet: dict[str, Any], lexicon: Lexicon) -> Pattern:
    role = entry.get("level", "")
    risk = role in list(Level)
    default = Level(role) if risk else None
    readings = dict.fromkeys(
        reading
        for phrase in entry["phrases"]
        for text in expand(phrase)
        for reading in [_trimmed(list(_elements(text, lexicon)))]
    )
    officer = entry.get("officer", sheet.get("officer", role))
    return Pattern(
        id=entry["id"],
        role="risk" if risk else role,
        kind=Kind(sheet["kind"]) if "kind" in sheet else None,
        levels=(
            ("participant", _level(entry.get("participant", role)) if risk else default),
            ("officer", _level(officer) if risk else default),
        ),
        firm=entry.get("firm", False),
        readings=tuple(readings),
    )


def _level(word: str) -> Level | None:
    return None if word == "none" else Level(word)


def _elements(text: str, lexicon: Lexicon) -> Iterator[Element]:
    """Plain words are rewritten as messages are; words with an operator stand as they are."""
    plain: list[str] = []
    for word in text.split():
        if _OPERATOR.search(word):
            yield from _plain(plain, lexicon)
            plain = []
            yield _element(word, lexicon)
        else:
            plain.append(_meaning(word, lexicon) if word.isupper() else fold(word))
    yield from _plain(plain, lexicon)


def _trimmed(elements: list[Element]) -> tuple[Element, ...]:
    """Without gaps at the ends, which would only find the same thing several times."""
    while elements and elements[-1].gap:
        elements.pop()
    return tuple(itertools.dropwhile(lambda element: element.gap, elements))


def _plain(words: list[str], lexicon: Lexicon) -> Iterator[Element]:
    if fillers := lexicon.fillers.intersection(words):
        raise ValueError(f"{' '.join(words)!r} can never be read: {sorted(fillers)} are fillers")
    yield from (_once(Element(frozenset({word}))) for word in lexicon.canonical(words))


@cache
def _once(element: Element) -> Element:
    """The same place of many phrases is one object: there are a hundred thousand places."""
    return element


def _element(word: str, lexicon: Lexicon) -> Element:
    if word.startswith("~"):
        return _once(Element(gap=int(word[1:])))
    body, optional = word.removesuffix("?"), word.endswith("?")
    parts = body.split("/")
    named = [_class(part[1:-1], lexicon) for part in parts if part.startswith("<")]
    plain = [part for part in parts if not part.startswith("<") and not part.endswith("*")]
    words = frozenset().union(*named, (_single(part, lexicon) for part in plain))
    stems = tuple(fold(part[:-1]) for part in parts if part.endswith("*"))
    return _once(Element(words, stems, optional))


def _class(name: str, lexicon: Lexicon) -> frozenset[str]:
    if name not in lexicon.classes:
        raise ValueError(f"no class {name} in words/*.yml")
    return lexicon.classes[name]


def _meaning(word: str, lexicon: Lexicon) -> str:
    if word not in lexicon.known:
        raise ValueError(f"no frame in words/*.yml gives {word}")
    return word


def _single(word: str, lexicon: Lexicon) -> str:
    if word.isupper():
        return _meaning(word, lexicon)
    words = lexicon.canonical([fold(word)])
    if len(words) != 1:
        raise ValueError(f"{word!r} reads as {words}: write it as a group (a|b)")
    return words[0]


def compile_reading(reading: tuple[Element, ...], known: frozenset[str]) -> list[dict[str, Any]]:
    """spaCy's form of one reading, over the closed vocabulary ``known``."""
    return [_token(element, known) for element in reading]


def _token(element: Element, known: frozenset[str]) -> dict[str, Any]:
    if element.gap:
        return {"ORTH": {"NOT_IN": [BREAK, *DENIALS]}, "OP": f"{{0,{element.gap}}}"}
    words = sorted(allowed(element, known))
    token: dict[str, Any] = {"ORTH": words[0] if len(words) == 1 else {"IN": words}}
    return token | ({"OP": "?"} if element.optional else {})


@cache
def allowed(element: Element, known: frozenset[str]) -> frozenset[str]:
    """The known words that may stand at this place, the placeholders of its stems included."""
    if not element.stems:
        return element.words
    return element.words | {word for word in known if word.startswith(element.stems)}
