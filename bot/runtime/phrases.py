"""Finds the phrases of a reviewed word list in a clause, forgiving how people spell and inflect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from bot.runtime.text import fold

ROMANISED = "pa-latn"
_NUMBER = "#"
_LONGEST_GAP = 4
_STEM = 3
_SHORTEST_OWNER = 4

# A joiner may stand inside a word (see needs.py); it is part of the word and then dropped.
_WORD = re.compile(r"[\w\u0a00-\u0a7f\u200d']+")
# Nukta, bindi, tippi and addak come and go in typed Gurmukhi; without them both spellings meet.
_LOOSE_SIGNS = re.compile("[\u0a02\u0a3c\u0a70\u0a71\u200d']")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")
_DIGITS = re.compile(r"\d+(?:ish|yrs?|mths?|wks?)?$")
# A bracketed choice, or a word.
_PLACE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\S+")

# One place in a phrase: the ways to fill it, each a few words, or none where it may stay empty.
_Place = tuple[tuple[str, ...], ...]
_GAP: _Place = (("..",),)


@dataclass(frozen=True)
class Phrase:
    """A phrase of the list: what it tells, in which language, and the places it is made of."""

    kind: str
    language: str
    pattern: tuple[_Place, ...]


@dataclass(frozen=True)
class Hit:
    """A phrase found; ``start`` and ``end`` count words, the end not included."""

    kind: str
    language: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """The word list made ready for search."""

    by_first_word: Mapping[str, Sequence[Phrase]]
    words: frozenset[str]
    numbers: frozenset[str]
    respelling: Mapping[str, str]


def build_lexicon(
    groups: Mapping[str, Mapping[str, str]], numbers: Mapping[str, str], respelled: str
) -> Lexicon:
    """Index the list by first word, so that a clause costs a look-up a word and no scan.

    ``groups`` is kind -> language -> phrases; the notation is told at the head of the word file.
    """
    index: dict[str, list[Phrase]] = {}
    words: set[str] = set()
    for phrase in _phrases(groups):
        words.update(word for place in phrase.pattern for option in place for word in option)
        for key in _first_keys(phrase):
            index.setdefault(key, []).append(phrase)
    counted = {word for text in numbers.values() for word in _listed(text)}
    slips = _respelling(respelled.split())
    meant = {slip: word for slip, word in slips.items() if slip not in words}
    return Lexicon(index, frozenset(words), frozenset(counted), meant)


def words_of(clause: str, lexicon: Lexicon) -> list[str]:
    """The words of folded text as the list spells them: "head's" and "heads", "anxeity"."""
    words = (_plain(word, lexicon) for word in _WORD.findall(clause))
    return [lexicon.respelling.get(word, word) for word in words if word]


def find_hits(words: Sequence[str], lexicon: Lexicon) -> list[Hit]:
    """Every phrase that stands in these words, overlapping ones included, by where it begins."""
    loose = [_romanised(word) if word.isascii() else word for word in words]
    return [hit for at in range(len(words)) for hit in _hits_at(at, words, loose, lexicon)]


def _plain(written: str, lexicon: Lexicon) -> str:
    word = _STRETCHED.sub(r"\1\1", _LOOSE_SIGNS.sub("", written))
    owner = written.removesuffix("'s")
    known = owner == written or word in lexicon.words or len(owner) < _SHORTEST_OWNER
    return word if known else _LOOSE_SIGNS.sub("", owner)


def _romanised(word: str) -> str:
    """One spelling for ``daaru``/``daru``, ``peenda``/``pinda``, ``chhadd``/``chad``."""
    short = word.replace("ee", "i").replace("oo", "u").replace("chh", "ch")
    return _DOUBLED.sub(r"\1", short)


def _hits_at(
    at: int, words: Sequence[str], loose: Sequence[str], lexicon: Lexicon
) -> Iterator[Hit]:
    word, romanised = words[at], loose[at]
    keys = [word, word[:_STEM] + "*", "~" + romanised, "~" + romanised[:_STEM] + "*"]
    if _is_number(word, lexicon.numbers):
        keys.append(_NUMBER)
    for phrase in (phrase for key in keys for phrase in lexicon.by_first_word.get(key, ())):
        said = loose if phrase.language == ROMANISED else words
        end = _end(phrase.pattern, said, at, lexicon.numbers)
        if end is not None:
            yield Hit(phrase.kind, phrase.language, at, end)


def _end(
    pattern: tuple[_Place, ...], words: Sequence[str], at: int, numbers: frozenset[str]
) -> int | None:
    """Where a pattern that begins at this word ends, at the latest; None where it does not fit."""
    furthest = None
    rest = pattern[1:]
    for stop in _stops(pattern[0], words, at, numbers):
        end = _end(rest, words, stop, numbers) if rest else stop
        if end is not None and (furthest is None or end > furthest):
            furthest = end
    return furthest


def _stops(place: _Place, words: Sequence[str], at: int, numbers: frozenset[str]) -> list[int]:
    if place == _GAP:
        return list(range(at, min(at + _LONGEST_GAP, len(words)) + 1))
    stops = []
    for option in place:
        stop = at + len(option)
        if stop <= len(words) and _fit(option, words, at, numbers):
            stops.append(stop)
    return stops


def _fit(option: Sequence[str], words: Sequence[str], at: int, numbers: frozenset[str]) -> bool:
    # A plain loop: this is asked a hundred times of every message.
    for wanted in option:
        if not _fits(wanted, words[at], numbers):
            return False
        at += 1
    return True


def _fits(wanted: str, word: str, numbers: frozenset[str]) -> bool:
    if wanted == _NUMBER:
        return _is_number(word, numbers)
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _is_number(word: str, numbers: frozenset[str]) -> bool:
    return word in numbers or bool(_DIGITS.match(word))


def _phrases(groups: Mapping[str, Mapping[str, str]]) -> Iterator[Phrase]:
    for kind, by_language in groups.items():
        for language, text in by_language.items():
            for written in _listed(text):
                places = tuple(_place(part, language) for part in _PLACE.findall(written))
                yield Phrase(kind, language, places)


def _listed(text: str) -> list[str]:
    return [phrase.strip() for phrase in re.split(r"[,\n]", fold(text)) if phrase.strip()]


def _place(written: str, language: str) -> _Place:
    """The ways to fill ``(a|b c)``; what stands in square brackets may also be left out."""
    if written == _GAP[0][0]:
        return _GAP
    options = [_option(option, language) for option in written.strip("()[]").split("|")]
    return (*options, ()) if written.startswith("[") else tuple(options)


def _option(written: str, language: str) -> tuple[str, ...]:
    words = [_LOOSE_SIGNS.sub("", word) for word in written.split()]
    return tuple(_romanised(word) if language == ROMANISED else word for word in words)


def _first_keys(phrase: Phrase) -> Iterator[str]:
    for first in sorted(_openings(phrase.pattern)):
        key = first[:_STEM] + "*" if first.endswith("*") else first
        yield "~" + key if phrase.language == ROMANISED and key != _NUMBER else key


def _openings(pattern: tuple[_Place, ...]) -> set[str]:
    first = {option[0] for option in pattern[0] if option}
    return first | _openings(pattern[1:]) if () in pattern[0] else first


def _respelling(words: Iterable[str]) -> dict[str, str]:
    """One slip of the fingers away from a word that matters, its first letter kept."""
    known = list(words)
    slips = {slip: word for word in known for slip in _slips(word)}
    return {slip: word for slip, word in slips.items() if slip not in known}


def _slips(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        head, tail = word[:at], word[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in ascii_lowercase:
            yield head + letter + tail[1:]
            yield head + letter + tail
