"""What the public hears first and asks about CARA, read here: Rasa knows no public."""

from __future__ import annotations

from typing import Any

from bot.channels import render_officer
from bot.channels.render import Body, text_body
from bot.conversations import Conversation
from bot.runtime.facts import read_question


def public_greeting() -> list[Body]:
    """Who answers, what is kept, and what may be asked; in English, as the facts are."""
    return [text_body("utter_public_welcome", "en"), render_officer.topics("public")]


def asked_by_the_public(conversation: Conversation, text: str) -> tuple[str, dict[str, Any]] | None:
    """The intent and the topic of a question about CARA; None for other words and other people.

    Once services were shown, "is it free?" is about one of them, unless CARA is named.
    """
    if conversation.audience != "public":
        return None
    question = read_question(text)
    if question is None or (conversation.context.get("shown") and not question.sure):
        return None
    return question.intent, {"topic": question.topic}
