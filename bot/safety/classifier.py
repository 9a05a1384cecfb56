"""The second layer: a classifier of our own training that doubts what the rules let pass.

It never raises an alarm: it asks for a check, since it can be wrong where a rule cannot. It shares
neither data nor method with the rules, so that one catches what the other misses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.safety.features import MEANING, meanings, spelling
from bot.safety.model import Finding, Kind, Level

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / ".build" / "safety" / "model.npz"
_THRESHOLDS = Path(__file__).with_name("thresholds.yml")
_FEWEST_LETTERS = 6


@dataclass(frozen=True)
class Classifier:
    """Linear weights: a row for "risk", then one a kind."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    kinds: tuple[Kind, ...]

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Read what training wrote; nothing is unpickled."""
        with np.load(path, allow_pickle=False) as kept:
            kinds = tuple(Kind(str(kind)) for kind in kept["kinds"])
            weights = kept["weights"].astype(np.float32)
            return cls(weights, kept["bias"].astype(np.float32), kinds)

    def save(self, path: Path) -> None:
        """Write everything to one file."""
        np.savez_compressed(
            path,
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            kinds=np.array([kind.value for kind in self.kinds]),
        )

    def scores(self, text: str) -> NDArray[np.float32]:
        """The score of risk, then of each kind; above nought means yes."""
        meaning = meanings([text])[0]
        places, values = spelling(text)
        read: NDArray[np.float32] = (
            self.weights[:, :MEANING] @ meaning + self.weights[:, places] @ values + self.bias
        )
        return read


@lru_cache(maxsize=1)
def _classifier() -> Classifier:
    return Classifier.load(MODEL)


@lru_cache(maxsize=1)
def _thresholds() -> dict[str, dict[str, float]]:
    read: dict[str, dict[str, float]] = yaml.safe_load(_THRESHOLDS.read_text(encoding="utf-8"))
    return read


def doubt(text: str, language: str, audience: str) -> Finding | None:
    """A check where the text reads like danger, with the likeliest kind; else None.

    Raises ``OSError`` where no model was trained.
    """
    if sum(ch.isalpha() for ch in text) < _FEWEST_LETTERS:
        return None
    scores = _classifier().scores(text)
    wanted = _thresholds()[audience]
    if scores[0] < wanted[_script(text, language)]:
        return None
    kinds = _classifier().kinds
    likeliest = kinds[int(np.argmax(scores[1:]))]
    return Finding(likeliest, Level.check, f"classifier {scores[0]:.2f}")


def _script(text: str, language: str) -> str:
    if any("\u0a00" <= ch <= "\u0a7f" for ch in text):
        return "pa"
    return language if language in ("en", "pl", "pa") else "en"
