"""The turn of each thing that waits to be fetched."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class HandOverTurn(Base):
    """The place of an outbox row in its site's queue, given when somebody looks.

    Given then, and not when the row is made, because of two transactions the one that began first
    may end last: a receiver that has read on to a later place would never see it.
    """

    __tablename__ = "hand_over_turn"
    # SQLite else gives the number of a row that was removed to the next one.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own form

    n: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[str] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), unique=True)
