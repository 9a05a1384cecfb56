"""How a message is understood: intent, needs, criteria, and what the claims say outright."""

from __future__ import annotations

import re
import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from bot.runtime.bounds import read_bound
from bot.runtime.criteria import read_criteria
from bot.runtime.criteria_learned import Learned
from bot.runtime.criteria_training import taught, trained
from bot.runtime.features import features, features_of
from bot.runtime.hashing import Row
from bot.runtime.linear import Linear, logistic, softmax
from bot.runtime.merge import merged_needs, settled_intent

_STORED = "linear.npz"
_ENTITIES = "entities"
_FIND_HELP = "find_help"
# "No wait, he's 17": the first word answers us, and the rest is what counts.
_LEADING_NO = re.compile(
    r"^\s*(?:no|nah|nope)[, ]+(?:(?:wait|sorry|actually)[, ]+)+|"
    r"^\s*(?:no|nah|nope)[, ]+(?=(?:the|its|it's|hes|he's|shes|she's) )",
    re.IGNORECASE,
)
CLASSIFIER = DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER
EXTRACTOR = DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR


class _Learned(GraphComponent):
    """A component that keeps a :class:`Linear` in Rasa's model storage."""

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        linear: Linear | None = None,
    ) -> None:
        self.config, self.storage, self.resource, self.linear = config, storage, resource, linear

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Learned:
        """Rasa calls this before training."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> _Learned:
        """Rasa calls this when a model starts to serve."""
        features_of("the first message must not wait for the encoder to load")
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Linear.load(folder / _STORED))

    def _keep(self, linear: Linear) -> Resource:
        self.linear = linear
        with self.storage.write_to(self.resource) as folder:
            linear.save(folder / _STORED)
        return self.resource

    def _trained(self) -> Linear:
        if self.linear is None:
            raise RuntimeError(f"{type(self).__name__} has not been trained")
        return self.linear

    def _scores(self, message: Message) -> np.ndarray:
        return self._trained().scores_of(_features_of(message))


def _features_of(message: Message) -> Row:
    if message.get("features_row") is None:
        message.set("features_row", features_of(message.get(TEXT)))
    row: Row = message.get("features_row")
    return row


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=True)
class IntentClassifier(_Learned):
    """The intent, among those that this audience can have."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``only`` lists, by audience, the intents that nobody else has.

        ``temperature`` above one makes shares bolder: balanced training leaves them too timid.
        """
        return {"c": 8.0, "temperature": 1.5, "only": {}}

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on every example that has an intent."""
        examples = training_data.intent_examples
        model = LogisticRegression(
            C=self.config["c"], class_weight="balanced", tol=0.01, max_iter=60
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
            model.fit(
                features([example.get(TEXT) for example in examples]),
                [example.get(INTENT) for example in examples],
            )
        return self._keep(Linear(model.coef_, model.intercept_, list(model.classes_)))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and its ranking."""
        for message in messages:
            if not message.get(TEXT):
                continue
            shares = softmax(self._masked(message) * self.config["temperature"])
            order = np.argsort(-shares)[:10]
            labels = self.linear.labels if self.linear else []
            ranking = [{"name": labels[i], "confidence": float(shares[i])} for i in order]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _masked(self, message: Message) -> np.ndarray:
        audience = (message.get(METADATA) or {}).get("audience")
        others = {
            intent
            for owner, intents in self.config["only"].items()
            if audience and owner != audience
            for intent in intents
        }
        scores = self._scores(message).copy()
        for place, label in enumerate(self.linear.labels if self.linear else []):
            if label in others:
                scores[place] = -1e9
        return scores


@DefaultV1Recipe.register(EXTRACTOR, is_trainable=True)
class NeedsReader(_Learned):
    """A participant's needs: what the words say by rule, and what was learned beside it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``sure``: the learned probability that it takes where no help is asked for.

        ``aside``: what a text of another intent weighs in training. There are eight of those to
        one that tells a given need, and at full weight they make every need look improbable.
        """
        return {"c": 8.0, "sure": 0.5, "aside": 0.2}

    def train(self, training_data: TrainingData) -> Resource:
        """Fit one yes-or-no for each need; examples of other intents show what is none."""
        examples = training_data.intent_examples
        rows = features([example.get(TEXT) for example in examples])
        told = [set(_example_metadata(example).get("needs", [])) for example in examples]
        aside = self.config["aside"]
        weigh = [1.0 if example.get(INTENT) == _FIND_HELP else aside for example in examples]
        codes = sorted(set().union(*told))
        weights, bias = [], []
        for code in codes:
            model = LogisticRegression(C=self.config["c"], solver="liblinear", random_state=0)
            model.fit(rows, [code in needs for needs in told], sample_weight=weigh)
            weights.append(model.coef_[0])
            bias.append(model.intercept_[0])
        return self._keep(Linear(np.array(weights), np.array(bias), codes))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one entity a need, with whose it is and whether it is now."""
        for message in messages:
            if message.get(TEXT) and _audience(message) != "officer":
                probabilities = map(float, logistic(self._scores(message)))
                labels = self.linear.labels if self.linear else []
                learned = dict(zip(labels, probabilities, strict=True))
                asked = (message.get(INTENT) or {}).get("name") == _FIND_HELP
                least = 0.0 if asked else self.config["sure"]
                _add(message, merged_needs(message.get(TEXT), learned, least))
        return messages


class ReaderByRule(GraphComponent):
    """A component that learns nothing: what it reads stands in reviewed word lists."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ReaderByRule:
        """Rasa calls this at its start; then no message waits for the lists."""
        reader = cls()
        for audience in ("officer", "participant"):
            reader.read("a message that reads every list", {"audience": audience})
        return reader

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one entity for each thing that was read."""
        for message in messages:
            if message.get(TEXT):
                _add(message, self.read(message.get(TEXT), message.get(METADATA) or {}))
        return messages

    @abstractmethod
    def read(self, text: str, claims: dict[str, Any]) -> list[dict[str, Any]]:
        """The entities of one message; ``claims`` say who speaks and what was asked."""


@DefaultV1Recipe.register(EXTRACTOR, is_trainable=True)
class CriteriaReader(_Learned):
    """What an officer's free text answers: phrase rules, weighed with what examples taught."""

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on labels that Rasa's own format has no place for (`criteria_training.taught`)."""
        return self._keep(trained(taught()).linear)

    @classmethod
    def load(cls, *given: Any, **named: Any) -> CriteriaReader:
        """Rasa calls this when a model starts to serve; then no message waits for the phrases."""
        reader = super().load(*given, **named)
        reader.read("a message that reads every phrase", None)
        return reader

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one entity a criterion that the message answers."""
        for message in messages:
            if message.get(TEXT) and _audience(message) == "officer":
                asked = (message.get(METADATA) or {}).get("asked")
                _add(message, self.read(message.get(TEXT), asked))
        return messages

    def read(self, text: str, asked: str | None) -> list[dict[str, Any]]:
        """The entities of one message; ``asked`` is the criterion whose question is open."""
        learned = Learned(self._trained())
        return [
            {
                "entity": "criterion",
                "criterion": reading.criterion,
                "value": reading.value,
                "sure": reading.sure,
                "words": reading.words,
            }
            for reading in read_criteria(_LEADING_NO.sub("", text), asked, learned=learned)
        ]


@DefaultV1Recipe.register(CLASSIFIER, is_trainable=False)
class Settle(GraphComponent):
    """The last word: the claims' own intent where a choice was taken, else what was read.

    ``threshold``: below it nothing was understood and the assistant says so.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Settle:
        """Rasa calls this at the start of training and of serving."""
        read_bound("the first message must not wait for the phrases to be indexed", None)
        read_bound("nor must an officer's", "officer")
        return cls(float(config["threshold"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent that the rules will see."""
        for message in messages:
            if message.get(INTENT) is None:
                continue
            name, confidence = settled_intent(
                message.get("intent_ranking") or [message.get(INTENT)],
                message.get(_ENTITIES, []),
                message.get(METADATA) or {},
                self.threshold,
                read_bound(message.get(TEXT) or "", _audience(message)),
            )
            claims = message.get(METADATA) or {}
            wordless = not any(ch.isalnum() for ch in message.get(TEXT) or "")
            if wordless and not (claims.get("intent") or claims.get("safety")):
                # Without a letter the features are empty, and any intent could win.
                name, confidence = "nlu_fallback", 0.0
            message.set(INTENT, {"name": name, "confidence": confidence}, add_to_output=True)
            message.data.pop("features_row", None)
        return messages


def _audience(message: Message) -> str | None:
    audience: str | None = (message.get(METADATA) or {}).get("audience")
    return audience


def _example_metadata(example: Message) -> dict[str, Any]:
    kept: dict[str, Any] = (example.get(METADATA) or {}).get("example") or {}
    return kept


def _add(message: Message, entities: list[dict[str, Any]]) -> None:
    message.set(_ENTITIES, message.get(_ENTITIES, []) + entities, add_to_output=True)
