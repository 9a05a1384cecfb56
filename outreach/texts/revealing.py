"""Whether words that somebody else may see tell what a person is helped with, or why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from outreach.texts.folding import accented_words_of, folded, words_of

_FILE = Path(__file__).with_name("revealing.yml")
# What stands in an address of a page or of post, whose words are run together.
_INSIDE_ADDRESS = re.compile(r"[.@]\w")
_NOT_WRITTEN = re.compile(r"[\W_]+")
# Shorter beginnings stand by accident in an address.
_SHORTEST_INSIDE = 5


@dataclass(frozen=True)
class _Lists:
    """What ``revealing.yml`` holds, folded as texts are."""

    words: frozenset[str]
    accented: frozenset[str]
    starts: tuple[str, ...]
    phrases: tuple[str, ...]
    inside: tuple[str, ...]


def reveals(text: str) -> bool:
    """Whether ``text`` must not be seen by somebody else: in a text, a name or an address.

    It reads words in all three languages, whichever the text is in, and never raises.
    """
    lists, said = _lists(), words_of(text)
    line = f" {' '.join(said)} "
    return (
        not lists.words.isdisjoint(said)
        or not lists.accented.isdisjoint(accented_words_of(text))
        or any(word.startswith(lists.starts) for word in said)
        or any(f" {phrase} " in line for phrase in lists.phrases)
        or any(_address_reveals(each, lists) for each in text.split())
    )


def _address_reveals(word: str, lists: _Lists) -> bool:
    if not _INSIDE_ADDRESS.search(word):
        return False
    together = _NOT_WRITTEN.sub("", folded(word))
    return any(part in together for part in lists.inside)


@lru_cache(maxsize=1)
def _lists() -> _Lists:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    of = {name: [" ".join(words_of(str(each))) for each in listed] for name, listed in read.items()}
    inside = [each.replace(" ", "") for each in [*of["starts"], *of["names"]]]
    return _Lists(
        words=frozenset(of["words"]),
        accented=frozenset(read["accented"]),
        starts=tuple(of["starts"]),
        phrases=tuple(of["phrases"] + of["names"]),
        inside=tuple(each for each in inside if len(each) >= _SHORTEST_INSIDE),
    )
