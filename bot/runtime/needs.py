"""Reads from a participant's own words which kinds of help they need, by reviewed rule.

The words stand in ``data/nlu/participant/need_words.yml``; this module says how they combine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from bot.runtime.phrases import Hit, Lexicon, build_lexicon, find_hits, words_of
from bot.runtime.text import clauses, fold

WORDS_FILE = Path(__file__).resolve().parents[2] / "data/nlu/participant/need_words.yml"

NEED_CODES = (
    "alcohol", "drugs", "mental_health", "trauma", "relationships", "da_perpetrator", "da_victim",
    "housing", "money", "gambling", "parenting", "work", "health",
)  # fmt: skip
# Harm done or suffered stays a need however long ago it was, so "used to" never retires these.
_NEVER_PAST = frozenset({"trauma", "relationships", "da_perpetrator", "da_victim", "parenting"})
# A child named in it is not the one who asks: "my lad is playing up".
_ALWAYS_OWN = frozenset({"parenting"})
_ADDICTIONS = frozenset({"alcohol", "drugs", "gambling"})
_STATES = ("current", "past", "denied")
_WEAK = "weak "

# How many words may stand between a marker and the need that it governs.
_DENY_BEFORE = 4
_DENY_AFTER = 2
_NO_LONGER = 4
_PAST_BEFORE = 6
_LONGEST_BREATH = 100

# "but" in Gurmukhi is also two letters inside other words ("depression"); a joiner hides those.
_INNER_BUT = re.compile("(?<=[\u0a00-\u0a7f])ਪਰ|ਪਰ(?=[\u0a00-\u0a7f])")


@dataclass(frozen=True)
class NeedReading:
    """One need as the message states it; ``whose`` is self or other, ``words`` what said so."""

    need: str
    whose: str
    state: str
    words: str


@dataclass(frozen=True)
class _Part:
    """One clause: its words, the needs named in it and the markers that qualify them."""

    words: list[str]
    needs: list[Hit]
    markers: list[Hit]

    def of(self, *kinds: str) -> list[Hit]:
        """The markers of these kinds, in the order of the words."""
        return [hit for hit in self.markers if hit.kind in kinds]


def read_needs(text: str) -> list[NeedReading]:
    """The needs a message states, in its order, so that search and the learned layer can use them.

    All languages are read at once, whatever was chosen. A need said twice of one person is given
    once, the most present state winning. Never raises on any text; no need gives an empty list.
    """
    folded = _INNER_BUT.sub("ਪ\u200dਰ", fold(text))
    said = (words for clause in clauses(folded) for words in _breaths(clause.text))
    parts = _one_language([_scan(words) for words in said])
    certain: list[NeedReading] = []
    weak: list[NeedReading] = []
    carried = topic = "self"
    for index, part in enumerate(parts):
        carried = carried if _continues(part, parts[index - 1] if index else None) else topic
        following = parts[index + 1] if index + 1 < len(parts) else None
        readings = [(hit, _reading(hit, part, following, carried)) for hit in part.needs]
        for hit, reading in readings:
            (weak if hit.kind.startswith(_WEAK) else certain).append(reading)
        carried = _subject(part, len(part.words), carried)
        own = any(_is_own(reading) for _, reading in readings)
        topic = "other" if _asks_for_another(part) else "self" if own else topic
    known = any(_is_own(reading) for reading in certain)
    return _most_present([*certain, *(one for one in weak if not (known and _is_own(one)))])


def _is_own(reading: NeedReading) -> bool:
    return reading.whose == "self" and reading.state == "current"


def _reading(hit: Hit, part: _Part, following: _Part | None, carried: str) -> NeedReading:
    need = hit.kind.removeprefix(_WEAK)
    own = need in _ALWAYS_OWN or _names_self(hit, part)
    whose = "self" if own else _subject(part, hit.start, carried)
    state = _state(need, hit, part, following)
    return NeedReading(need, whose, state, " ".join(part.words[hit.start : hit.end]))


def _most_present(readings: Iterable[NeedReading]) -> list[NeedReading]:
    kept: dict[tuple[str, str], NeedReading] = {}
    for reading in readings:
        key = (reading.need, reading.whose)
        if key not in kept or _STATES.index(reading.state) < _STATES.index(kept[key].state):
            kept[key] = reading
    return list(kept.values())


# Whose need it is


def _names_self(hit: Hit, part: _Part) -> bool:
    return any(hit.start <= me.start and me.end <= hit.end for me in part.of("self"))


def _subject(part: _Part, before: int, carried: str) -> str:
    """The last person named before this word, the writer unless somebody else was."""
    named = [
        hit
        for hit in part.of("self", "other", "other_next")
        if hit.end <= before and _can_be_subject(hit, part, before)
    ]
    if not named:
        return carried
    return "self" if max(named, key=lambda hit: (hit.end, -hit.start)).kind == "self" else "other"


def _can_be_subject(hit: Hit, part: _Part, before: int) -> bool:
    if hit.kind == "self":
        return True
    if hit.kind == "other_next":
        return before - hit.end <= 1
    return not _stands_beside(hit, part)


def _stands_beside(person: Hit, part: _Part) -> bool:
    """Whether a person is only mentioned: "with my brother", "lost my wife", "patni naal"."""
    start = _before_possessive(person, part)
    before = any(hit.end == start for hit in part.of("beside"))
    return before or any(hit.start == person.end for hit in part.of("beside_after"))


def _before_possessive(person: Hit, part: _Part) -> int:
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
        not previous.needs and hit.end == _before_possessive(person, previous)
        for person in previous.of("other")
        for hit in previous.of("about")
    )


def _asks_for_another(part: _Part) -> bool:
    """Whether the message is on behalf of somebody: "I write for my brother", "not for me"."""
    starts = {_before_possessive(person, part) for person in part.of("other")}
    return bool(part.of("not_me")) or any(hit.end in starts for hit in part.of("topic"))


# Whether it is a need now


def _state(need: str, hit: Hit, part: _Part, following: _Part | None) -> str:
    if _denied(need, hit, part):
        return "past" if _no_longer(hit, part) and need not in _NEVER_PAST else "denied"
    if need in _NEVER_PAST:
        return "current"
    if _past(hit, part) or (need in _ADDICTIONS and _recovered(part, following)):
        return "past"
    return "current"


def _denied(need: str, hit: Hit, part: _Part) -> bool:
    behind = ("deny_after", "deny_use_after") if need in _ADDICTIONS else ("deny_after",)
    return any(_denies_ahead(deny, hit, part) for deny in part.of("deny", "deny_next")) or any(
        0 <= deny.start - hit.end <= _DENY_AFTER
        and not _any_between(part, ("wanting",), hit.end, deny.end + 2)
        for deny in part.of(*behind)
    )


def _denies_ahead(deny: Hit, hit: Hit, part: _Part) -> bool:
    reach = 0 if deny.kind == "deny_next" else _DENY_BEFORE
    if not 0 <= hit.start - deny.end <= reach:
        return False
    return not _any_between(part, ("self", "other", "wanting", "now"), deny.end, hit.start)


def _no_longer(hit: Hit, part: _Part) -> bool:
    reach = range(-_NO_LONGER, _NO_LONGER + 1)
    return any(
        end.start - hit.end in reach or end.end - hit.start in reach for end in part.of("no_longer")
    )


def _past(hit: Hit, part: _Part) -> bool:
    if any(still.end <= hit.start for still in part.of("still")):
        return False
    ahead = any(
        0 <= hit.start - past.end <= _PAST_BEFORE
        and not _any_between(part, ("now", "wanting"), past.end, hit.start)
        for past in part.of("past", "past_before")
    )
    behind = any(
        past.start >= hit.end and not _any_between(part, ("now",), hit.end, past.start)
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
    return any(start <= hit.start < end for hit in part.of(*kinds))


# Finding the words


def _breaths(clause: str) -> Iterator[list[str]]:
    """A clause in stretches of bounded length: text without a stop must not cost its square."""
    words = words_of(clause, _lexicon())
    for start in range(0, len(words), _LONGEST_BREATH):
        yield words[start : start + _LONGEST_BREATH]


def _scan(words: list[str]) -> _Part:
    hits = find_hits(words, _lexicon())
    spans = _apart([hit for hit in hits if _is_span(hit)])
    needs = sorted((hit for hit in spans if hit.kind != "no_need"), key=lambda hit: hit.start)
    markers = [hit for hit in hits if not _is_span(hit) and not _swallowed(hit, spans)]
    return _Part(words, needs, markers)


def _is_span(hit: Hit) -> bool:
    return hit.kind == "no_need" or hit.kind.removeprefix(_WEAK) in NEED_CODES


def _apart(hits: Iterable[Hit]) -> list[Hit]:
    """The longest of overlapping phrases: "no money for therapy" hides "no money"."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start, h.kind.startswith(_WEAK))):
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return kept


def _swallowed(marker: Hit, spans: Iterable[Hit]) -> bool:
    """The "no" of "no job" says nothing about the drink that follows it; persons always count."""
    if marker.kind in ("self", "other", "possessive", "about", "beside", "topic", "not_me"):
        return False
    return any(span.start <= marker.start and marker.end <= span.end for span in spans)


def _one_language(parts: list[_Part]) -> list[_Part]:
    """Drop the markers of the language that is not spoken: Polish "i" and "on" are English words.

    Needs stay, since people mix; English and Punjabi are one group because they mix most.
    """
    hits = [hit for part in parts for hit in (*part.needs, *part.markers)]
    polish = 2 * sum(hit.language == "pl" for hit in hits) >= len(hits)
    return [
        _Part(part.words, part.needs, [m for m in part.markers if (m.language == "pl") == polish])
        for part in parts
    ]


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    data = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    weak = {_WEAK + need: phrases for need, phrases in data["weak"].items()}
    groups = {**data["needs"], **weak, **data["markers"], "no_need": data["no_need"]}
    return build_lexicon(groups, data["numbers"], data["respelled"])
