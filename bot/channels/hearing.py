"""A message as it is heard: what we say to it ourselves, and what Rasa is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.channels import gentle
from bot.channels.leaving import kept
from bot.channels.memory import Remembered
from bot.channels.render import Body
from bot.channels.speaker import Speaker
from bot.conversations import ChatMessage, Conversation, remember
from bot.desk import draft_of


@dataclass(frozen=True)
class ForRasa:
    """What Rasa is told of it: masked words, and claims for what was chosen.

    ``again``: it was said before a safety question; that it is not understood need not be said.
    """

    text: str
    intent: str | None = None
    given: dict[str, Any] | None = None
    again: bool = False


@dataclass(frozen=True)
class Heard:
    """What was said to a message already, and what Rasa is asked besides, if anything."""

    said: list[ChatMessage]
    told: ForRasa | None = None
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hearing:
    """A message as it is heard: who speaks, in which conversation, under which key.

    ``question`` is the criterion whose question stands on an officer's screen: a short answer is
    an answer to that, whatever else is open still.
    """

    session: Session
    speaker: Speaker
    conversation: Conversation
    held: Remembered
    key: str | None
    question: str = ""

    def answer(self, *bodies: Body) -> list[ChatMessage]:
        """Say something by ourselves."""
        return [kept(self.session, self.speaker, self.conversation, body) for body in bodies]

    def told(self, said: list[ChatMessage], told: ForRasa) -> Heard:
        """What was said already, and what Rasa is told, with the claims for it."""
        return Heard(said, told, _claims(self, told))


def _claims(here: Hearing, told: ForRasa) -> dict[str, Any]:
    """What Rasa may believe of this turn; and whether it may be learned from is remembered."""
    conversation = here.conversation
    # After an alarm a bare "no" answers no criterion.
    paused = gentle.in_gentle_mode(conversation)
    # What the screen found something in, or follows an alarm, is never kept to learn from.
    remember(conversation, near_danger=(told.again or paused) or None)
    draft = None if paused else draft_of(here.session, conversation)
    return {
        "sender": conversation.id,
        "site": conversation.site,
        "audience": "officer" if conversation.audience == "officer" else "participant",
        "language": conversation.language,
        "asked": (here.question or None) if draft else None,
        "intent": told.intent,
        "given": told.given,
    }
