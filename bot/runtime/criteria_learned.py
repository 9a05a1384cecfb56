"""What officers' messages answer as learned from examples: a linear model over their clauses.

A criterion is told by a clause, so each sentence and each clause is scored by itself, and the best
one speaks for the message. It reads the same plain words as the phrase rules do, so that shorthand,
slips of one letter and who is "he" are settled once (``criteria_text.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer

from bot.runtime.criteria_text import Guess, Message
from bot.runtime.hashing import Row, beside, hashed
from bot.runtime.linear import Linear, logistic

_BEFORE = 100
_ASKED_WORDS, _SHORT_REPLY = 6, 5
_STEEP = 2.5
_FURTHEST_APART = 4
_NUMBER = re.compile(r"\d+(?:[/:.]\d+)*")
_WORD = re.compile(r"[\w']+")
# Braces, names_with_lines and commands are made for machines, and tell nothing of a case.
_FOR_MACHINES = re.compile(r"[{}\\]|\w_\w|^\s*/[A-Za-z]|\w\([^)]*=")
# Whoever does not know answers nothing, and is asked something else.
_NOT_KNOWN = re.compile(r"\W*(?:i\s+)?(?:do not|don['’]?t) know(?: yet)?\W*", re.IGNORECASE)
# Numbers that name an offence, and the border of the age, keep their digits.
_TELLING = frozenset({"18", "20", "39", "47"})


def _hashed(places: int, pattern: str, longest: int) -> HashingVectorizer:
    return HashingVectorizer(
        token_pattern=pattern, ngram_range=(1, longest), n_features=2**places, alternate_sign=False
    )


# Each view of a clause with what it weighs; chosen by leaving out one set of examples at a time.
_VIEWS = (
    (_hashed(15, r"[\w']+|[;:%/?]", 3), 1.0),
    (
        HashingVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), n_features=2**15, alternate_sign=False
        ),
        1.0,
    ),
    (_hashed(13, r"\w+", 2), 0.3),
    (_hashed(13, r"\S+", 1), 1.0),
    (_hashed(15, r"\S+", 1), 0.5),
)


Window = tuple[int, int]
"""Where a sentence or a clause stands in the message's line."""


def windows(line: str) -> list[Window]:
    """Each sentence, and each clause where a sentence has several."""
    found = []
    for sentence in _stretches(line, 0, len(line), "|"):
        clauses = [*_stretches(line, *sentence, ";")]
        found += [sentence, *(clauses if len(clauses) > 1 else ())]
    return found


def _stretches(line: str, start: int, end: int, mark: str) -> Iterator[Window]:
    for part in line[start:end].split(mark):
        if part.strip("~;| "):
            yield start, start + len(part)
        start += len(part) + 1


def row_of(told: tuple[str, ...]) -> Row:
    """The features of one window seen from each side."""
    sides = zip(_VIEWS, told, strict=True)
    return beside(
        (hashed(kind, side).times(weight), kind.n_features) for (kind, weight), side in sides
    )


def rows(told: Sequence[tuple[str, ...]]) -> sp.csr_matrix:
    """Rows of features, for windows seen from each side."""
    columns = zip(*told, strict=True)
    parts = [
        kind.transform(column) * weight
        for (kind, weight), column in zip(_VIEWS, columns, strict=True)
    ]
    return sp.hstack(parts, format="csr")


def views(message: Message, asked: str | None) -> list[tuple[str, ...]]:
    """Every window of a message from each side; training makes rows of many messages at once."""
    return [_views_of(message.line, one, asked) for one in windows(message.line)]


def _views_of(line: str, window: Window, asked: str | None) -> tuple[str, ...]:
    start, end = window
    said = _counted(line[start:end])
    before = _counted(line[max(0, start - _BEFORE) : start])
    opens = not line[:start].strip("~;| ")
    return said, said, before, _answering(said.split(), asked, opens), _apart(said)


def _counted(stretch: str) -> str:
    """Numbers by their kind, so that an age never seen is still an age."""
    return _NUMBER.sub(_kind_of_number, stretch.replace("~", ""))


def _kind_of_number(found: re.Match[str]) -> str:
    digits = found[0]
    if not digits.isdigit():
        return "aday" if re.search(r"[/.].*[/.]", digits) else "atime" if ":" in digits else digits
    number = int(digits)
    if number <= 9:
        return digits
    if len(digits) > 3:
        return "ayear" if 1900 <= number < 2100 else "atime"
    kind = "anage" if 18 <= number < 100 else "young" if number < 18 else "large"
    return f"{kind} {digits}" if digits in _TELLING else kind


def _answering(words: list[str], asked: str | None, opens: bool) -> str:
    """What is said first is an answer to the open question, and so is learned with it."""
    question = asked or "none"
    if not opens:
        return f"{question}_later"
    whole = "_".join(words) if len(words) <= _SHORT_REPLY else "long"
    return " ".join(
        [question, f"{question}={whole}", *(f"{question}_{w}" for w in words[:_ASKED_WORDS])]
    )


def _apart(said: str) -> str:
    """Pairs of words with up to two others between them."""
    words = _WORD.findall(said)
    return (
        " ".join(
            f"{word}_{other}"
            for at, word in enumerate(words)
            for other in words[at + 2 : at + _FURTHEST_APART]
        )
        or "-"
    )


@dataclass(frozen=True)
class Learned:
    """The trained weights, one label for each value of each criterion."""

    linear: Linear

    def guesses(self, message: Message, asked: str | None) -> dict[str, list[Guess]]:
        """For each criterion its values, the likeliest first; nothing where nothing is told."""
        found = windows(message.line)
        if not found or _FOR_MACHINES.search(message.original):
            return {}
        if _NOT_KNOWN.fullmatch(message.original):
            return {}
        scores = np.array([self.linear.scores_of(row_of(one)) for one in views(message, asked)])
        best = np.argmax(scores, axis=0)
        shares = logistic(_STEEP * scores.max(axis=0))
        guessed: dict[str, list[Guess]] = {}
        for label, share, window in zip(self.linear.labels, shares, best, strict=True):
            criterion, _, value = label.partition("=")
            guess = Guess(value, float(share), *found[window])
            guessed.setdefault(criterion, []).append(guess)
        return {name: sorted(some, key=lambda one: -one.share) for name, some in guessed.items()}
