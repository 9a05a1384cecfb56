"""Who did what to which record, written in the transaction of the act (design D12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.clock import now
from core.database import Base, UtcDateTime


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff by id, a participant's conversation, or the system itself."""

    kind: str
    id: str
    site: str = ""


SYSTEM = Actor("system", "system")


class AuditRow(Base):
    """One act, or one refusal. Never holds what was said or who it was about, only which record."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(64), index=True)
    site: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    record: Mapped[str] = mapped_column(String(120), index=True)
    refused: Mapped[bool] = mapped_column(default=False)


def record(
    session: Session, actor: Actor, act: str, subject: str, *, refused: bool = False
) -> None:
    """Add the audit row of ``act`` on ``subject`` ("table:id"); no audit, no act.

    Flushed at once, so that a failing audit undoes the act it belongs to.
    """
    session.add(
        AuditRow(
            at=now(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            site=actor.site,
            act=act,
            record=subject,
            refused=refused,
        )
    )
    session.flush()
