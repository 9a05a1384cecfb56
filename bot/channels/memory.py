"""What this process remembers of each conversation, so that danger is answered without a database.

Nothing here is the truth: the database is, and what is remembered is set from it at every turn.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from bot.conversations import ChatMessage

CONVERSATIONS = 20_000
WORDS = 4
KEYS = 8


@dataclass
class Remembered:
    """Of one conversation: the person's last words, the safety question that is open, and more.

    ``answered`` holds fixed answers by idempotency key, so that a repeat raises nothing again.
    ``question`` is what an officer was asked last, by message number (``asked_last``).
    """

    language: str | None = None
    said: list[str] = field(default_factory=list)
    asked: str | None = None
    last_n: int = 0
    question: tuple[int, str] = (0, "")
    answered: OrderedDict[str, list[ChatMessage]] = field(default_factory=OrderedDict)

    def hear(self, text: str) -> None:
        """Add the person's newest words."""
        self.said = [*self.said, text][-WORDS:]

    def keep_answer(self, key: str, messages: list[ChatMessage]) -> None:
        """Keep what was answered under ``key``."""
        self.answered[key] = messages
        while len(self.answered) > KEYS:
            self.answered.popitem(last=False)


_held: OrderedDict[str, Remembered] = OrderedDict()
_lock = Lock()


def remembered(conversation_id: str) -> Remembered:
    """What is remembered of a conversation; the longest unused is forgotten when there are many."""
    with _lock:
        found = _held.setdefault(conversation_id, Remembered())
        _held.move_to_end(conversation_id)
        while len(_held) > CONVERSATIONS:
            _held.popitem(last=False)
        return found


def forget(conversation_id: str) -> None:
    """Somebody left: nothing of theirs stays in memory."""
    with _lock:
        _held.pop(conversation_id, None)
