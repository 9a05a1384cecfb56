"""The second layer: a classifier of our own training that doubts what the rules let pass.

It never raises an alarm: it asks for a check, since it can be wrong where a rule cannot. It shares
neither data nor method with the rules, so that one catches what the other misses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.safety.features import MEANING, meaning, spelling
from bot.safety.model import Finding, Kind, Level
from core.signing import trusted

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / ".build" / "safety" / "model.npz"
_THRESHOLDS = Path(__file__).with_name("thresholds.yml")
_FEWEST_LETTERS = 6
_FEWEST_KINDS = 3


@dataclass(frozen=True)
class Classifier:
    """Linear weights: a row for "risk", then one a kind."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    kinds: tuple[Kind, ...]

    @classmethod
    def load(cls, content: bytes) -> Classifier:
        """Read what training wrote; nothing is unpickled."""
        with np.load(BytesIO(content), allow_pickle=False) as kept:
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

    def read(self, text: str) -> tuple[float, Callable[[], Kind]]:
        """The score of risk (above nought means yes), and what finds the likeliest kind."""
        meant = meaning(text)
        places, values = spelling(text)

        def scores(rows: slice) -> NDArray[np.float32]:
            read: NDArray[np.float32] = (
                self.weights[rows, :MEANING] @ meant
                + self.weights[rows, places] @ values
                + self.bias[rows]
            )
            return read

        # Most texts are harmless, and a harmless text needs no kind.
        return float(scores(slice(0, 1))[0]), lambda: self.kinds[
            int(scores(slice(1, None)).argmax())
        ]


@lru_cache(maxsize=1)
def _classifier() -> Classifier:
    return Classifier.load(trusted(MODEL, ROOT))


@lru_cache(maxsize=1)
def _thresholds() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(_THRESHOLDS.read_text(encoding="utf-8"))
    return read


def doubt(text: str, language: str, audience: str) -> Finding | None:
    """A check where the text reads like danger, with the likeliest kind; else None.

    Raises ``OSError`` where no model was trained, ``UntrustedError`` where it was not trained here.
    """
    if not _says_something(text):
        return None
    score, likeliest = _classifier().read(text)
    if score < _thresholds()[audience][_script(text, language)]:
        return None
    kind = likeliest()
    if audience == "officer" and kind not in _thresholds()["officer_kinds"]:
        return None
    return Finding(kind, Level.check, f"classifier {score:.2f}")


def _says_something(text: str) -> bool:
    """One word says too little for a judgement of the whole, and a key held down says nothing."""
    letters = [ch for ch in text if ch.isalpha()]
    words = len(text.split())
    return words > 1 and len(letters) >= _FEWEST_LETTERS and len(set(letters)) >= _FEWEST_KINDS


def _script(text: str, language: str) -> str:
    if any("\u0a00" <= ch <= "\u0a7f" for ch in text):
        return "pa"
    return language if language in ("en", "pl", "pa") else "en"
