"""Reads from a participant's own words which kinds of help they need, by reviewed rule.

The words stand in ``data/nlu/participant/need_words.yml``; this module only says how they combine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import yaml

from bot.runtime.text import clauses, fold

WORDS_FILE = Path(__file__).resolve().parents[2] / "data/nlu/participant/need_words.yml"

NEED_CODES = (
    "alcohol", "drugs", "mental_health", "trauma", "relationships", "da_perpetrator", "da_victim",
    "housing", "money", "gambling", "parenting", "work", "health",
)  # fmt: skip
# Harm done or suffered stays a need however long ago it was, so "used to" never retires these.
_NEVER_PAST = frozenset({"trauma", "relationships", "da_perpetrator", "da_victim", "parenting"})
_ADDICTIONS = frozenset({"alcohol", "drugs", "gambling"})
_STATES = ("current", "past", "denied")

_NUMBER = "#"
_STEM = 3
_LONGEST_GAP = 4
_DENY_BEFORE = 4
_DENY_AFTER = 2
_PAST_REACH = 6

_WORD = re.compile(r"[\w\u0a00-\u0a7f']+")
# Nukta, bindi, tippi and addak come and go in typed Gurmukhi; without them both spellings meet.
_LOOSE_SIGNS = re.compile("[\u0a02\u0a3c\u0a70\u0a71']")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")
# A bracketed choice, or a word.
_PLACE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\S+")
_DIGITS = re.compile(r"\d+(?:ish|yrs?|mths?|wks?)?$")


@dataclass(frozen=True)
class NeedReading:
    """One need as the message states it; ``whose`` is self or other, ``words`` what said so."""

    need: str
    whose: str
    state: str
    words: str


# One place in a phrase: the ways to fill it, each a few words; no words at all where it may be empty.
_Place = tuple[tuple[str, ...], ...]
_GAP_PLACE: _Place = (("..",),)


@dataclass(frozen=True)
class _Phrase:
    kind: str
    language: str
    pattern: tuple[_Place, ...]


@dataclass(frozen=True)
class _Hit:
    kind: str
    language: str
    start: int
    end: int


@dataclass(frozen=True)
class _Lexicon:
    by_first_word: dict[str, list[_Phrase]]
    numbers: frozenset[str]
    respelling: dict[str, str]


@dataclass(frozen=True)
class _Part:
    """One clause: its words, the needs named in it and the markers that qualify them."""

    tokens: list[str]
    needs: list[_Hit]
    markers: list[_Hit]

    def of(self, *kinds: str) -> list[_Hit]:
        """The markers of these kinds, in the order of the words."""
        return [hit for hit in self.markers if hit.kind in kinds]


def read_needs(text: str) -> list[NeedReading]:
    """The needs a message states, in its order, so that search and the learned layer can use them.

    All languages are read at once, whatever was chosen. A need said twice of one person is given
    once, the most present state winning. Never raises on any text; no need gives an empty list.
    """
    parts = _one_language([_scan(_tokens(clause.text)) for clause in clauses(fold(text))])
    readings: list[NeedReading] = []
    weak: list[NeedReading] = []
    inherited = "self"
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else None
        before = inherited if _continues(part, parts[index - 1] if index else None) else "self"
        for hit in part.needs:
            reading = _reading(hit, part, following, before)
            (weak if hit.kind.startswith("weak ") else readings).append(reading)
        inherited = _subject(part, len(part.tokens), before)
    if not any(reading.whose == "self" and reading.state == "current" for reading in readings):
        readings += weak
    return _most_present(readings)


def _reading(hit: _Hit, part: _Part, following: _Part | None, inherited: str) -> NeedReading:
    need = hit.kind.removeprefix("weak ")
    whose = "self" if _names_self(hit, part) else _subject(part, hit.start, inherited)
    state = _state(need, hit, part, following)
    return NeedReading(need, whose, state, " ".join(part.tokens[hit.start : hit.end]))


def _most_present(readings: Iterable[NeedReading]) -> list[NeedReading]:
    kept: dict[tuple[str, str], NeedReading] = {}
    for reading in readings:
        key = (reading.need, reading.whose)
        if key not in kept or _STATES.index(reading.state) < _STATES.index(kept[key].state):
            kept[key] = reading
    return list(kept.values())


# Whose need it is


def _names_self(hit: _Hit, part: _Part) -> bool:
    return any(hit.start <= me.start and me.end <= hit.end for me in part.of("self"))


def _subject(part: _Part, before: int, inherited: str) -> str:
    """The last person named before this word, the writer unless somebody else was."""
    named = [
        hit
        for hit in part.of("self", "other", "other_next")
        if hit.end <= before and _can_be_subject(hit, part, before)
    ]
    if not named:
        return inherited
    return "self" if max(named, key=lambda hit: (hit.end, -hit.start)).kind == "self" else "other"


def _can_be_subject(hit: _Hit, part: _Part, before: int) -> bool:
    if hit.kind == "self":
        return True
    if hit.kind == "other_next":
        return before - hit.end <= 1
    return not _stands_beside(hit, part)


def _stands_beside(person: _Hit, part: _Part) -> bool:
    """Whether a person is only mentioned: "with my brother", "lost my wife", "patni naal"."""
    start = _before_possessive(person, part)
    before = any(hit.end == start for hit in part.of("beside"))
    return before or any(hit.start == person.end for hit in part.of("beside_after"))


def _before_possessive(person: _Hit, part: _Part) -> int:
    start = person.start
    possessives = {hit.end: hit.start for hit in part.of("possessive")}
    while start in possessives:
        start = possessives[start]
    return start


def _continues(part: _Part, previous: _Part | None) -> bool:
    """Whether a clause goes on about the person before it: "who drinks", "it's for my son, ..."."""
    if previous is None:
        return False
    relative = any(hit.start <= 1 for hit in part.of("relative"))
    return relative or any(
        hit.end == _before_possessive(person, previous)
        for person in previous.of("other")
        for hit in previous.of("about")
    )


# Whether it is a need now


def _state(need: str, hit: _Hit, part: _Part, following: _Part | None) -> str:
    if _denied(hit, part):
        return "past" if _no_longer(hit, part) and need not in _NEVER_PAST else "denied"
    if need in _NEVER_PAST:
        return "current"
    if _past(hit, part) or (need in _ADDICTIONS and _recovered(part, following)):
        return "past"
    return "current"


def _denied(hit: _Hit, part: _Part) -> bool:
    return any(_denies_ahead(deny, hit, part) for deny in part.of("deny", "deny_next")) or any(
        0 <= deny.start - hit.end <= _DENY_AFTER
        and not _any_between(part, ("wanting",), hit.end, deny.end + 2)
        for deny in part.of("deny_after")
    )


def _denies_ahead(deny: _Hit, hit: _Hit, part: _Part) -> bool:
    reach = 0 if deny.kind == "deny_next" else _DENY_BEFORE
    if not 0 <= hit.start - deny.end <= reach:
        return False
    return not _any_between(part, ("self", "other", "wanting", "now"), deny.end, hit.start)


def _no_longer(hit: _Hit, part: _Part) -> bool:
    return any(0 <= end.start - hit.end <= _LONGEST_GAP for end in part.of("no_longer"))


def _past(hit: _Hit, part: _Part) -> bool:
    if any(still.end <= hit.start for still in part.of("still")):
        return False
    ahead = any(
        0 <= hit.start - past.end <= _PAST_REACH
        and not _any_between(part, ("now", "wanting"), past.end, hit.start)
        for past in part.of("past", "past_before")
    )
    behind = any(
        0 <= past.start - hit.end and not _any_between(part, ("now",), hit.end, past.start)
        for past in part.of("past")
    )
    return ahead or behind


def _recovered(part: _Part, following: _Part | None) -> bool:
    """Recovery is told in the same breath or in the next, when that one names no need itself."""
    if part.of("still"):
        return False
    if part.of("recovered"):
        return True
    return bool(following and following.of("recovered") and not following.needs)


def _any_between(part: _Part, kinds: tuple[str, ...], start: int, end: int) -> bool:
    return any(hit.start < end and start <= hit.start for hit in part.of(*kinds))


# Finding the words


def _tokens(clause: str) -> list[str]:
    lexicon = _lexicon()
    plain = (_STRETCHED.sub(r"\1\1", word) for word in _plain_words(clause))
    return [lexicon.respelling.get(word, word) for word in plain]


def _plain_words(text: str) -> list[str]:
    return [word for word in (_LOOSE_SIGNS.sub("", w) for w in _WORD.findall(text)) if word]


def _romanised(word: str) -> str:
    """One spelling for ``daaru``/``daru``, ``peenda``/``pinda``, ``chhadd``/``chad``."""
    short = word.replace("ee", "i").replace("oo", "u").replace("chh", "ch")
    return _DOUBLED.sub(r"\1", short)


def _scan(tokens: list[str]) -> _Part:
    loose = [_romanised(token) if token.isascii() else token for token in tokens]
    hits = [hit for at in range(len(tokens)) for hit in _hits_at(at, tokens, loose)]
    spans = _apart([hit for hit in hits if _is_span(hit)])
    needs = sorted((hit for hit in spans if hit.kind != "no_need"), key=lambda hit: hit.start)
    markers = [hit for hit in hits if not _is_span(hit) and not _swallowed(hit, spans)]
    return _Part(tokens, needs, markers)


def _hits_at(at: int, tokens: Sequence[str], loose: Sequence[str]) -> Iterator[_Hit]:
    lexicon = _lexicon()
    token, romanised = tokens[at], loose[at]
    keys = [token, token[:_STEM] + "*", "~" + romanised, "~" + romanised[:_STEM] + "*"]
    if _is_number(token, lexicon.numbers):
        keys.append(_NUMBER)
    for key in keys:
        for phrase in lexicon.by_first_word.get(key, ()):
            words = loose if phrase.language == "pa-latn" else tokens
            end = _end(phrase.pattern, words, at, lexicon.numbers)
            if end is not None:
                yield _Hit(phrase.kind, phrase.language, at, end)


def _end(
    pattern: tuple[_Place, ...], tokens: Sequence[str], at: int, numbers: frozenset[str]
) -> int | None:
    """Where a pattern that begins at this word ends, at the latest; None where it does not fit."""
    if not pattern:
        return at
    stops = _stops(pattern[0], tokens, at, numbers)
    ends = (_end(pattern[1:], tokens, stop, numbers) for stop in stops)
    return max((end for end in ends if end is not None), default=None)


def _stops(
    place: _Place, tokens: Sequence[str], at: int, numbers: frozenset[str]
) -> Iterator[int]:
    if place == _GAP_PLACE:
        yield from range(at, min(at + _LONGEST_GAP, len(tokens)) + 1)
        return
    for option in place:
        stop = at + len(option)
        if stop <= len(tokens) and all(map(_fits, option, tokens[at:stop], repeat(numbers))):
            yield stop


def _fits(wanted: str, token: str, numbers: frozenset[str]) -> bool:
    if wanted == _NUMBER:
        return _is_number(token, numbers)
    return token.startswith(wanted[:-1]) if wanted.endswith("*") else token == wanted


def _is_number(token: str, numbers: frozenset[str]) -> bool:
    return token in numbers or bool(_DIGITS.match(token))


def _is_span(hit: _Hit) -> bool:
    return hit.kind == "no_need" or hit.kind.removeprefix("weak ") in NEED_CODES


def _apart(hits: Iterable[_Hit]) -> list[_Hit]:
    """The longest of overlapping phrases: "no money for" hides "no money"."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start, h.kind.startswith("weak "))):
        same = (k for k in kept if (k.start, k.end) == (hit.start, hit.end) and k.kind != "no_need")
        clear = all(hit.end <= k.start or k.end <= hit.start for k in kept)
        if clear or (next(same, None) and not hit.kind.startswith(("weak ", "no_need"))):
            kept.append(hit)
    return kept


def _swallowed(marker: _Hit, spans: Iterable[_Hit]) -> bool:
    """The "no" of "no job" says nothing about the drink that follows it; persons always count."""
    if marker.kind in ("self", "other", "possessive", "about"):
        return False
    return any(span.start <= marker.start and marker.end <= span.end for span in spans)


def _one_language(parts: list[_Part]) -> list[_Part]:
    """Drop the markers of the language that is not spoken: Polish "i" and "on" are English words.

    Needs stay, since people mix; English and Punjabi are one group because they mix most.
    """
    hits = [hit for part in parts for hit in (*part.needs, *part.markers)]
    polish = sum(hit.language == "pl" for hit in hits)
    spoken = 2 * polish > len(hits)
    return [
        _Part(part.tokens, part.needs, [m for m in part.markers if (m.language == "pl") == spoken])
        for part in parts
    ]


# Loading the words


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    index: dict[str, list[_Phrase]] = {}
    for phrase in _phrases(data):
        for key in _first_keys(phrase):
            index.setdefault(key, []).append(phrase)
    numbers = frozenset(word for words in _listed(data["numbers"]).values() for word in words)
    return _Lexicon(index, numbers, _respelling(_plain_words(fold(data["respelled"]))))


def _phrases(data: dict[str, Any]) -> Iterator[_Phrase]:
    groups = {**data["needs"], **data["markers"], "no_need": data["no_need"]}
    groups.update({f"weak {need}": phrases for need, phrases in data["weak"].items()})
    for kind, by_language in groups.items():
        for language, written in _listed(by_language).items():
            for phrase in written:
                yield _Phrase(kind, language, _pattern(phrase, language))


def _listed(by_language: dict[str, str]) -> dict[str, list[str]]:
    return {
        language: [phrase.strip() for phrase in re.split(r"[,\n]", fold(text)) if phrase.strip()]
        for language, text in by_language.items()
    }


def _pattern(phrase: str, language: str) -> tuple[_Place, ...]:
    return tuple(_place(part, language) for part in _PLACE.findall(phrase))


def _place(written: str, language: str) -> _Place:
    """The ways to fill ``(a|b c)``; what stands in square brackets may also be left out."""
    if written == _GAP_PLACE[0][0]:
        return _GAP_PLACE
    options = [_plain_option(option, language) for option in written.strip("()[]").split("|")]
    return (*options, ()) if written.startswith("[") else tuple(options)


def _plain_option(option: str, language: str) -> tuple[str, ...]:
    words = [_LOOSE_SIGNS.sub("", word) for word in option.split()]
    return tuple(_romanised(word) if language == "pa-latn" else word for word in words)


def _first_keys(phrase: _Phrase) -> Iterator[str]:
    for first in sorted(_openings(phrase.pattern)):
        key = first[:_STEM] + "*" if first.endswith("*") else first
        yield "~" + key if phrase.language == "pa-latn" and key != _NUMBER else key


def _openings(pattern: tuple[_Place, ...]) -> set[str]:
    first = {option[0] for option in pattern[0] if option}
    return first | _openings(pattern[1:]) if () in pattern[0] else first


def _respelling(words: Sequence[str]) -> dict[str, str]:
    """One slip of the fingers away from a word that matters, its first letter kept."""
    slips = {slip: word for word in words for slip in _slips(word)}
    return {slip: word for slip, word in slips.items() if slip not in words}


def _slips(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        head, tail = word[:at], word[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in ascii_lowercase:
            yield head + letter + tail[1:]
            yield head + letter + tail
