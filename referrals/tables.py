"""The tables of the referral: the record, its answers, its details, its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.crypto import EncryptedJSON, EncryptedText, hash_of
from core.database import Base, UtcDateTime


class Referral(Base):
    """One referral from draft to its end; holds no identity (that is :class:`ReferralDetail`).

    ``owner`` is the officer who works on it now, ``resume_to`` where it stood when it was held.
    ``given_on`` is the day on which the conditional caution was given. ``flagged_at``: somebody
    is worried, and no text goes out until a person has looked. ``restricted_at``: only its own
    people and named readers may open it (:class:`ReferralReader`).
    """

    __tablename__ = "referral"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(12), unique=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    status: Mapped[str] = mapped_column(String(30), index=True)
    rule_set: Mapped[str] = mapped_column(String(60))
    rule_set_digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(30))
    version: Mapped[int] = mapped_column()
    created_by: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    owner: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resume_to: Mapped[str | None] = mapped_column(String(30))
    flagged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    restricted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivery_site: Mapped[str] = mapped_column(String(40), default="")
    given_on: Mapped[date | None]
    went_on_despite: Mapped[str] = mapped_column(String(200), default="")
    frozen: Mapped[Any | None] = mapped_column(EncryptedJSON)
    frozen_digest: Mapped[str | None] = mapped_column(String(64))

    answers: Mapped[list[ReferralAnswer]] = relationship(
        order_by="ReferralAnswer.id", lazy="selectin", cascade="all"
    )
    detail: Mapped[ReferralDetail] = relationship(lazy="joined", cascade="all")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class ReferralAnswer(Base):
    """One answer as given; a later one of the same criterion replaces it and both are kept."""

    __tablename__ = "referral_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), index=True)
    criterion: Mapped[str] = mapped_column(String(30))
    value: Mapped[str | None] = mapped_column(String(30))
    asked_as: Mapped[str] = mapped_column(String(300))
    rule_set: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferralDetail(Base):
    """What a booking needs to know, encrypted; ``skipped`` lists optional fields passed over."""

    __tablename__ = "referral_detail"

    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    crime_reference: Mapped[str | None] = mapped_column(EncryptedText)
    crime_reference_lookup: Mapped[str | None] = mapped_column(
        String(64), index=True, info=hash_of("crime_reference")
    )
    custody_reference: Mapped[str | None] = mapped_column(EncryptedText)
    custody_reference_lookup: Mapped[str | None] = mapped_column(
        String(64), index=True, info=hash_of("custody_reference")
    )
    offence_date: Mapped[str | None] = mapped_column(EncryptedText)
    first_statement_on: Mapped[str | None] = mapped_column(EncryptedText)
    risk_tool: Mapped[str | None] = mapped_column(String(10))
    officer_phone: Mapped[str | None] = mapped_column(EncryptedText)
    officer_in_case: Mapped[str | None] = mapped_column(EncryptedText)
    full_name: Mapped[str | None] = mapped_column(EncryptedText)
    full_name_lookup: Mapped[str | None] = mapped_column(
        String(64), index=True, info=hash_of("full_name")
    )
    date_of_birth: Mapped[str | None] = mapped_column(EncryptedText)
    date_of_birth_lookup: Mapped[str | None] = mapped_column(
        String(64), index=True, info=hash_of("date_of_birth")
    )
    postcode_district: Mapped[str | None] = mapped_column(EncryptedText)
    living_with_victim_now: Mapped[str | None] = mapped_column(String(10))
    mobile: Mapped[str | None] = mapped_column(EncryptedText)
    phone_is_private: Mapped[str | None] = mapped_column(String(10))
    text_consent: Mapped[str | None] = mapped_column(String(10))
    text_consent_words: Mapped[str | None] = mapped_column(String(500))
    text_consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ok_hours: Mapped[str | None] = mapped_column(String(20))
    second_contact: Mapped[str | None] = mapped_column(EncryptedText)
    interpreter_language: Mapped[str | None] = mapped_column(EncryptedText)
    access_needs: Mapped[str | None] = mapped_column(EncryptedText)
    when_unavailable: Mapped[str | None] = mapped_column(EncryptedText)
    support_needs_seen: Mapped[str | None] = mapped_column(EncryptedText)
    override_reason: Mapped[str | None] = mapped_column(EncryptedText)
    authoriser: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    skipped: Mapped[str] = mapped_column(String(500), default="")


class ReferralEvent(Base):
    """One move of a referral from a status to the next, or what else was done to it; append only.

    ``reason`` is a code, ``said`` the words beside it.
    """

    __tablename__ = "referral_event"
    __table_args__ = (UniqueConstraint("referral_id", "idempotency_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), index=True)
    event: Mapped[str] = mapped_column(String(30))
    from_status: Mapped[str] = mapped_column(String(30))
    to_status: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(200), default="")
    said: Mapped[str | None] = mapped_column(EncryptedText)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferralSupport(Base):
    """One line of a person's needs: an assessment, or support that was given; append only.

    ``need`` and ``said`` are encrypted: a need may be one of health.
    """

    __tablename__ = "referral_support"
    __table_args__ = (UniqueConstraint("referral_id", "idempotency_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), index=True)
    step: Mapped[str] = mapped_column(String(10))
    need: Mapped[str] = mapped_column(EncryptedText)
    how: Mapped[str] = mapped_column(String(20))
    said: Mapped[str | None] = mapped_column(EncryptedText)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferralVictim(Base):
    """All that is held of the victim, and nothing else (design D13): a table that few may open.

    The codes of three answers, "" where the officer does not know yet; the day on which the victim
    was asked; the force's own reference of their support. ``frozen`` holds those three questions as
    they were worded when the referral was sent, each with its place among the others.
    """

    __tablename__ = "referral_victim"

    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    consulted: Mapped[str | None] = mapped_column(EncryptedText)
    consulted_on: Mapped[str | None] = mapped_column(EncryptedText)
    view: Mapped[str | None] = mapped_column(EncryptedText)
    concern: Mapped[str | None] = mapped_column(EncryptedText)
    support_reference: Mapped[str | None] = mapped_column(EncryptedText)
    frozen: Mapped[Any | None] = mapped_column(EncryptedJSON)


class ReferralReader(Base):
    """Somebody who may open a restricted referral besides its officers and its authoriser."""

    __tablename__ = "referral_reader"

    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeptRuleSet(Base):
    """A rule set as it was when a referral was sent under it: old referrals are replayed by it."""

    __tablename__ = "referral_rule_set"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    document: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RetentionReview(Base):
    """A referral whose period is over and whose site reviews before anything is removed.

    ``decision`` is "" until somebody has decided, then "keep" (until ``due_at``) or "dispose".
    """

    __tablename__ = "retention_review"

    referral_id: Mapped[str] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(String(10), default="")
    why: Mapped[str] = mapped_column(String(200), default="")
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
