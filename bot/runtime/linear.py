"""A linear classifier that is kept as plain numbers: nothing is unpickled when it loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.runtime.hashing import Row


@dataclass(frozen=True)
class Linear:
    """Weights of shape (labels, features), one bias a label, and the labels in order."""

    weights: np.ndarray
    bias: np.ndarray
    labels: list[str]

    def scores_of(self, row: Row) -> np.ndarray:
        """Raw scores of one message, of shape (labels,)."""
        scored: np.ndarray = row.values @ self.weights.T[row.places] + self.bias
        return scored

    def save(self, path: Path) -> None:
        """Write to one ``.npz`` file."""
        np.savez_compressed(
            path, weights=self.weights.astype(np.float32), bias=self.bias, labels=self.labels
        )

    @classmethod
    def load(cls, path: Path) -> Linear:
        """Read what :meth:`save` wrote.

        The weights of each feature lie together, as they are asked for.
        """
        with np.load(path, allow_pickle=False) as kept:
            weights = np.asfortranarray(kept["weights"])
            return cls(weights, kept["bias"], [str(label) for label in kept["labels"]])


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as shares of one, along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: np.ndarray = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def logistic(scores: np.ndarray) -> np.ndarray:
    """Each score as a probability of its own."""
    probabilities: np.ndarray = 1.0 / (1.0 + np.exp(-scores))
    return probabilities
