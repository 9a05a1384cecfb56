"""The table of messages that were not understood, until somebody has said how to read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.learning.apart import bare
from core.crypto import EncryptedJSON, EncryptedText, hash_of
from core.database import Base, UtcDateTime


class Why(StrEnum):
    """Why a message was kept."""

    not_understood = "not_understood"
    asked_back = "asked_back"
    said_wrong = "said_wrong"


class Standing(StrEnum):
    """Nobody has looked at it yet, or somebody has given its reading."""

    waiting = "waiting"
    read = "read"


def told_by(row: Mapping[str, Any]) -> str:
    """By what the same words are known again, said to the same audience at the same question."""
    # In hexadecimal, because the hash folds its text to letters and would lose Gurmukhi's vowels.
    return f"{row['audience']}|{row['asked']}|{bare(row['said'])}".encode().hex()


class UnclearMessage(Base):
    """Masked words of somebody, and no way back to them: no conversation, no telephone, no name.

    ``said_lookup`` is a keyed hash by which the same words, said again, are counted and not kept
    twice. ``asked`` is the criterion that was open, for "yes" means nothing without it.
    """

    __tablename__ = "unclear_message"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    audience: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    why: Mapped[str] = mapped_column(String(20))
    asked: Mapped[str] = mapped_column(String(30), default="")
    said: Mapped[str] = mapped_column(EncryptedText)
    said_lookup: Mapped[str] = mapped_column(String(64), index=True, info=hash_of(told_by))
    times: Mapped[int] = mapped_column(default=1)
    standing: Mapped[str] = mapped_column(String(10), index=True)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reading: Mapped[Any] = mapped_column(EncryptedJSON, nullable=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
