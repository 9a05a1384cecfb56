"""What people wrote goes after 30 days (``docs/data.yml``, M), as the chat tells them itself."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.channels import erasing
from bot.conversations import ChatMessage, Conversation, Telephone
from core.audit import Actor, record
from core.clock import now
from outreach.tables import Alert, AlertStatus
from outreach.texts.tables import Arrived, ChatLink, Message, Standing

LASTS = timedelta(days=30)
# One round removes no more, so that people's own messages get their turn at the database.
AT_ONCE = 500


def sweep(session: Session) -> int:
    """Remove conversations that nobody has written in for 30 days; gives how many went.

    One that somebody of the team still has to look at stays until they have.
    """
    open_alerts = select(Alert.conversation).where(Alert.status != AlertStatus.closed)
    old = (
        select(Conversation.id)
        .where(Conversation.seen_at < now() - LASTS, Conversation.id.not_in(open_alerts))
        .limit(AT_ONCE)
    )
    gone = session.scalars(old).all()
    for table in (ChatMessage, Telephone):
        session.execute(delete(table).where(table.conversation_id.in_(gone)))
    session.execute(delete(Conversation).where(Conversation.id.in_(gone)))
    for conversation_id in gone:
        erasing.in_rasa(conversation_id)
        subject = f"conversation:{conversation_id}"
        record(session, Actor("system", "system"), "conversation.expire", subject)
    _sweep_texts(session)
    return len(gone)


def _sweep_texts(session: Session) -> None:
    ended = Message.standing.not_in((Standing.planned.value, Standing.sending.value))
    limit = now() - LASTS
    session.execute(delete(Message).where(ended, Message.due_at < limit))
    session.execute(delete(Arrived).where(Arrived.at < limit))
    session.execute(delete(ChatLink).where(ChatLink.ends_at < limit))
