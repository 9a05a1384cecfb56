"""One turn as an action sees it: who speaks, what was understood, and the record behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from accounts.tables import Staff
from actions.language import with_language_offer
from actions.patience import with_a_person_at_last
from actions.unclear import keep_if_unclear
from bot.conversations import Conversation, with_staff
from bot.speech import Utterance
from core.database import transaction


@dataclass(frozen=True)
class Turn:
    """What an action needs. ``given`` comes from a choice that the assistant had offered.

    ``typed``: the intent was read from words, and not told by a choice or by our own channel.
    ``asked`` is the criterion whose question stood on the officer's screen when it was said.
    """

    session: Session
    conversation: Conversation
    staff: Staff | None
    text: str
    intent: str
    entities: tuple[dict[str, Any], ...]
    given: dict[str, Any]
    typed: bool = True
    asked: str = ""

    @property
    def context(self) -> dict[str, Any]:
        """What the dialogue remembers."""
        remembered: dict[str, Any] = self.conversation.context
        return remembered


@contextmanager
def turn_of(tracker: Tracker) -> Iterator[Turn]:
    """The turn behind Rasa's tracker, inside one transaction."""
    latest = tracker.latest_message
    claims = latest.get("metadata") or {}
    with transaction(hold=True) as session:
        conversation = with_staff(session, tracker.sender_id)
        if conversation is None:
            raise LookupError("a turn of no conversation")
        yield Turn(
            session=session,
            conversation=conversation,
            staff=conversation.staff,
            text=latest.get("text") or "",
            intent=(latest.get("intent") or {}).get("name") or "",
            entities=tuple(latest.get("entities") or ()),
            given=claims.get("given") or {},
            typed=not claims.get("intent"),
            asked=claims.get("asked") or "",
        )


class TurnAction(Action):  # type: ignore[misc]
    """An action that takes a turn and returns utterances; it holds no state of its own."""

    action_name: ClassVar[str]

    def name(self) -> str:
        """The name by which Rasa's rules call it."""
        return self.action_name

    def take(self, turn: Turn) -> Iterable[Utterance]:
        """What to say to this turn."""
        raise LookupError(f"{self.action_name} takes no turn")

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Called by the webhook; the database is worked in a thread of its own."""
        for utterance in await run_in_threadpool(self._taken, tracker):
            dispatcher.utter_message(json_message=utterance)
        return []

    def _taken(self, tracker: Tracker) -> list[Utterance]:
        with turn_of(tracker) as turn:
            utterances = with_a_person_at_last(turn, list(self.take(turn)))
            keep_if_unclear(turn, utterances)
            return with_language_offer(turn, utterances)
