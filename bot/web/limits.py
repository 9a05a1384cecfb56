"""Messages that come too fast: nothing in them is answered but danger."""

from __future__ import annotations

from functools import cache, partial

from bot.channels.incoming import Barred, ChatError
from core.limiting import Limit, TooOftenError, UncountedError, spend
from core.words import words


def barred(limit: Limit, *who: str, language: str = "en") -> Barred:
    """Counts one message, once, when it is asked for the first time: after the safety screen."""
    return cache(partial(_barred, limit, who, language))


def _barred(limit: Limit, who: tuple[str, ...], language: str) -> ChatError | None:
    try:
        spend(limit, *who)
    except TooOftenError:
        return ChatError(429, "too_many", words("utter_too_fast", language).text)
    except UncountedError:
        return ChatError(503, "away", words("utter_away", language).text)
    return None
