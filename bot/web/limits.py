"""How many messages one conversation may send, so that a broken script cannot drown the rest."""

from __future__ import annotations

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.channels.incoming import ChatError
from core.words import words

_A_MINUTE = parse("300/minute")
_limiter = MovingWindowRateLimiter(MemoryStorage())


def refuse_flood(conversation_id: str) -> None:
    """Raise ``ChatError`` 429 when a conversation sends more than 300 messages a minute."""
    if not _limiter.hit(_A_MINUTE, conversation_id):
        raise ChatError(429, "too_many", words("utter_too_fast", "en").text)
