"""Rasa's component for what is asked of things that are there: services shown, referrals sent."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.runtime.requests import read_request
from bot.runtime.wishes import read_reference, read_wishes

_ENTITIES = "entities"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class WishReader(GraphComponent):
    """A participant's wishes and the shown service they speak of; an officer's request."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WishReader:
        """Rasa calls this at the start of training and of serving."""
        read_wishes("the first message must not wait for the words to be indexed")
        read_reference("nor must the second one")
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one entity a wish, a reference or a request."""
        for message in messages:
            officer = (message.get(METADATA) or {}).get("audience") == "officer"
            if message.get(TEXT):
                read = _requests if officer else _entities
                found = message.get(_ENTITIES, []) + read(message.get(TEXT))
                message.set(_ENTITIES, found, add_to_output=True)
        return messages


def _requests(text: str) -> list[dict[str, Any]]:
    request = read_request(text)
    return [{"entity": "request", "value": request}] if request else []


def _entities(text: str) -> list[dict[str, Any]]:
    wishes: list[dict[str, Any]] = [{"entity": "wish", "value": wish} for wish in read_wishes(text)]
    reference = read_reference(text)
    if reference is None:
        return wishes
    spoken = {"entity": "reference", "value": reference.which, "about": reference.about}
    return [*wishes, spoken]
