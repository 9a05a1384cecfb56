"""How hard a text is to read, as the age at which most people can read it."""

from __future__ import annotations

import re
from functools import lru_cache

import pyphen  # type: ignore[import-untyped]

# Fewer words say nothing about how a person writes.
FEWEST_WORDS = 8
# The Flesch-Kincaid grade is a school year of the USA, where the first begins at the age of six.
GRADE_TO_AGE = 5
_SENTENCE = re.compile(r"[.!?;:]+(?:\s|$)|\n")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Long words that stand on every card, and that whoever came this far has read: they count as easy.
_FAMILIAR_WORDS = """
    telephone referral referrals domestic anybody anyone everybody appointment appointments
    community services online difficulties alcohol probation sexual family families professional
    professionals area areas
"""
_FAMILIAR = frozenset(_FAMILIAR_WORDS.split())


def reading_age(text: str) -> float | None:
    """The Flesch-Kincaid reading age in years; None for a text too short to have one.

    Names are long without being hard: a word with a capital inside a sentence is not counted.
    A semicolon ends a sentence, because the parts of a list are read one by one.
    """
    sentences = [words for part in _SENTENCE.split(text) if (words := _plain_words(part))]
    count = sum(map(len, sentences))
    if count < FEWEST_WORDS:
        return None
    syllables = sum(_syllables(word) for words in sentences for word in words)
    grade = 0.39 * count / len(sentences) + 11.8 * syllables / count - 15.59
    return grade + GRADE_TO_AGE


def _plain_words(sentence: str) -> list[str]:
    words = _WORD.findall(sentence)
    return [word for at, word in enumerate(words) if at == 0 or not word[0].isupper()]


@lru_cache(maxsize=8192)
def _syllables(word: str) -> int:
    # The hyphenator leaves short syllables at either end together, so a run of vowels is counted
    # beside it and the greater count holds.
    runs = len(re.findall(r"[aeiouy]+", re.sub(r"e(?:s|d)?$", "", word.casefold())))
    if word.casefold() in _FAMILIAR:
        return 1
    return max(1, runs, len(_hyphens().positions(word.casefold())) + 1)


@lru_cache(maxsize=1)
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB")
