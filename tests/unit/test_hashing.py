"""One text is hashed as scikit-learn hashes many, whatever it holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from bot.runtime import hashing
from bot.runtime.criteria_learned import row_of, rows
from bot.runtime.hashing import hashed
from bot.runtime.linear import Linear

# Few places, so that tokens meet in one.
KINDS = [
    HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=64, alternate_sign=False),
    HashingVectorizer(ngram_range=(1, 2), n_features=2**15, alternate_sign=False),
]
SAID = ["I drink too much", "ਮੈਨੂੰ ਪੁਲਿਸ ਦੀ ਮਦਦ", "piję za dużo, za dużo", "", "!?", "a " * 400]


def dense(row: hashing.Row, size: int) -> np.ndarray:
    whole = np.zeros(size)
    whole[row.places] = row.values
    return whole


@pytest.mark.parametrize("kind", KINDS, ids=["letters", "words"])
@pytest.mark.parametrize("text", SAID)
def test_a_text_alone_has_the_features_that_it_has_among_others(
    kind: HashingVectorizer, text: str
) -> None:
    among = kind.transform([text, "something else"]).toarray()[0]
    assert dense(hashed(kind, text), kind.n_features) == pytest.approx(among)


@given(st.text())
def test_so_does_any_text(text: str) -> None:
    for kind in KINDS:
        among = kind.transform([text]).toarray()[0]
        assert dense(hashed(kind, text), kind.n_features) == pytest.approx(among)


def test_the_one_number_that_has_no_counterpart_lies_where_scikit_learn_lays_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashing, "murmurhash3_32", lambda _token: -(2**31))
    assert list(hashed(KINDS[0], "ab").places) == [(2**31 - 1 - 63) % 64]


def test_the_sides_of_a_window_are_scored_as_in_training() -> None:
    told = [("he hit her", "he hit her", "", "none_later", "he_her"), ("no", "no", "x", "y", "-")]
    matrix = rows(told)
    rng = np.random.default_rng(0)
    linear = Linear(rng.normal(size=(3, matrix.shape[1])), np.array([0.0, 1.0, -1.0]), ["a"] * 3)
    one_by_one = np.array([linear.scores_of(row_of(each)) for each in told])
    assert one_by_one == pytest.approx(matrix @ linear.weights.T + linear.bias)
