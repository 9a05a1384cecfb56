"""What people wrote goes after 30 days (``docs/data.yml``, M), as the chat tells them itself.

A message goes by its own age, also out of a conversation that goes on; a conversation's own row
goes once nobody has written in it for as long. Where somebody of the team still has to look at an
alert, all of it stays until they have.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from bot.channels import tracker
from bot.conversations import ChatMessage, Conversation, Telephone
from core.audit import SYSTEM, record
from outreach.tables import Alert, AlertStatus

# One round removes no more, so that people's own messages get their turn at the database.
AT_ONCE = 500


def _watched() -> Select[str]:
    """The conversations at which somebody still has to look."""
    return select(Alert.conversation).where(Alert.status != AlertStatus.closed)


def sweep(session: Session, limit: datetime) -> Counter[str]:
    """Remove what was said before ``limit``; gives how many rows went, by table."""
    old = (
        select(Conversation.id)
        .where(Conversation.seen_at < limit, Conversation.id.not_in(_watched()))
        .limit(AT_ONCE)
    )
    ended = session.scalars(old).all()
    gone = _messages(session, limit)
    for table in (ChatMessage, Telephone):
        done = session.connection().execute(delete(table).where(table.conversation_id.in_(ended)))
        gone[table.__tablename__] += done.rowcount
    session.execute(delete(Conversation).where(Conversation.id.in_(ended)))
    gone[Conversation.__tablename__] += len(ended)
    for conversation_id in ended:
        record(session, SYSTEM, "conversation.expire", f"conversation:{conversation_id}")
    gone["rasa.events"] += tracker.forget(ended) + tracker.forget_before(limit)
    return +gone


def _messages(session: Session, limit: datetime) -> Counter[str]:
    """Messages that are past their time in a conversation that goes on."""
    old = delete(ChatMessage).where(
        ChatMessage.at < limit, ChatMessage.conversation_id.not_in(_watched())
    )
    return Counter({ChatMessage.__tablename__: session.connection().execute(old).rowcount})
