"""The tables of texts: how a participant may be reached, what they agreed to, what was sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.crypto import EncryptedJSON, EncryptedText, hash_of, only_a_hash
from core.database import Base, UtcDateTime


class Standing(StrEnum):
    """Where a text that we begin stands; from ``sent`` on the provider says what became of it."""

    planned = "planned"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    failed = "failed"
    held_back = "held_back"
    out_of_date = "out_of_date"


class Contact(Base):
    """How a participant may be reached, as they said themselves or an officer asked them.

    ``case_id`` is the referral's id and no foreign key: this package knows nothing of referrals.
    ``privacy`` is "private", "shared" or "unknown" (asked, never inferred); ``hours`` the time of
    day they chose ("day", "morning", "afternoon", "evening"). ``phone_lookup`` is a keyed hash;
    by ``word``, which they chose, we know them again.
    """

    __tablename__ = "contact"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    delivery_site: Mapped[str] = mapped_column(String(40), default="")
    case_id: Mapped[str] = mapped_column(String(36), unique=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_lookup: Mapped[str | None] = mapped_column(String(64), index=True, info=hash_of("phone"))
    word: Mapped[str | None] = mapped_column(EncryptedText)
    privacy: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(2))
    hours: Mapped[str] = mapped_column(String(10))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Consent(Base):
    """One answer to one question of consent, as it was put; append only, and the last one counts.

    ``purpose`` is "booking", "after" (messages after the workshops) or "research"; ``words`` is
    the question exactly as it was asked, in ``language``; ``asked_by`` is the staff's number.
    """

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("contact_id", "purpose", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    agreed: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2))
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    key: Mapped[str] = mapped_column(String(64))


class Stopped(Base):
    """A telephone that said STOP to a site: kept for ever, so that it is honoured.

    ``phone`` is there so that the keyed hash can be made anew when the secret changes (decision
    0022); it is None in rows from before it was kept, until the number is met again.
    ``started_at`` later than ``stopped_at`` means that the person wants texts again.
    """

    __tablename__ = "text_stop"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    phone_lookup: Mapped[str] = mapped_column(String(64), primary_key=True, info=hash_of("phone"))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(Base):
    """A text that we begin: a reminder, a hello, a check-in, a follow-up.

    ``occasion`` tells two of one kind apart (a workshop's day, a signposting), so that each is
    sent once whatever dies when. ``why`` says why it was held back or failed, as a code. ``data``
    is what its words need. Not sent before ``due_at``, nor after ``until``.
    """

    __tablename__ = "text_message"
    __table_args__ = (UniqueConstraint("contact_id", "kind", "occasion"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    occasion: Mapped[str] = mapped_column(String(80))
    data: Mapped[Any] = mapped_column(EncryptedJSON)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    standing: Mapped[str] = mapped_column(String(12), index=True)
    why: Mapped[str] = mapped_column(String(20), default="")
    tries: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider: Mapped[str] = mapped_column(String(12), default="")
    provider_id: Mapped[str | None] = mapped_column(String(80), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Arrived(Base):
    """A text that came in, so that the same one is answered once; no word of it is here."""

    __tablename__ = "text_arrived"

    provider: Mapped[str] = mapped_column(String(12), primary_key=True)
    id_lookup: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=only_a_hash("a copy comes within days")
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Signposting(Base):
    """Services were shown to a participant: for what, which, and later whether they got through.

    ``conversation`` is the chat's id; ``needs`` and ``listings`` are codes and ids. ``answer`` is
    "through", "not_yet" or "did_not_work", and "" until they said.
    """

    __tablename__ = "signposting"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation: Mapped[str] = mapped_column(String(36), index=True)
    needs: Mapped[Any] = mapped_column(EncryptedJSON)
    listings: Mapped[Any] = mapped_column(EncryptedJSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(12), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChatLink(Base):
    """A link by which a text goes on as a web chat: opened once, and for a quarter of an hour.

    The link itself is kept nowhere, only its hash. ``tries`` counts wrong answers to the question
    by which the person is known.
    """

    __tablename__ = "chat_link"

    link_lookup: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=only_a_hash("a link opens for a quarter of an hour")
    )
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
