"""What goes when somebody has what we hold about them deleted; callers ask them first.

Alerts, the audit, answers to questions of consent, STOP and the referral stay: they have reasons
and periods of their own (``docs/data.yml``).
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.channels import memory, tracker
from bot.conversations import ChatMessage, Conversation, Telephone
from core.audit import Actor, record
from core.clock import now
from core.outbox import SENT, Outgoing
from outreach.texts import contacts, journey
from outreach.texts.contacts import Reach
from outreach.texts.tables import ChatLink, Contact, Message, Signposting

ERASED = "erased"


def conversation(session: Session, held: Conversation, *, keeping: dict[str, Any]) -> None:
    """Delete all of a conversation but the person's newest message, and begin it anew.

    Numbers of messages go on: what has been sent is known by them. ``keeping`` is what its context
    holds afterwards.
    """
    newest = (
        select(func.max(ChatMessage.n))
        .where(ChatMessage.conversation_id == held.id, ChatMessage.sender == "person")
        .scalar_subquery()
    )
    of_chat = (ChatMessage.conversation_id == held.id, ChatMessage.n < newest)
    session.execute(delete(ChatMessage).where(*of_chat))
    texts = Outgoing.key.startswith(f"text:{held.id}:", autoescape=True)
    session.execute(delete(Outgoing).where(texts, Outgoing.status == SENT))
    session.execute(delete(Signposting).where(Signposting.conversation == held.id))
    session.execute(delete(Telephone).where(Telephone.conversation_id == held.id))
    held.context = keeping
    tracker.forget([held.id])
    memory.forget(held.id)


def contact(session: Session, held: Contact) -> None:
    """Delete how somebody is reached and what they were shown; nothing that was planned goes."""
    journey.call_off(session, held, journey.PURPOSE, ERASED)
    emptied = Reach(
        site=held.site,
        case_id=held.case_id,
        phone="",
        privacy="unknown",
        language=held.language,
        delivery_site=held.delivery_site,
    )
    contacts.keep(session, emptied, key=f"{ERASED}:{uuid.uuid4()}")
    held.word = None
    _texts_begun(session, held)
    session.execute(delete(Signposting).where(Signposting.contact_id == held.id))
    late = update(ChatLink).where(ChatLink.contact_id == held.id, ChatLink.ends_at > now())
    session.execute(late.values(ends_at=now()))
    record(session, Actor("contact", held.id, held.site), "contact.erase", f"contact:{held.id}")


def _texts_begun(session: Session, held: Contact) -> None:
    """What their texts said goes, here and from the page of what has left; that they went stays."""
    theirs = select(Message).where(Message.contact_id == held.id)
    for message in session.scalars(theirs).all():
        message.data, message.why = {}, ERASED
        sent = Outgoing.key == f"message:{message.id}"
        session.execute(delete(Outgoing).where(sent, Outgoing.status == SENT))
