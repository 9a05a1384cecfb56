"""Rasa's component for what is asked of things that are there: services shown, referrals sent."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.runtime.components import EXTRACTOR, ReaderByRule
from bot.runtime.facts import hinted_topic, read_question
from bot.runtime.requests import read_reason, read_request
from bot.runtime.wishes import read_reference, read_wishes


@DefaultV1Recipe.register(EXTRACTOR, is_trainable=False)
class WishReader(ReaderByRule):
    """A participant's wishes and the shown service they speak of; an officer's request."""

    def read(self, text: str, claims: dict[str, Any]) -> list[dict[str, Any]]:
        """One entity a wish, a reference or a request."""
        return _requests(text) if claims.get("audience") == "officer" else _wishes(text)


def _requests(text: str) -> list[dict[str, Any]]:
    request = read_request(text)
    if request:
        why = read_reason(text)
        return [{"entity": "request", "value": request} | ({"reason": why} if why else {})]
    return _questions(text)


def _questions(text: str) -> list[dict[str, Any]]:
    """A question that names CARA is a request; of others the classifier says what they are."""
    question = read_question(text)
    if question and question.sure:
        return [{"entity": "request", "value": question.intent, "topic": question.topic}]
    if question:
        return [{"entity": "topic", "value": question.topic}] if question.topic else []
    hinted = hinted_topic(text)
    return [{"entity": "topic_hint", "value": hinted}] if hinted else []


def _wishes(text: str) -> list[dict[str, Any]]:
    wishes: list[dict[str, Any]] = [{"entity": "wish", "value": wish} for wish in read_wishes(text)]
    reference = read_reference(text)
    if reference is None:
        return wishes
    spoken = {"entity": "reference", "value": reference.which, "about": reference.about}
    return [*wishes, spoken]
