"""STOP, START and HELP by rule, for ever: what a text commands, before any model reads it.

A pure function over ``stop_words.yml``. Whoever opts out of texts must be heard with any slip of
the thumb; whoever writes "I can't stop drinking" must not be opted out of help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from rapidfuzz.distance import OSA

from outreach.texts.folding import words_of

Command = Literal["stop", "start", "help"]
COMMANDS: tuple[Command, ...] = ("stop", "start", "help")

_FILE = Path(__file__).with_name("stop_words.yml")
# Nothing longer is listed as a whole; of a long text the beginning and the end are read.
_MOST, _READ = 400, 1_600
_CLAUSE = re.compile(r"[.!?;,:()।\n\r\u2013\u2014]+|\s-+\s")
_ALONE = re.compile(r"[\W_]*STOP[\W_]*")
_LEET = str.maketrans("05$", "oss")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_RUN = re.compile(r"(.)\1{2,}")
_SHORTEST, _LONG = 4, 8
# So many sentences at either end are looked at.
_SENTENCES = 10


@dataclass(frozen=True)
class _Lists:
    """What ``stop_words.yml`` holds of one command, folded as texts are."""

    words: frozenset[str]
    whole: frozenset[str]
    begins: tuple[str, ...]
    near: tuple[str, ...]


def command_of(text: str) -> Command | None:
    """What ``text`` commands: no more texts, texts again, or who to ring; None for anything else.

    STOP counts in a sentence or line of its own too, so that a text can be both an opt-out and a
    cry for help; START and HELP count only as the whole text. Never raises.
    """
    said = _heard(text if len(text) <= _MOST else "")
    bare = _bare(said)
    for command in COMMANDS:
        if _is(command, said) or (command != "help" and _is(command, bare)):
            return command
    return "stop" if _stops_among(text) else None


def _heard(text: str) -> tuple[str, ...]:
    """The folded words; letters typed apart are joined, and a word said over and over is one."""
    words = [_RUN.sub(r"\1", _spelt(word)) for word in words_of(_HYPHEN.sub("", text))]
    if len(words) > 2 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    return tuple(words[:1]) if len(set(words)) == 1 else tuple(words)


def _spelt(word: str) -> str:
    return word if word.isdecimal() else word.translate(_LEET)


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without polite ones at either end."""
    polite = _polite()
    while words and words[0] in polite:
        words = words[1:]
    while words and words[-1] in polite:
        words = words[:-1]
    return words


def _is(command: Command, words: tuple[str, ...]) -> bool:
    lists = _lists()[command]
    if len(words) == 1:
        return words[0] in lists.words or _slip(words[0], lists.near)
    return " ".join(words) in lists.whole or _begins(words, lists.begins)


def _begins(words: tuple[str, ...], phrases: Iterable[str]) -> bool:
    line = f"{' '.join(words)} "
    return any(line.startswith(f"{phrase} ") for phrase in phrases)


def _slip(word: str, near: Iterable[str]) -> bool:
    """Whether a word that is none is a slip of the thumb away from one that counts."""
    if len(word) < _SHORTEST or word in _real():
        return False
    return any(_close(word, each) for each in near)


def _close(word: str, wanted: str) -> bool:
    most = 2 if len(wanted) >= _LONG else 1
    return OSA.distance(word, wanted, score_cutoff=most) <= most


def _stops_among(text: str) -> bool:
    """Whether a sentence or line of its own says it: listed words, or STOP alone in capitals."""
    # Who writes all in capitals does not single the word out.
    loud = text.isupper()
    clauses = _CLAUSE.split(text[:_READ]) + _CLAUSE.split(text[_READ:][-_READ:])
    for clause in clauses[:_SENTENCES] + clauses[_SENTENCES:][-_SENTENCES:]:
        if not loud and (_ALONE.fullmatch(clause) or _turns_to_us(clause)):
            return True
        words = _bare(_heard(clause[:_MOST]))
        if len(words) > 1 and _is("stop", words):
            return True
    return False


def _turns_to_us(clause: str) -> bool:
    first, _, rest = clause.strip().partition(" ")
    following = words_of(rest[:40])
    return first == "STOP" and bool(following) and following[0] in _myself()


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


@lru_cache(maxsize=1)
def _lists() -> dict[Command, _Lists]:
    return {command: _listed(command) for command in COMMANDS}


def _listed(command: Command) -> _Lists:
    of, near = _read()[command], _read()["near"][command]
    return _Lists(
        words=_folded(of["words"]),
        whole=_folded(of.get("whole", ())) | _folded(of.get("begins", ())),
        begins=tuple(sorted(_folded(of.get("begins", ())))),
        near=tuple(near),
    )


@lru_cache(maxsize=1)
def _real() -> frozenset[str]:
    return _folded(_read()["real"])


@lru_cache(maxsize=1)
def _polite() -> frozenset[str]:
    return _folded(_read()["polite"])


@lru_cache(maxsize=1)
def _myself() -> frozenset[str]:
    return _folded(_read()["myself"])


def _folded(listed: Iterable[object]) -> frozenset[str]:
    return frozenset(" ".join(words_of(str(each))) for each in listed)
