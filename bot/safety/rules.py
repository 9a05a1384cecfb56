"""The first layer: what a message and the last ones before it show, by reviewed patterns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.safety.lexicon import BREAK, read_lexicon
from bot.safety.model import Finding, Level, urgency
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
_WINDOW = 32
_OVERLAP = 14
# Kept matchers, at 6 kB each: 3,578 development texts together try 696.
_MATCHERS = 4000
_LOWERS_ACROSS = {"past": 0, "fiction": 1}


@dataclass(frozen=True)
class _Match:
    pattern: Pattern
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class _Probe:
    """One reading of a pattern, and the words of each place without which it cannot match."""

    pattern: Pattern
    reading: tuple[Element, ...]
    needs: tuple[frozenset[str], ...]


class _Screen:
    """The patterns. One is tried only where a word for each of its places stands.

    That is seldom, so spaCy's matcher of a reading is made when it is first tried: all of them
    would take 100 MB.
    """

    def __init__(self, folder: Path) -> None:
        lexicon = read_lexicon(folder / "words")
        patterns = read_patterns(folder / "patterns", lexicon)
        elements = [e for p in patterns for reading in p.readings for e in reading]
        self.reader = Reader(
            lexicon,
            {word for e in elements for word in e.words},
            {stem for e in elements for stem in e.stems},
        )
        self._transparent = lexicon.classes["THROUGH"]
        self._vocab = Vocab()
        self._matcher = lru_cache(_MATCHERS)(self._compiled)
        self._probes: dict[str, list[_Probe]] = {}
        for pattern in patterns:
            for reading in pattern.readings:
                self._add(self._probe(pattern, reading), lexicon.classes["COMMON"])

    def _probe(self, pattern: Pattern, reading: tuple[Element, ...]) -> _Probe:
        known = self.reader.vocabulary
        needs = (allowed(e, known) for e in reading if not e.optional and not e.gap)
        return _Probe(pattern, reading, tuple(needs))

    def _compiled(self, probe: _Probe) -> Matcher:
        matcher = Matcher(self._vocab, validate=False)
        matcher.add(probe.pattern.id, [compile_reading(probe.reading, self.reader.vocabulary)])
        return matcher

    def _add(self, probe: _Probe, common: frozenset[str]) -> None:
        """File the probe under the words of its rarest place, by which it is found."""
        for word in min(probe.needs, key=lambda words: _commonness(words, common)):
            self._probes.setdefault(word, []).append(probe)

    def matches(self, words: list[str]) -> list[_Match]:
        """Every pattern found, with where; long sentences are read in overlapping windows."""
        doc = Doc(self._vocab, words=words)
        found: dict[tuple[str, int, int], _Match] = {}
        for start, end in _windows(words):
            here = set(words[start:end])
            for probe in {id(p): p for w in here for p in self._probes.get(w, ())}.values():
                if any(map(here.isdisjoint, probe.needs)):
                    continue
                for _, left, right in self._matcher(probe)(doc[start:end]):
                    match = _Match(probe.pattern, start + left, start + right)
                    found[probe.pattern.id, match.start, match.end] = match
        return list(found.values())

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


def _commonness(words: frozenset[str], common: frozenset[str]) -> int:
    return sum(20 if word in common else 1 for word in words)


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


def found_by_rule(
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

    def shown(message: str) -> list[tuple[Finding, bool]]:
        return list(_SCREEN.findings(_SCREEN.reader.read(message, language), audience))

    now, earlier = shown(text), list(previous)[-_REMEMBERED:]
    found = [finding for finding, hint in now if not hint]
    if any(hint for _, hint in now):
        found += _added_up([entry for message in earlier for entry in shown(message)], now)
    if earlier:
        recent = [message.rstrip(" .!?…") for message in earlier[-_JOINED:]]
        joined = [finding for finding, hint in shown(" ".join([*recent, text])) if not hint]
        found += _only_together(joined, found, lambda: map(shown, [*recent, " ".join(recent)]))
    return min(found, key=urgency, default=None)


def _only_together(
    joined: list[Finding],
    alone: list[Finding],
    earlier: Callable[[], Iterable[list[tuple[Finding, bool]]]],
) -> list[Finding]:
    """Findings of the joined messages that neither the last nor the earlier ones show alone.

    The earlier ones are read again only if it matters, which is seldom.
    """
    answered = {finding.pattern for finding in alone}
    if all(finding.pattern in answered for finding in joined):
        return []
    answered |= {finding.pattern for shown in earlier() for finding, _ in shown}
    return [finding for finding in joined if finding.pattern not in answered]


def _added_up(
    before: list[tuple[Finding, bool]], now: list[tuple[Finding, bool]]
) -> Iterator[Finding]:
    """Two different hints of one kind are a question, if one of them is new."""
    for kind in {finding.kind for finding, hint in now if hint}:
        hints = {f.pattern for f, hint in [*before, *now] if hint and f.kind == kind}
        if len(hints) > 1:
            yield Finding(kind, Level.check, "+".join(sorted(hints)))
