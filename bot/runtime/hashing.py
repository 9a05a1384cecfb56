"""One text as hashed features, as scikit-learn hashes many: what it does for a whole matrix takes
longer than the text.

Training makes matrices with scikit-learn itself; both give the same (tests/unit/test_hashing.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

_LOWEST = -(2**31)


@dataclass(frozen=True)
class Row:
    """The features that a text has: their places, each once, and their values."""

    places: np.ndarray
    values: np.ndarray

    def times(self, weight: float) -> Row:
        """The same, of another weight."""
        return Row(self.places, self.values * weight)


def hashed(kind: HashingVectorizer, text: str) -> Row:
    """What ``kind.transform([text])`` holds: counts, without signs, of length one."""
    size = kind.n_features
    counts = Counter(_place(token, size) for token in _analyser(kind)(text))
    places = np.fromiter(counts, dtype=np.int64, count=len(counts))
    values = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
    return Row(places, values / (np.linalg.norm(values) or 1.0))


def beside(parts: Iterable[tuple[Row, int]]) -> Row:
    """One row of several that stand beside each other, each with how many places it takes."""
    places, values, start = [], [], 0
    for row, size in parts:
        places.append(row.places + start)
        values.append(row.values)
        start += size
    return Row(np.concatenate(places), np.concatenate(values))


@lru_cache(maxsize=16)
def _analyser(kind: HashingVectorizer) -> Callable[[str], list[str]]:
    made: Callable[[str], list[str]] = kind.build_analyzer()
    return made


def _place(token: str, size: int) -> int:
    hashed_to: int = murmurhash3_32(token)
    # As in scikit-learn, whose 32 bits cannot hold the lowest number without its sign.
    return (2**31 - 1 - (size - 1)) % size if hashed_to == _LOWEST else abs(hashed_to) % size
