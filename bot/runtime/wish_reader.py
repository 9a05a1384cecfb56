"""Rasa's component for wishes and references: one entity each, for participants only."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.runtime.wishes import read_reference, read_wishes

_ENTITIES = "entities"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class WishReader(GraphComponent):
    """What kind of help is wanted, and which shown service is spoken of."""

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
        """Add one entity a wish, and one for a reference."""
        for message in messages:
            audience = (message.get(METADATA) or {}).get("audience")
            if message.get(TEXT) and audience != "officer":
                found = message.get(_ENTITIES, []) + _entities(message.get(TEXT))
                message.set(_ENTITIES, found, add_to_output=True)
        return messages


def _entities(text: str) -> list[dict[str, Any]]:
    wishes: list[dict[str, Any]] = [{"entity": "wish", "value": wish} for wish in read_wishes(text)]
    reference = read_reference(text)
    if reference is None:
        return wishes
    spoken = {"entity": "reference", "value": reference.which, "about": reference.about}
    return [*wishes, spoken]
