"""What the assistant says is kept; to a telephone it leaves too, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.channels.packing import packed
from bot.channels.speaker import TEXT, Speaker
from bot.conversations import ChatMessage, Conversation, add_answer, add_message
from core.outbox import Letter, post
from outreach.texts.providers import UNLESS_STOPPED


def kept(
    session: Session,
    speaker: Speaker,
    conversation: Conversation,
    body: dict[str, Any],
    *,
    even_stopped: bool = False,
) -> ChatMessage:
    """Keep one message of the assistant's, and post the texts of it where the person texts.

    ``even_stopped``: it answers STOP or HELP themselves; of the rest only what is said in a crisis
    goes to somebody who has texted STOP meanwhile.
    """
    message = add_message(session, conversation, "assistant", body)
    _leave(session, speaker, message, even_stopped=even_stopped)
    return message


def answered(
    session: Session, speaker: Speaker, conversation: Conversation, bodies: Sequence[dict[str, Any]]
) -> list[ChatMessage]:
    """Keep all that the assistant answers to a message, and post the texts of it."""
    messages = add_answer(session, conversation, bodies)
    for message in messages:
        _leave(session, speaker, message)
    return messages


def _leave(
    session: Session, speaker: Speaker, message: ChatMessage, *, even_stopped: bool = False
) -> None:
    if speaker.channel != TEXT:
        return
    even_stopped |= message.body.get("kind") == "crisis"
    for at, text in enumerate(packed([message.body])):
        key = f"text:{message.conversation_id}:{message.n}:{at}"
        send(session, speaker, key, text, even_stopped=even_stopped)


def send(
    session: Session, speaker: Speaker, key: str, text: str, *, even_stopped: bool = False
) -> None:
    """Post one text to a telephone; the same key again changes nothing."""
    payload = {"to": speaker.phone, "text": text, "site": speaker.site}
    if not even_stopped:
        payload[UNLESS_STOPPED] = "yes"
    post(session, Letter("text", key, payload), site=speaker.site)
