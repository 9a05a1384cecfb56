"""The policy above all others: at a safety finding Rasa stops what it was doing and listens.

The channel has answered already (design D2a); this makes the tracker and the dialogue see it.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

SAFETY = "safety_"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class SafetyPolicy(Policy):
    """Predicts "listen" for every ``safety_*`` intent, ahead of rules and forms."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Above the rule policy, which has priority 4."""
        return {"priority": 10}

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Nothing is learned: the rule is the code below."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Certain where the last message was a safety finding, silent everywhere else."""
        intent = (tracker.latest_message.intent or {}).get("name") if tracker.latest_message else ""
        probabilities = self._default_predictions(domain)
        if not (intent or "").startswith(SAFETY):
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(ACTION_LISTEN_NAME)] = 1.0
        return PolicyPrediction(
            probabilities, type(self).__name__, self.priority, is_no_user_prediction=True
        )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SafetyPolicy:
        """Rasa calls this when a model starts to serve; nothing was stored."""
        return cls(config, model_storage, resource, execution_context)
