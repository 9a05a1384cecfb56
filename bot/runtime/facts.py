"""Reads by reviewed rule which fact about CARA a message asks for.

The words stand in ``fact_words.yml``. Facts are for officers and the public: what a participant
asks never comes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.phrases import Lexicon, build_lexicon, find_hits, words_of
from bot.runtime.text import clauses, fold

ASK_FACT, ASK_ABOUT = "ask_fact", "ask_about_cara"
_WORDS_FILE = Path(__file__).with_name("fact_words.yml")
_PART = re.compile(r"\{(\w+)\}")
_NOTHING, _NAMED, _ABOUT = "nothing", "named", "about"
_LONGEST = 60


@dataclass(frozen=True)
class Question:
    """The intent that the words tell; ``topic`` is one of ``bot.facts``, "" for what CARA is.

    ``sure``: it names CARA or its workshops, or is "what is it?"; more may be about anything.
    """

    intent: str
    topic: str = ""
    sure: bool = False


def read_question(text: str) -> Question | None:
    """What is asked about CARA, or None. Never raises on any text."""
    told = _told(text, _questions())
    topic = _first(told)
    if topic is None:
        return None
    sure = _NAMED in told
    return Question(ASK_ABOUT, "", sure) if topic == _ABOUT else Question(ASK_FACT, topic, sure)


def hinted_topic(text: str) -> str | None:
    """The topic that single words point to, for a message that is known to ask for a fact."""
    return _first(_told(text, _hints()))


def _first(told: set[str]) -> str | None:
    return next((topic for topic in _file()["order"] if topic in told), None)


def _told(text: str, lexicon: Lexicon) -> set[str]:
    return {kind for kinds in _by_clause(text, lexicon) for kind in kinds}


def _by_clause(text: str, lexicon: Lexicon) -> Iterator[set[str]]:
    """What each clause tells; a question is short, so of a long one only its end is read."""
    for clause in clauses(fold(text).replace("-", " ").replace("/", " ")):
        words = ["^", *words_of(clause.text, lexicon), "$"]
        kinds = {hit.kind for hit in find_hits(words[-_LONGEST:], lexicon)}
        if _NOTHING not in kinds:
            yield kinds


@lru_cache(maxsize=1)
def _questions() -> Lexicon:
    data = _file()
    return _lexicon({_NOTHING: data["nothing"], _NAMED: data["named"], **data["topics"]})


@lru_cache(maxsize=1)
def _hints() -> Lexicon:
    return _lexicon(_file()["hints"])


def _lexicon(phrases: Mapping[str, str]) -> Lexicon:
    parts = _file()["parts"]
    filled = {
        kind: {"en": _PART.sub(lambda named: parts[named[1]], text)}
        for kind, text in phrases.items()
    }
    return build_lexicon(filled, {}, "")


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_WORDS_FILE.read_text(encoding="utf-8"))
    return loaded
