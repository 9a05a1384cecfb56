"""Messages that come too fast: nothing in them is answered but danger."""

from __future__ import annotations

from bot.channels.incoming import ChatError
from core.limiting import Limit, TooOftenError, UncountedError, spend
from core.words import words


def barred(limit: Limit, *who: str, language: str = "en") -> ChatError | None:
    """Count one message; why it may not be answered, unless it shows danger, if there is a why."""
    try:
        spend(limit, *who)
    except TooOftenError:
        return ChatError(429, "too_many", words("utter_too_fast", language).text)
    except UncountedError:
        return ChatError(503, "away", words("utter_away", language).text)
    return None
