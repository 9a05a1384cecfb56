"""The tables of the directory: what was written, what of it is public, and what is known of both.

A listing is a document (``listing.COLUMNS``), and every version of it is a row of
``directory_revision``. Approval copies what is public of one version into ``directory_live``, from
which alone searches read (``live``; decision 0014). Nothing in it is withheld or internal.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.crypto import EncryptedJSON, EncryptedText
from core.database import Base, UtcDateTime


class State(StrEnum):
    """Where a version stands; ``hidden`` is no version but the act of hiding, with its reason."""

    draft = "draft"
    submitted = "submitted"
    live = "live"
    rejected = "rejected"
    replaced = "replaced"
    discarded = "discarded"
    hidden = "hidden"


class DirectoryListing(Base):
    """One service at one place, whatever its versions say.

    ``lock`` counts its changes, so that of two editors the second hears of the first.
    ``merged_into`` names the listing that took its place. ``hidden`` is a coordinator's decision.
    """

    __tablename__ = "directory_listing"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    lock: Mapped[int] = mapped_column(default=0)
    hidden: Mapped[bool] = mapped_column(default=False)
    merged_into: Mapped[str | None] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 - SQLAlchemy reads it as declared


class Revision(Base):
    """One version of a listing: who wrote it and why, and who decided on it.

    The author and the decider are staff, or what brought it: "starter", "import". ``method`` is
    how the author knows, and with approval it confirms the groups of fields that changed.
    """

    __tablename__ = "directory_revision"
    __table_args__ = (UniqueConstraint("listing_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("directory_listing.id"), index=True)
    n: Mapped[int]
    document: Mapped[Any] = mapped_column(EncryptedJSON)
    state: Mapped[str] = mapped_column(String(12), index=True)
    source: Mapped[str] = mapped_column(String(12))
    author: Mapped[str] = mapped_column(String(36))
    reason: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(String(12), default="")
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(Text, default="")


class Live(Base):
    """What of a listing is public.

    ``public`` is the document without what is withheld or internal; ``service_id`` and
    ``organisation_id`` are the UUIDs under which ORUK knows its service and organisation.
    ``easting`` and ``northing`` (metres) are those of the postcode; of a withheld address those of
    its outward code.
    """

    __tablename__ = "directory_live"

    number: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("directory_listing.id"), unique=True)
    revision: Mapped[int]
    site: Mapped[str] = mapped_column(String(40), index=True)
    service_id: Mapped[str] = mapped_column(String(36), index=True)
    organisation_id: Mapped[str] = mapped_column(String(36), index=True)
    public: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    assured_on: Mapped[date | None]
    check_after: Mapped[date | None]
    hide_after: Mapped[date | None]
    modified_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LiveMark(Base):
    """One row: a mark that is new whenever something public is, by which copies know their age."""

    __tablename__ = "directory_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(32))


class SiteListing(Base):
    """A listing at a site: its place in the site's own order, and a note for participants there.

    A listing belongs to its own site without a row here; others take it up by one. ``rank`` 1
    comes first, 0 is no rank.
    """

    __tablename__ = "directory_site"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    listing_id: Mapped[str] = mapped_column(
        ForeignKey("directory_listing.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    rank: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(Text, default="")


class Verification(Base):
    """Somebody found a group of fields to be right, or wrong: how, and when it has to be next."""

    __tablename__ = "directory_verification"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("directory_listing.id"), index=True)
    field_group: Mapped[str] = mapped_column(String(12))
    method: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    due: Mapped[date]


class Suggestion(Base):
    """What somebody says is wrong with a listing, or missing; never live until it is approved."""

    __tablename__ = "directory_suggestion"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("directory_listing.id"), index=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    source: Mapped[str] = mapped_column(String(12))
    field: Mapped[str] = mapped_column(String(24))
    proposed: Mapped[str] = mapped_column(EncryptedText, default="")
    said: Mapped[str] = mapped_column(EncryptedText, default="")
    status: Mapped[str] = mapped_column(String(12), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times: Mapped[int] = mapped_column(default=1)
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkCheck(Base):
    """How a web address of the directory answered last, and when to look again."""

    __tablename__ = "directory_link"

    url: Mapped[str] = mapped_column(String(500), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    status: Mapped[int | None]
    final_url: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text, default="")
    length: Mapped[int] = mapped_column(default=0)
    fails: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Synonym(Base):
    """A word that people use, and the need code or words it stands for."""

    __tablename__ = "directory_synonym"

    term: Mapped[str] = mapped_column(String(60), primary_key=True)
    means: Mapped[str] = mapped_column(String(120))


class Tombstone(Base):
    """A listing that was public and is no more, for those who copied it."""

    __tablename__ = "directory_tombstone"

    listing_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    site: Mapped[str] = mapped_column(String(40))
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Gap(Base):
    """How often a day nothing, or nothing near, was found for a need: never what was said."""

    __tablename__ = "directory_gap"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    need: Mapped[str] = mapped_column(String(24), primary_key=True)
    area: Mapped[str] = mapped_column(String(4), primary_key=True)
    relaxed: Mapped[str] = mapped_column(String(40), primary_key=True)
    times: Mapped[int] = mapped_column(default=1)
