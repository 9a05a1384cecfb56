"""Conversations and their messages: what was said, encrypted, so that a browser may close."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import (
    Mapped,
    Session,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    undefer,
)
from sqlalchemy.orm.attributes import set_committed_value

from accounts.tables import Staff
from core.audit import Actor, record
from core.clock import now
from core.crypto import EncryptedJSON, EncryptedText
from core.database import Base, ByKey, UtcDateTime
from core.tokens import seal
from outreach.texts.contacts import of_phone
from outreach.texts.tables import Contact

TOKEN = "conversation"  # noqa: S105 - the purpose of a token, not a token
# The sender of a person's answer, beside "assistant" and "person" (which is the participant).
TEAM = "team"
LASTS = timedelta(hours=24)
# After so long nobody works on a message: a turn waits 2.5 s for Rasa, and little besides.
ABANDONED = timedelta(seconds=5)
A_MINUTE = timedelta(minutes=1)
# At the longest, for somebody who waits for a person's answer.
WAITS = timedelta(days=7)


class ChatMessage(Base):
    """One message of either side. ``body`` holds text, choices with their meaning, a listing."""

    __tablename__ = "chat_message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "n"),
        UniqueConstraint("conversation_id", "idempotency_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    n: Mapped[int]
    sender: Mapped[str] = mapped_column(String(10))
    body: Mapped[Any] = mapped_column(EncryptedJSON)
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Conversation(Base):
    """One chat. ``context`` is what the dialogue remembers: needs, place, what was shown.

    ``last_n`` is the number of the last message of either side, 0 where nothing was said. Of two
    transactions that add a message at once the second cannot be written (a unique constraint).
    """

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(40))
    audience: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"), index=True)
    context: Mapped[Any] = mapped_column(EncryptedJSON)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    staff: Mapped[Staff | None] = relationship(viewonly=True)
    last_n: Mapped[int] = column_property(
        select(func.coalesce(func.max(ChatMessage.n), 0))
        .where(ChatMessage.conversation_id == id)
        .scalar_subquery(),
        deferred=True,
        expire_on_flush=False,
    )


_CONVERSATION = ByKey(
    Conversation,
    Conversation.id,
    # The rest of an officer is read where it is asked for, which no turn of a form does.
    joinedload(Conversation.staff).load_only(
        Staff.id, Staff.role, Staff.site, Staff.demonstration, Staff.disabled_at
    ),
    undefer(Conversation.last_n),
)


class Telephone(Base):
    """The telephone behind a conversation by text; nothing else of the person is known."""

    __tablename__ = "telephone"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    number: Mapped[str] = mapped_column(EncryptedText)


_TELEPHONE = ByKey(Telephone, Telephone.conversation_id)


def begin(
    session: Session,
    *,
    site: str,
    audience: str,
    language: str,
    staff_id: str | None,
    staff_session: str = "",
    known_as: str = "",
) -> tuple[Conversation, str]:
    """A new conversation and its token, which says by itself whose it is and for how long.

    ``staff_session`` is the hash of the sign-in that an officer's token lasts with; ``known_as``
    its id where one is known beforehand, as for a telephone number.
    """
    conversation = Conversation(
        id=known_as or secrets.token_hex(16),
        site=site,
        audience=audience,
        language=language,
        staff_id=staff_id,
        context={},
        started_at=now(),
        seen_at=now(),
    )
    set_committed_value(conversation, "last_n", 0)
    session.add(conversation)
    record(session, actor_of(conversation), "conversation.begin", f"conversation:{conversation.id}")
    return conversation, token_for(conversation, staff_session)


def token_for(conversation: Conversation, staff_session: str = "") -> str:
    """What opens this conversation and nothing else, and can be read by nobody but us.

    It lasts as long as a conversation ever may; whether this one is still open is looked up, and
    whether an officer is still signed in.
    """
    claims = {
        "sub": conversation.id,
        "site": conversation.site,
        "audience": conversation.audience,
        "language": conversation.language,
        "staff": conversation.staff_id or "",
        "session": staff_session,
    }
    return seal(TOKEN, claims, lasts=WAITS)


def opened(session: Session, conversation_id: str) -> Conversation | None:
    """The conversation of that id, unless there is none or its person has left it."""
    found = with_staff(session, conversation_id)
    return None if found is None or found.ended_at is not None else found


def with_staff(session: Session, conversation_id: str) -> Conversation | None:
    """The conversation, and in the same look its officer and the number of its last message."""
    return _CONVERSATION(session, conversation_id)


def closes_at(session: Session, conversation_id: str, began: datetime) -> datetime:
    """When a conversation closes that was begun on a page, or opened there, at ``began``.

    A day later; where a person's answer was promised not before it came, and a day for reading it,
    and after a week all the same.
    """
    a_day = began + LASTS
    if now() < a_day:
        return a_day
    lately = now() - WAITS
    said = [each for each in messages_after(session, conversation_id, 0) if each.at > lately]
    promised = max((each.n for each in said if each.body.get("waits")), default=0)
    answered = [each for each in said if each.sender == TEAM]
    if promised > max((each.n for each in answered), default=0):
        return began + WAITS
    return min(began + WAITS, max([a_day, *(each.at + LASTS for each in answered)]))


def actor_of(conversation: Conversation) -> Actor:
    """Who acts in this conversation, as the audit knows them."""
    if conversation.staff_id:
        return Actor("staff", conversation.staff_id, conversation.site)
    return Actor("conversation", conversation.id, conversation.site)


def remember(conversation: Conversation, **facts: Any) -> None:
    """Keep facts in the context; a fact of None is forgotten."""
    merged = dict(conversation.context) | facts
    conversation.context = {key: value for key, value in merged.items() if value is not None}


def add_message(
    session: Session,
    conversation: Conversation,
    sender: str,
    body: dict[str, Any],
    idempotency_key: str | None = None,
) -> ChatMessage:
    """Append one message; its number follows the last. Written with what else the session holds."""
    message = _next_message(conversation, sender, body, idempotency_key)
    session.add(message)
    return message


def add_answer(
    session: Session, conversation: Conversation, bodies: Sequence[dict[str, Any]]
) -> list[ChatMessage]:
    """Append what the assistant answers, and write it at once.

    Past the unit of work, in three fifths of its time: the session knows nothing of these, and they
    get no ``id``. The conversation is in the database already.
    """
    messages = [_next_message(conversation, "assistant", body) for body in bodies]
    session.bulk_save_objects(messages)
    return messages


def _next_message(
    conversation: Conversation, sender: str, body: dict[str, Any], key: str | None = None
) -> ChatMessage:
    set_committed_value(conversation, "last_n", conversation.last_n + 1)
    # Kept for days from here, so to the minute; and the clock may have been set back since.
    if abs(now() - conversation.seen_at) >= A_MINUTE:
        conversation.seen_at = now()
    return ChatMessage(
        conversation_id=conversation.id,
        n=conversation.last_n,
        sender=sender,
        body=body,
        idempotency_key=key,
        at=now(),
    )


def messages_after(session: Session, conversation_id: str, n: int) -> list[ChatMessage]:
    """The messages after number ``n``, in order."""
    return list(
        session.scalars(
            select(ChatMessage)
            .where(ChatMessage.conversation_id == conversation_id, ChatMessage.n > n)
            .order_by(ChatMessage.n)
        )
    )


def last_said(session: Session, conversation_id: str) -> int:
    """The number of the person's last message; 0 where they have said nothing."""
    number = select(func.max(ChatMessage.n)).where(
        ChatMessage.conversation_id == conversation_id, ChatMessage.sender == "person"
    )
    return session.scalar(number) or 0


def replies_to(session: Session, conversation_id: str, key: str) -> list[ChatMessage] | None:
    """What was answered to the message sent under this idempotency key; None if there was none."""
    asked = _asked(session, conversation_id, key)
    if asked is None:
        return None
    replies: list[ChatMessage] = []
    for message in messages_after(session, conversation_id, asked.n):
        if message.sender == "person":
            break
        replies.append(message)
    return replies


def abandoned(session: Session, conversation_id: str, key: str) -> bool:
    """Whether nobody will answer what was said under this key; if so the key is free again.

    The process that took it died before it answered, and the same is asked anew. Only for a
    message without replies.
    """
    asked = _asked(session, conversation_id, key)
    # The clock may have been set back since, and then nobody waits for it to come round again.
    if asked is None or abs(now() - asked.at) < ABANDONED:
        return False
    asked.idempotency_key = None
    session.flush()
    return True


def _asked(session: Session, conversation_id: str, key: str) -> ChatMessage | None:
    return session.scalar(
        select(ChatMessage).where(
            ChatMessage.conversation_id == conversation_id, ChatMessage.idempotency_key == key
        )
    )


def offered(session: Session, conversation_id: str, token: str) -> dict[str, Any] | None:
    """The choice behind an opaque token, if the assistant offered it in this conversation."""
    with closing(session.scalars(_newest_first(conversation_id))) as messages:
        choices = (option for each in messages for option in each.body.get("choices", []))
        return next((option for option in choices if option["choice"] == token), None)


def _newest_first(conversation_id: str) -> Select[ChatMessage]:
    return (
        select(ChatMessage)
        .where(ChatMessage.conversation_id == conversation_id)
        .order_by(ChatMessage.n.desc())
        .execution_options(yield_per=20)
    )


def asked_by(message: ChatMessage) -> str | None:
    """The criterion that a message asks an officer; "" for another question, None for none.

    What only goes round the dialogue, as a safety question or "Try again", is no question of it.
    """
    body: dict[str, Any] = message.body
    if body.get("about"):
        return str(body["about"])
    done = [each["do"].keys() for each in body.get("choices", ())]
    asks = body.get("kind") == "summary" or any({"intent", "field"} & each for each in done)
    return "" if asks or body.get("field") else None


def asked_last(session: Session, conversation_id: str) -> str:
    """The criterion whose question stands on an officer's screen; "" where none does."""
    with closing(session.scalars(_newest_first(conversation_id))) as messages:
        asked = (asked_by(each) for each in messages)
        return next((each for each in asked if each is not None), "")


def contact_of(session: Session, conversation: Conversation) -> Contact | None:
    """Whose telephone a conversation was begun by, where they said how they may be reached."""
    telephone = _TELEPHONE(session, conversation.id)
    return of_phone(session, conversation.site, telephone.number) if telephone else None


def recent_words(session: Session, conversation_id: str, count: int = 4) -> list[str]:
    """The person's last messages, oldest first, for the safety screen."""
    said = session.scalars(
        select(ChatMessage)
        .where(ChatMessage.conversation_id == conversation_id, ChatMessage.sender == "person")
        .order_by(ChatMessage.n.desc())
        .limit(count)
    )
    return [message.body["text"] for message in reversed(list(said))]
