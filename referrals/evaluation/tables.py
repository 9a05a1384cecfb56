"""The salts of studies: their pseudonyms stay the same when the installation's secret changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.crypto import EncryptedText
from core.database import Base, UtcDateTime


class StudySalt(Base):
    """The salt of a study at a site, in hexadecimal, from its first extract on."""

    __tablename__ = "study_salt"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    study: Mapped[str] = mapped_column(String(40), primary_key=True)
    salt: Mapped[str] = mapped_column(EncryptedText)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
