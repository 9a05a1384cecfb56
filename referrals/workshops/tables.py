"""The tables of workshops: groups, who runs them, and who has a seat."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class WorkshopGroup(Base):
    """One group, which meets for workshop A and, about four weeks later, for workshop B.

    ``begins`` and ``ends`` are times of day ("10:00"), the same on both days; ``who`` is a code of
    the criterion of the group's sex; ``delivery_site`` is empty where its site has none. One with
    no ``places`` was called off.
    """

    __tablename__ = "workshop_group"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    delivery_site: Mapped[str] = mapped_column(String(40), default="")
    venue: Mapped[str] = mapped_column(String(200))
    part_a_on: Mapped[date]
    part_b_on: Mapped[date]
    begins: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    places: Mapped[int]
    who: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(2))
    made_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_called_off(self) -> bool:
        """Nobody comes any more; it is kept because somebody had a seat in it."""
        return self.places == 0


class WorkshopFacilitator(Base):
    """Who runs a group."""

    __tablename__ = "workshop_facilitator"

    group_id: Mapped[str] = mapped_column(ForeignKey("workshop_group.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)


class WorkshopSeat(Base):
    """The place of one referral in a group; ``left_at`` once it is free again."""

    __tablename__ = "workshop_seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("workshop_group.id"), index=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
