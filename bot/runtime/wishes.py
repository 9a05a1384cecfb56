"""Reads by reviewed rule what kind of help somebody wants, and which shown service they mean.

The words stand in ``data/nlu/participant/wish_words.yml``. A wish narrows the search; a reference
("is the second one open?", "that number's dead") speaks of what the assistant showed last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.phrases import Lexicon, build_lexicon, find_hits, words_of
from bot.runtime.text import clauses, fold

WORDS_FILE = Path(__file__).resolve().parents[2] / "data/nlu/participant/wish_words.yml"
THAT, DEAD = "that", "dead"
# Nobody asks these of anything but what stands before them, even without a word for it.
_OF_WHAT_WAS_SHOWN = (DEAD, "language", "referral", "text")
_LONGEST_REFERENCE = 14
_BEGIN, _END = "^", "$"


@dataclass(frozen=True)
class Reference:
    """A service shown before: ``which`` is "1" to "3", "last" or "that"; ``about`` what is asked.

    ``about`` is "open", "number", "more", "language", "referral" (whether a GP is needed), "cost",
    "text" (send it to me) or "dead" (what was shown is wrong).
    """

    which: str
    about: str


def read_wishes(text: str) -> list[str]:
    """The wishes that the words tell, by the codes of the word list. Never raises on any text."""
    told = _told(text, "wishes")
    return [wish for wish in _file()["wishes"] if wish in told]


def read_reference(text: str) -> Reference | None:
    """Which shown service a short message speaks of, and what it asks; None where it does not."""
    if len(text.split()) > _LONGEST_REFERENCE:
        return None
    which, about = _first(text, "which"), _first(text, "about")
    if about in _OF_WHAT_WAS_SHOWN:
        return Reference(which or THAT, about)
    if which is None or (which == THAT and about is None):
        return None
    return Reference(which, about or "more")


def _first(text: str, section: str) -> str | None:
    told = _told(text, section)
    return next((kind for kind in _file()[section] if kind in told), None)


def _told(text: str, section: str) -> set[str]:
    lexicon = _lexicon(section)
    breaths = ([_BEGIN, *words_of(part, lexicon), _END] for part in _parts(text))
    return {hit.kind for words in breaths for hit in find_hits(words, lexicon)}


def _parts(text: str) -> Iterable[str]:
    return (clause.text for clause in clauses(fold(text)))


@lru_cache(maxsize=3)
def _lexicon(section: str) -> Lexicon:
    data = _file()
    groups: Mapping[str, Mapping[str, str]] = data[section]
    return build_lexicon(groups, data["numbers"], data["respelled"])


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return loaded
