"""Ways to understand a message, each fitted on examples and asked for readings.

Rasa's own components and ours are run by the same few lines (:class:`Pipeline`), so that stock DIET
and the shipped pipeline stand side by side without a server between them.
"""

from __future__ import annotations

import importlib
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from bot.runtime.features import features
from bot.runtime.needs import NEED_CODES, read_needs
from bot.runtime.text import fold
from measures.counting import Example, Reading

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = ("out_of_scope", "nlu_fallback")
PLUS = "+"


class Candidate(ABC):
    """One way; ``one_split`` where training is too long for cross-validation."""

    name: str
    one_split = False

    @abstractmethod
    def fit(self, examples: Sequence[Example]) -> None:
        """Learn from examples."""

    @abstractmethod
    def read(self, text: str) -> Reading:
        """What one message means."""


class KeyWords(Candidate):
    """The reviewed word list alone, which knows needs and nothing else: the floor."""

    name = "key words alone"

    def fit(self, examples: Sequence[Example]) -> None:
        """Nothing is learned."""

    def read(self, text: str) -> Reading:
        """Needs by word; a message without one counts as out of scope."""
        found = {r.need for r in read_needs(text) if (r.whose, r.state) == ("self", "current")}
        intent = "find_help" if found else OUTSIDE[0]
        return Reading(intent, 1.0, float(not found), frozenset(found))


class Regression(Candidate):
    """Logistic regression over features, for the intent and for each need."""

    def __init__(self, name: str, rows: Callable[[list[str]], Any]) -> None:
        self.name, self.rows = name, rows

    def fit(self, examples: Sequence[Example]) -> None:
        """Fit both."""
        rows = self.rows([each.text for each in examples])
        self.intents = LogisticRegression(C=8.0, class_weight="balanced", max_iter=400)
        self.intents.fit(rows, [each.intent for each in examples])
        wanted = np.array([[code in each.needs for code in NEED_CODES] for each in examples])
        self.needs = OneVsRestClassifier(LogisticRegression(C=8.0, max_iter=400))
        self.needs.fit(rows, wanted.astype(int))

    def read(self, text: str) -> Reading:
        """The likeliest intent and every need above one half."""
        row = self.rows([text])
        shares = self.intents.predict_proba(row)[0]
        labels = list(self.intents.classes_)
        at = int(np.argmax(shares))
        probable = self.needs.predict_proba(row)[0]
        needs = {code for code, p in zip(NEED_CODES, probable, strict=True) if p >= 0.5}
        outside = sum(float(shares[labels.index(each)]) for each in OUTSIDE if each in labels)
        return Reading(labels[at], float(shares[at]), outside, frozenset(needs))


class Pipeline(Candidate):
    """A pipeline of Rasa's components, as a config file lists them."""

    def __init__(self, name: str, pipeline: Sequence[dict[str, Any]], *, joined: bool) -> None:
        self.name, self.pipeline, self.joined = name, pipeline, joined
        self.one_split = joined

    def fit(self, examples: Sequence[Example]) -> None:
        """Create and train each component in turn, as Rasa's own graph does."""
        data = TrainingData([self._message(each) for each in examples])
        self.parts = []
        with tempfile.TemporaryDirectory() as folder:
            storage = LocalModelStorage(Path(folder))
            context = ExecutionContext(GraphSchema({}))
            for at, item in enumerate(self.pipeline):
                kind = _component(item["name"])
                config = kind.get_default_config() | {k: v for k, v in item.items() if k != "name"}
                part = kind.create(config, storage, Resource(f"part_{at}"), context)
                if hasattr(part, "train"):
                    part.train(data)
                if hasattr(part, "process_training_data"):
                    data = part.process_training_data(data)
                self.parts.append(part)

    def read(self, text: str) -> Reading:
        """Pass one message through."""
        message = Message({TEXT: text, METADATA: {"audience": "participant"}})
        for part in self.parts:
            part.process([message])
        intent = message.get(INTENT) or {"name": OUTSIDE[1], "confidence": 0.0}
        name, sure = str(intent["name"]), float(intent["confidence"])
        ranking = {r["name"]: r["confidence"] for r in message.get("intent_ranking") or []}
        outside = 1.0 if name in OUTSIDE else float(ranking.get(OUTSIDE[0], 0.0)) * (sure < 1.0)
        if self.joined:
            first, *needs = name.split(PLUS)
            return Reading(first, sure, outside, frozenset(needs))
        needs_read = [e for e in message.get("entities") or [] if e["entity"] == "need"]
        own = [e for e in needs_read if (e["whose"], e["state"]) == ("self", "current")]
        return Reading(name, sure, outside, frozenset(e["value"] for e in own))

    def _message(self, each: Example) -> Message:
        intent = PLUS.join([each.intent, *sorted(each.needs)]) if self.joined else each.intent
        about = {"example": {"needs": sorted(each.needs)}}
        return Message({TEXT: each.text, INTENT: intent, METADATA: about})


def all_candidates(diet_epochs: int | None) -> list[Candidate]:
    """From the floor to the shipped one; ``diet_epochs`` stops DIET before its own 100."""
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=2**15)

    def sparse(texts: list[str]) -> Any:
        return letters.transform([fold(text) for text in texts])

    shipped = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    stock = yaml.safe_load((ROOT / "measures/diet.yml").read_text(encoding="utf-8"))["pipeline"]
    diet = "stock DIET"
    if diet_epochs:
        diet += f", {diet_epochs} of its {stock[-1]['epochs']} epochs"
        stock[-1]["epochs"] = diet_epochs
    return [
        KeyWords(),
        Pipeline(diet, stock, joined=True),
        Regression("characters + logistic regression", sparse),
        Regression("sentence embedding + logistic regression", _meaning),
        Regression("characters and embedding + logistic regression", features),
        Pipeline("shipped: both, with rules", shipped, joined=False),
    ]


def _meaning(texts: list[str]) -> Any:
    """The sentence embedding alone: what :func:`features` puts behind the characters."""
    return features(texts)[:, -512:].toarray()


def _component(name: str) -> Any:
    if "." in name:
        module, _, kind = name.rpartition(".")
        return getattr(importlib.import_module(module), kind)
    return getattr(importlib.import_module(_STOCK[name]), name)


_STOCK = {
    "WhitespaceTokenizer": "rasa.nlu.tokenizers.whitespace_tokenizer",
    "RegexFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.regex_featurizer",
    "LexicalSyntacticFeaturizer": (
        "rasa.nlu.featurizers.sparse_featurizer.lexical_syntactic_featurizer"
    ),
    "CountVectorsFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer",
    "DIETClassifier": "rasa.nlu.classifiers.diet_classifier",
}
