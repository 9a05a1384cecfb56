"""A text conversation goes on when the secret changes from which its id follows (decision 0022)."""

from __future__ import annotations

from sqlalchemy import func, inspect, update
from sqlalchemy.orm import Session

from bot.channels import memory, tracker
from bot.conversations import ChatMessage, Conversation, Telephone, with_staff
from core.outbox import Outgoing
from outreach.tables import Alert
from outreach.texts.contacts import chats_of
from outreach.texts.tables import Signposting


def carried_over(session: Session, site: str, phone: str) -> Conversation | None:
    """The conversation of a telephone (E.164) under the id that it has now, if there is one."""
    wanted, *earlier = chats_of(site, phone)
    if found := with_staff(session, wanted):
        return found
    for each in earlier:
        if held := session.get(Conversation, each):
            return _renamed(session, held, wanted)
    return None


def _renamed(session: Session, held: Conversation, new: str) -> Conversation:
    old = held.id
    columns = [each.key for each in inspect(Conversation).column_attrs]
    made = Conversation(**{name: getattr(held, name) for name in columns} | {"id": new})
    session.add(made)
    session.flush()
    for child in (ChatMessage, Telephone):
        theirs = update(child).where(child.conversation_id == old)
        session.execute(theirs.values(conversation_id=new))
    for told in (Alert, Signposting):
        session.execute(update(told).where(told.conversation == old).values(conversation=new))
    answers = update(Outgoing).where(Outgoing.key.startswith(f"text:{old}:", autoescape=True))
    session.execute(answers.values(key=func.replace(Outgoing.key, old, new)))
    session.delete(held)
    session.flush()
    tracker.rename(old, new)
    memory.forget(old)
    return made
