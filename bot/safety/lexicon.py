"""Words: what fillers to drop, which spellings and phrases mean one thing, which words are known.

The lists themselves are reviewed data in ``words/<language>.yml``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.safety.folding import fold

LANGUAGES = ("en", "pl", "pa")
BREAK, COMMA, OTHER = ".", ",", "_"

_GROUP = re.compile(r"\(([^()]*)\)")
_MANY = 8

Words = tuple[str, ...]


class Rules(dict[Words, Words]):
    """Phrases and what they are replaced by; ``lengths`` of the phrases that begin with a word."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: dict[str, list[int]] = {}

    def learn(self, source: Words, target: Words) -> None:
        """Add a phrase; the longest of several that fit is the one that counts."""
        if self.get(source, target) != target:
            raise ValueError(f"{source} is given two readings: {self[source]} and {target}")
        self[source] = target
        lengths = {*self.lengths.get(source[0], ()), len(source)}
        self.lengths[source[0]] = sorted(lengths, reverse=True)

    def apply(self, words: Sequence[str]) -> list[str]:
        """Replace, left to right, the longest phrase known."""
        out: list[str] = []
        at = 0
        while at < len(words):
            for length in self.lengths.get(words[at], ()):
                target = self.get(tuple(words[at : at + length]))
                if target is not None:
                    out.extend(target)
                    at += length
                    break
            else:
                out.append(words[at])
                at += 1
        return out


def load(path: Path) -> Any:
    """Read one reviewed YAML file."""
    # The C parser is ten times as quick, and as safe; a build of PyYAML may lack it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506


def expand(phrase: str) -> list[str]:
    """All readings of a phrase with groups: ``(a|b c|) d`` is ``a d``, ``b c d`` and ``d``."""
    group = _GROUP.search(phrase)
    if not group:
        return [" ".join(phrase.split())]
    head, tail = phrase[: group.start()], phrase[group.end() :]
    return list(
        dict.fromkeys(
            reading
            for choice in group[1].split("|")
            for reading in expand(f"{head} {choice} {tail}")
        )
    )


@dataclass(frozen=True)
class Lexicon:
    """Rules that bring a row of words to canonical words. ``respell`` runs before ``frames``.

    ``frames`` turn whole phrases into one token of meaning in capitals ("going to" is WILL, "my
    ex" is PARTNER), so that a pattern is written once and not for every way of saying it.
    """

    fillers: frozenset[str]
    respell: Rules
    frames: Rules
    classes: dict[str, frozenset[str]]
    core: frozenset[str]
    misspelt: dict[str, frozenset[str]]
    emoji: dict[str, str]

    def canonical(self, words: Sequence[str]) -> list[str]:
        """The words as patterns know them: respelt, without fillers, numbers and phrases named."""
        respelt = self.respell.apply(words)
        kept = [_number(word) for word in respelt if word not in self.fillers]
        return self.frames.apply(kept)

    @cached_property
    def known(self) -> frozenset[str]:
        """Every word that the rules themselves speak of."""
        sources = itertools.chain.from_iterable(
            source + target
            for rules in (self.respell, self.frames)
            for source, target in rules.items()
        )
        return frozenset(
            itertools.chain(sources, self.fillers, self.core, *self.classes.values())
        ) | frozenset(itertools.chain(*self.misspelt.values()))


@dataclass
class _Draft:
    """The lists of all languages while they are being put together."""

    fillers: set[str] = field(default_factory=set)
    respell: Rules = field(default_factory=Rules)
    frames: Rules = field(default_factory=Rules)
    classes: dict[str, set[str]] = field(default_factory=dict)
    core: set[str] = field(default_factory=set)
    misspelt: dict[str, frozenset[str]] = field(default_factory=dict)
    emoji: dict[str, str] = field(default_factory=dict)


def read_lexicon(folder: Path) -> Lexicon:
    """Put the word lists of all languages together: a message may mix them."""
    draft, sheets = _Draft(), {code: load(folder / f"{code}.yml") for code in LANGUAGES}
    for code, sheet in sheets.items():
        draft.fillers |= {fold(word) for word in _listed(sheet.get("fillers"))}
        draft.core |= {fold(word) for word in _listed(sheet.get("core"))}
        draft.misspelt[code] = frozenset(fold(word) for word in _listed(sheet.get("misspelt")))
        draft.emoji |= sheet.get("emoji", {})
        _add_rules(draft.respell, sheet.get("respell", {}), _plain)
    for sheet in sheets.values():
        _add_rules(draft.frames, sheet.get("frames", {}), lambda text: _settled(text, draft))
    for sheet in sheets.values():
        for name, words in sheet.get("classes", {}).items():
            draft.classes.setdefault(name, set()).update(_member(w, draft) for w in _listed(words))
    return Lexicon(
        frozenset(draft.fillers),
        draft.respell,
        draft.frames,
        {name: frozenset(words) for name, words in draft.classes.items()},
        frozenset(draft.core),
        draft.misspelt,
        draft.emoji,
    )


def _listed(words: str | None) -> list[str]:
    return words.split() if words else []


def _plain(text: str) -> Words:
    return tuple(word if word.isupper() else fold(word) for word in text.split())


def _settled(text: str, draft: _Draft) -> Words:
    """A frame's source is compared after respelling, so it is respelt itself."""
    words = tuple(draft.respell.apply(_plain(text)))
    if fillers := draft.fillers.intersection(words):
        raise ValueError(f"{text!r} can never be read: {sorted(fillers)} are dropped as fillers")
    return words


def _member(word: str, draft: _Draft) -> str:
    settled = draft.frames.apply(_settled(word, draft))
    if len(settled) != 1:
        raise ValueError(f"a class holds single words, but {word!r} reads as {settled}")
    return settled[0]


def _add_rules(rules: Rules, sheet: dict[str, Iterable[str]], read: Callable[[str], Words]) -> None:
    for target, sources in sheet.items():
        result = () if target == "NOTHING" else tuple(target.removesuffix("+").split())
        for source in itertools.chain.from_iterable(map(expand, sources)):
            words = read(source)
            rules.learn(words, result + words[-1:] if target.endswith("+") else result)


def _number(word: str) -> str:
    if not word.isdecimal():
        return word
    return "MANY" if len(word) > 2 or int(word) >= _MANY else "FEW"
