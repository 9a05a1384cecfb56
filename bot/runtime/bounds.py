"""Reads by reviewed rule whether a message asks for what the assistant does not do.

The words stand in ``data/nlu/shared/bounds_words.yml``: they are there to be right when they speak,
and the classifier finds the rest. The whole message is read, since a quarrel and a pregnancy are
often told in two breaths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.phrases import Hit, Lexicon, build_lexicon, find_hits, words_of
from bot.runtime.text import clauses, fold

WORDS_FILE = Path(__file__).resolve().parents[2] / "data/nlu/shared/bounds_words.yml"
_PART = re.compile(r"\{(\w+)\}")
_NOTHING = "nothing"
_BEGIN, _END = "^", "$"
_LONGEST_BREATH = 100


@dataclass(frozen=True)
class _Rules:
    """The word list made ready for one audience."""

    lexicon: Lexicon
    joined: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    shapes: tuple[re.Pattern[str], ...]


def read_bound(text: str, audience: str | None) -> str | None:
    """The intent that the words tell by themselves, or None. Never raises on any text."""
    rules = _rules("officer" if audience == "officer" else "participant")
    if any(shape.search(text) for shape in rules.shapes):
        return rules.order[0]
    told = {hit.kind for words in _breaths(text, rules.lexicon) for hit in _hits(words, rules)}
    told |= {bound for bound, parts in rules.joined.items() if told.issuperset(parts)}
    return next((bound for bound in rules.order if bound in told), None)


@lru_cache(maxsize=1)
def bounds() -> frozenset[str]:
    """Every intent that is one of the assistant's bounds."""
    return frozenset(_file()["order"])


@lru_cache(maxsize=1)
def gives_way() -> frozenset[str]:
    """The bounds that a need told beside them outweighs."""
    return frozenset(_file()["gives_way"])


def _hits(words: list[str], rules: _Rules) -> list[Hit]:
    """The longest of overlapping phrases, so that one of ``nothing`` hides what it holds."""
    hits = find_hits(words, rules.lexicon)
    silent = [hit for hit in hits if hit.kind == _NOTHING]
    return [hit for hit in hits if hit.kind != _NOTHING and not _hidden(hit, silent)]


def _hidden(hit: Hit, silent: Iterable[Hit]) -> bool:
    return any(other.start <= hit.start and hit.end <= other.end for other in silent)


def _breaths(text: str, lexicon: Lexicon) -> Iterator[list[str]]:
    """Each clause between its ends, in stretches of bounded length."""
    for clause in clauses(fold(text)):
        words = [_BEGIN, *words_of(clause.text, lexicon), _END]
        for start in range(0, len(words), _LONGEST_BREATH):
            yield words[start : start + _LONGEST_BREATH]


@lru_cache(maxsize=2)
def _rules(audience: str) -> _Rules:
    data = _file()
    groups: dict[str, dict[str, str]] = {_NOTHING: data["nothing"]}
    for section in ("everybody", "participant") if audience == "participant" else ("everybody",):
        for kind, by_language in data[section].items():
            for language, phrases in by_language.items():
                known = groups.setdefault(kind, {})
                known[language] = "\n".join([known.get(language, ""), phrases])
    filled = {kind: _filled(by_language, data["parts"]) for kind, by_language in groups.items()}
    return _Rules(
        build_lexicon(filled, data["numbers"], data["respelled"]),
        {bound: tuple(parts) for bound, parts in data["joined"].items()},
        tuple(data["order"]),
        tuple(re.compile(shape, re.IGNORECASE | re.DOTALL) for shape in data["shapes"]),
    )


def _filled(by_language: Mapping[str, str], parts: Mapping[str, str]) -> dict[str, str]:
    return {
        language: _PART.sub(lambda named: parts[named[1]], phrases)
        for language, phrases in by_language.items()
    }


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return loaded
