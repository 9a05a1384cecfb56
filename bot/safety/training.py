"""Training of the classifier, at set-up: ``python -m bot.safety.training``. Half a minute.

It learns from ``data/safety`` (written for it), and, as harmless texts, from what people say to the
assistant (``data/nlu``). What is in ``data/dev`` it never sees.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import yaml
from sklearn.linear_model import LogisticRegression

from bot.safety.classifier import MODEL, ROOT, Classifier
from bot.safety.features import SIZE, meanings, spelling
from bot.safety.model import Kind

WRITTEN = ROOT / "data" / "safety"
CHAT = ROOT / "data" / "nlu"
STRENGTH = 8.0
_BATCH = 64


@dataclass(frozen=True)
class Example:
    """One text, its language, and the risk it shows; ``kind`` is None for a harmless one."""

    text: str
    language: str
    kind: Kind | None
    level: str


def examples(folder: Path = WRITTEN) -> list[Example]:
    """Every text of a folder of safety data."""
    return [
        Example(text, group["language"], _kind(group["kind"]), str(group["level"]))
        for path in sorted(folder.glob("*.yml"))
        for group in _yaml(path)["groups"]
        for text in group["texts"]
    ]


def harmless_chat() -> list[Example]:
    """What people say to the assistant when nothing is wrong, from its own training data."""
    texts = dict.fromkeys(
        (text, path.stem.rpartition(".")[2])
        for path in sorted(CHAT.rglob("*.yml"))
        for text in _nlu_texts(_yaml(path))
    )
    return [Example(text, language, None, "none") for text, language in texts]


def train(learned: list[Example]) -> Classifier:
    """Fit "is there a risk", and, on the texts that show one, which."""
    rows = features([example.text for example in learned])
    risky = np.array([example.kind is not None for example in learned])
    risk = _fitted(rows, risky)
    kinds = tuple(Kind)
    told = [example.kind for example in learned if example.kind]
    each = [_fitted(rows[risky], np.array([kind is one for kind in told])) for one in kinds]
    fitted = [risk, *each]
    return Classifier(
        np.vstack([model.coef_[0] for model in fitted]).astype(np.float32),
        np.array([model.intercept_[0] for model in fitted], dtype=np.float32),
        kinds,
    )


def features(texts: list[str]) -> Any:
    """The texts as rows of a sparse matrix of :data:`SIZE` columns."""
    parts = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
    meaning = sp.csr_matrix(np.vstack([meanings(part) for part in parts]))
    spelt = [spelling(text) for text in texts]
    starts = np.cumsum([0, *(len(places) for places, _ in spelt)])
    values = np.concatenate([values for _, values in spelt])
    places = np.concatenate([places for places, _ in spelt])
    shape = (len(texts), SIZE)
    meaning.resize(shape)
    return (meaning + sp.csr_matrix((values, places, starts), shape=shape)).tocsr()


def _fitted(rows: Any, wanted: Any) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000).fit(rows, wanted)


def _kind(name: str) -> Kind | None:
    return None if name == "none" else Kind(name)


def _nlu_texts(document: Any) -> Iterator[str]:
    for intent in document.get("nlu", []) if isinstance(document, dict) else []:
        told = intent["examples"]
        lines = told.splitlines() if isinstance(told, str) else [each["text"] for each in told]
        yield from (line.removeprefix("- ").strip() for line in lines)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def main() -> None:
    """Train, and put the model in its place at one stroke."""
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    draft = MODEL.with_name("draft.npz")
    train(examples() + harmless_chat()).save(draft)
    os.replace(draft, MODEL)


if __name__ == "__main__":
    main()
