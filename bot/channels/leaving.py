"""What the assistant says is kept; to a telephone it leaves too, in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.channels.packing import packed
from bot.channels.speaker import TEXT, Speaker
from bot.conversations import ChatMessage, Conversation, add_message
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
    even_stopped |= body.get("kind") == "crisis"
    message = add_message(session, conversation, "assistant", body)
    if speaker.channel == TEXT:
        for at, text in enumerate(packed([body])):
            key = f"text:{conversation.id}:{message.n}:{at}"
            send(session, speaker, key, text, even_stopped=even_stopped)
    return message


def send(
    session: Session, speaker: Speaker, key: str, text: str, *, even_stopped: bool = False
) -> None:
    """Post one text to a telephone; the same key again changes nothing."""
    payload = {"to": speaker.phone, "text": text, "site": speaker.site}
    if not even_stopped:
        payload[UNLESS_STOPPED] = "yes"
    post(session, Letter("text", key, payload), site=speaker.site)
