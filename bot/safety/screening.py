"""The screen: what a message and the last ones before it show of a risk, by reviewed patterns."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.safety.lexicon import BREAK, COMMA, Lexicon, read_lexicon
from bot.safety.model import Finding, Kind, Level, urgency
from bot.safety.notation import (
    DENIALS,
    Element,
    Pattern,
    allowed,
    compile_reading,
    read_patterns,
)
from bot.safety.reading import Reader

_HERE = Path(__file__).parent
_REMEMBERED = 5
_JOINED = 3
_WINDOW = 48
_OVERLAP = 16
_LOWERS_ACROSS = {"past": 0, "fiction": 1}


@dataclass(frozen=True)
class _Match:
    pattern: Pattern
    start: int
    end: int


class _Screen:
    """The compiled patterns. A pattern is tried only where its least common word stands."""

    def __init__(self, folder: Path) -> None:
        lexicon = read_lexicon(folder / "words")
        patterns = read_patterns(folder / "patterns", lexicon)
        elements = [e for p in patterns for reading in p.readings for e in reading]
        self.reader = Reader(
            lexicon,
            {word for e in elements for word in e.words},
            {stem for e in elements for stem in e.stems},
        )
        self._patterns = {pattern.id: pattern for pattern in patterns}
        self._transparent = lexicon.classes["THROUGH"]
        self._vocab = Vocab()
        self._matchers = self._compile(patterns, lexicon)

    def _compile(self, patterns: Sequence[Pattern], lexicon: Lexicon) -> dict[str, Matcher]:
        known, common = self.reader.vocabulary, lexicon.classes["COMMON"]
        by_anchor: dict[str, dict[str, list[list[dict[str, object]]]]] = {}
        for pattern in patterns:
            for reading in pattern.readings:
                tokens = compile_reading(reading, known)
                for anchor in _anchors(reading, known, common):
                    by_anchor.setdefault(anchor, {}).setdefault(pattern.id, []).append(tokens)
        matchers = {}
        for anchor, entries in by_anchor.items():
            matchers[anchor] = Matcher(self._vocab, validate=False)
            for id_, tokens in entries.items():
                matchers[anchor].add(id_, tokens)
        return matchers

    def matches(self, words: list[str]) -> list[_Match]:
        """Every pattern found, with where; long sentences are read in overlapping windows."""
        doc = Doc(self._vocab, words=words)
        found = {
            (self._vocab.strings[key], start + left, start + right)
            for start, end in _windows(words)
            for anchor in self._matchers.keys() & set(words[start:end])
            for key, left, right in self._matchers[anchor](doc[start:end])
        }
        return [_Match(self._patterns[id_], left, right) for id_, left, right in sorted(found)]

    def findings(self, words: list[str], audience: str) -> Iterator[tuple[Finding, bool]]:
        """What the words show, each with whether it is a hint, which needs a second one."""
        matches = self.matches(words)
        idioms = [m for m in matches if m.pattern.role == "idiom"]
        frames = [m for m in matches if m.pattern.role in _LOWERS_ACROSS]
        breaks = list(itertools.accumulate(word == BREAK for word in words))
        for match in matches:
            kind, level = match.pattern.kind, match.pattern.level(audience)
            if kind is None or self._denied(match, words) or _overlapped(match, idioms):
                continue
            if match.pattern.role == "hint":
                yield Finding(kind, Level.check, match.pattern.id), True
            elif level and (lowered := _lowered(level, match, frames, breaks)):
                yield Finding(kind, lowered, match.pattern.id), False

    def _denied(self, match: _Match, words: list[str]) -> bool:
        """A denial governs a match that it reaches through words that carry it on."""
        for at in range(match.start - 1, -1, -1):
            if words[at] in DENIALS:
                return True
            if words[at] not in self._transparent:
                return False
        return False


def _anchors(
    reading: tuple[Element, ...], known: frozenset[str], common: frozenset[str]
) -> frozenset[str]:
    """The words one of which every match holds: those of the place with the rarest words."""
    required = [allowed(e, known) for e in reading if not e.optional and not e.gap]
    return min(required, key=lambda words: sum(20 if word in common else 1 for word in words))


def _windows(words: list[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in [*(n for n, word in enumerate(words) if word == BREAK), len(words)]:
        for left in range(start, max(end - _OVERLAP, start + 1), _WINDOW - _OVERLAP):
            yield left, min(left + _WINDOW, end)
        start = end + 1


def _overlapped(match: _Match, idioms: Iterable[_Match]) -> bool:
    return any(idiom.start < match.end and match.start < idiom.end for idiom in idioms)


def _lowered(
    level: Level, match: _Match, frames: Iterable[_Match], breaks: Sequence[int]
) -> Level | None:
    """One level less where the sentence speaks of the past, or this or the next of fiction."""
    sentence = breaks[match.start]
    if match.pattern.firm or not any(
        abs(breaks[frame.start] - sentence) <= _LOWERS_ACROSS[frame.pattern.role]
        for frame in frames
    ):
        return level
    return Level.check if level is Level.alarm else None


_SCREEN = _Screen(_HERE)


def screen(
    text: str,
    language: str = "en",
    previous: Sequence[str] = (),
    audience: str = "participant",
) -> Finding | None:
    """The most serious risk that a message shows, alone or with the person's last ones; or None.

    Pure, without input or output, and total: any string has an answer. Words of every language
    are understood whatever was chosen; ``language`` only settles misspelt words. ``previous``
    holds the person's own last messages, oldest first. An officer's account of an offence is no
    finding, a risk from now on is (``officer:`` in the pattern files).
    """
    earlier = list(previous)[-_REMEMBERED:]
    now = list(_SCREEN.findings(_SCREEN.reader.read(text, language), audience))
    found = [finding for finding, hint in now if not hint]
    if not earlier and not found and len(now) < 2:
        return None
    found += _together(text, earlier, now, language, audience)
    return min(found, key=urgency, default=None)


def _together(
    text: str, earlier: list[str], now: list[tuple[Finding, bool]], language: str, audience: str
) -> Iterator[Finding]:
    """What only shows across messages: a phrase that runs on, or hints that add up."""
    before = [
        entry
        for message in earlier
        for entry in _SCREEN.findings(_SCREEN.reader.read(message, language), audience)
    ]
    if earlier:
        joined = " ".join(message.rstrip(" .!?…") for message in [*earlier[-_JOINED:], text])
        alone = {finding.pattern for finding, _ in [*before, *now]}
        words = _SCREEN.reader.read(joined, language)
        yield from (
            finding
            for finding, hint in _SCREEN.findings(words, audience)
            if not hint and finding.pattern not in alone
        )
    fresh = {(f.kind, f.pattern) for f, hint in now if hint}
    for kind in {kind for kind, _ in fresh}:
        hints = sorted({f.pattern for f, hint in [*before, *now] if hint and f.kind == kind})
        if len(hints) > 1:
            yield Finding(kind, Level.check, "+".join(hints))
