"""The table of alerts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.crypto import EncryptedJSON, EncryptedText
from core.database import Base, UtcDateTime


class AlertStatus(StrEnum):
    """Where an alert stands: nobody yet, nobody in time, somebody, done."""

    open = "open"
    escalated = "escalated"
    acknowledged = "acknowledged"
    closed = "closed"


class Alert(Base):
    """Somebody may be in danger, and a person of the site has to look.

    ``conversation`` is the chat's id and no foreign key: an alert may arrive before its chat is
    kept. ``reach`` holds how to reach the person (a telephone number, or that there is none).
    ``repeats`` counts further messages of the same kind before anybody took it on, and
    ``said_last`` is when the last of them came. ``unreached_at`` is when we learned that a text of
    ours did not arrive; None again once one did.
    """

    __tablename__ = "alert"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(20))
    audience: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    conversation: Mapped[str] = mapped_column(String(36), index=True)
    said: Mapped[str] = mapped_column(EncryptedText)
    reach: Mapped[Any] = mapped_column(EncryptedJSON)
    status: Mapped[str] = mapped_column(String(15), index=True)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    repeats: Mapped[int] = mapped_column(default=0)
    said_last: Mapped[datetime] = mapped_column(UtcDateTime)
    escalate_at: Mapped[datetime] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_as: Mapped[str] = mapped_column(String(30), default="")
    unreached_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlertRepeat(Base):
    """A further message that was counted to an alert, so that it is not counted twice."""

    __tablename__ = "alert_repeat"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
