"""What other processes of the copy have heard of a conversation, before danger is answered.

A process remembers what came its way (``memory``), and the next message may come another way. So
what is remembered is set from the database, where that answers at once; where it does not, danger
is answered from what is remembered here (design D2a).
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass
from threading import BoundedSemaphore

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels.memory import Remembered, remembered
from bot.conversations import ChatMessage, Conversation, opened, recent_words
from core.database import transaction

# Seconds; an answer to danger takes 0.3 at most, whatever the database does.
PATIENCE = 0.05
AT_ONCE = 4
_NEWEST = select(func.max(ChatMessage.n)).where(ChatMessage.conversation_id == bindparam("id"))
_STANDS = select(Conversation.language, _NEWEST.scalar_subquery()).where(
    Conversation.id == bindparam("id")
)

log = logging.getLogger("cara.recall")
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="recall")
_free = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Truth:
    """What the database knows of a conversation; ``news`` where it has messages that we have not:
    the number of the last, the person's last words, and the safety question that is open."""

    language: str
    news: tuple[int, list[str], str | None] | None = None

    def tell(self, held: Remembered) -> None:
        """Set what is remembered."""
        held.language = self.language
        if self.news:
            held.last_n, held.said, held.asked = self.news


def recall_at_once(conversation_id: str) -> None:
    """Set what is remembered from what is true, or leave it where that takes too long.

    What comes too late is dropped: by then the message is being read. While others still wait for
    the database, nobody waits for this.
    """
    if not _free.acquire(blocking=False):
        return
    held = remembered(conversation_id)
    found: Future[Truth | None] = _threads.submit(_read_apart, conversation_id, held.last_n)
    try:
        if true := found.result(PATIENCE):
            true.tell(held)
    except (NotInTimeError, SQLAlchemyError):
        return
    except Exception as error:  # noqa: BLE001 - whatever is wrong there, danger is looked for
        log.error("what others heard could not be read: %s", type(error).__name__)


def recall(session: Session, conversation_id: str) -> None:
    """The same, for who asks the database anyway."""
    held = remembered(conversation_id)
    if true := _read(session, conversation_id, held.last_n):
        true.tell(held)


def _read_apart(conversation_id: str, last_n: int) -> Truth | None:
    try:
        with transaction() as session:
            return _read(session, conversation_id, last_n)
    finally:
        _free.release()


def _read(session: Session, conversation_id: str, last_n: int) -> Truth | None:
    """What is true; None where there is no such conversation.

    What this process heard last may not be written yet: where nothing is new, it knows better.
    """
    found = session.execute(_STANDS, {"id": conversation_id}).one_or_none()
    if found is None:
        return None
    language, last = found
    if (last or 0) <= last_n:
        return Truth(language)
    conversation = opened(session, conversation_id)
    if conversation is None:
        return None
    said = recent_words(session, conversation_id)
    return Truth(language, (last, said, conversation.context.get("safety_asked")))
