"""The tables of staff and their sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.crypto import EncryptedText
from core.database import Base, UtcDateTime


class Role(StrEnum):
    """What a member of staff may do (design section 5)."""

    officer = "officer"
    authoriser = "authoriser"
    facilitator = "facilitator"
    coordinator = "coordinator"
    approver = "approver"
    navigator = "navigator"
    site_admin = "site_admin"
    evaluator = "evaluator"
    operator = "operator"


class Staff(Base):
    """One member of staff at one site. The user name is a work account; the rest is identity.

    ``force_id`` is a hash of who the force's sign-in says they are; with it there is no password
    (an empty hash). ``totp_step`` is the last 30 seconds whose code was used, so that none counts
    twice.
    """

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    site: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    rank: Mapped[str] = mapped_column(String(40), default="")
    collar_number: Mapped[str] = mapped_column(EncryptedText, default="")
    email: Mapped[str] = mapped_column(EncryptedText, default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    force_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_step: Mapped[int | None]
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StaffSession(Base):
    """A sign-in that lives here and nowhere else; the browser holds only its secret.

    ``handle`` names it on pages and opens nothing; ``label`` says which service holds a token;
    ``confirmed_at`` is when its person last showed anew who they are.
    """

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    handle: Mapped[str] = mapped_column(String(24), unique=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(80), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    staff: Mapped[Staff] = relationship(lazy="joined")


class StaffCode(Base):
    """A code that works once: a recovery code, or one to set a new password (``ends_at``)."""

    __tablename__ = "staff_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInRequest(Base):
    """Somebody on the way to the force's sign-in and back, for minutes; spent by coming back.

    ``browser`` ties it to the browser that went; ``session_hash`` is the session whose person only
    shows anew who they are.
    """

    __tablename__ = "sign_in_request"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(EncryptedText)
    after: Mapped[str] = mapped_column(String(300))
    session_hash: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
