"""Keeps messages that were not understood, where the site agrees, and what people say they mean."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accounts.policy import roles_for
from accounts.tables import Staff
from bot.conversations import Conversation
from bot.learning import readings
from bot.learning.readings import OFFICER, Reading
from bot.learning.tables import Standing, UnclearMessage, Why, told_by
from bot.runtime.language import language_of
from core.audit import Actor, record
from core.clock import now
from core.crypto import lookup_hash, lookup_hashes
from referrals.rule_set import ABOUT_VICTIM
from sites import all_sites, site_of

REVIEWS = roles_for("unclear.review")
UNREAD_LASTS = timedelta(days=30)
READ_LASTS = timedelta(days=730)
LONGEST = 600
_LOOKUP = "unclear_message.said_lookup"
MOST_WAITING = 500


def keep(
    session: Session, conversation: Conversation, said: str, why: Why, asked: str = ""
) -> UnclearMessage | None:
    """Keep masked words, if the site agrees; the same words that wait already are only counted.

    Neither the row nor its audit names the conversation: what it meant matters, not who said it.
    """
    site = conversation.site
    if asked in ABOUT_VICTIM:  # a coordinator reads these words, and nothing of the victim
        return None
    if not site_of(site).keeps_unclear or not _has_words(said) or len(said) > LONGEST:
        return None
    audience = OFFICER if conversation.audience == OFFICER else "participant"
    told = told_by({"audience": audience, "asked": asked, "said": said})
    known = _known(session, site, told)
    if known is not None:
        known.times += 1
        return known
    if _count(session, site) >= MOST_WAITING:
        return None
    found = language_of(said)
    kept = UnclearMessage(
        id=str(uuid.uuid4()),
        site=site,
        audience=audience,
        language=conversation.language if found == "other" else found,
        why=why,
        asked=asked,
        said=said,
        said_lookup=lookup_hash(_LOOKUP, told),
        times=1,
        standing=Standing.waiting,
        kept_at=now(),
    )
    session.add(kept)
    record(session, Actor("system", "system", site), "unclear.keep", f"unclear:{kept.id}")
    return kept


def messages_of(
    session: Session, staff: Staff
) -> tuple[list[UnclearMessage], list[UnclearMessage]]:
    """What waits at this person's site, oldest first, and what has a reading, newest first."""
    if staff.role not in REVIEWS:
        return [], []
    _record(session, staff, "list", "*")
    waiting = _of(session, staff.site, Standing.waiting)
    return waiting, _of(session, staff.site, Standing.read)[::-1]


def message_for(session: Session, staff: Staff, message_id: str) -> UnclearMessage | None:
    """One message of this person's own site; that it was read is on record."""
    # PostgreSQL refuses a zero byte before it looks.
    found = session.get(UnclearMessage, message_id) if message_id.isprintable() else None
    if found is None or staff.role not in REVIEWS or found.site != staff.site:
        return None
    _record(session, staff, "read", found.id)
    return found


def give_reading(
    session: Session, staff: Staff, message: UnclearMessage, reading: Reading, *, confirmed: bool
) -> None:
    """How it is to be read; raises :class:`bot.learning.readings.ReadingError`.

    ``confirmed``: a person has looked whether the words point to anybody. Masking takes out most of
    what does, and promises nothing.
    """
    readings.check(message.said, message.audience, message.site, reading, confirmed=confirmed)
    message.reading, message.standing = reading.kept(), Standing.read
    message.read_at, message.read_by = now(), staff.id
    _record(session, staff, "decide", message.id)


def drop(session: Session, staff: Staff, message: UnclearMessage) -> None:
    """Nothing is to be learned from it: it is gone."""
    _record(session, staff, "drop", message.id)
    session.delete(message)


def sweep(session: Session) -> int:
    """Remove what nobody has read in time, what was read long ago, and what a site keeps no more.

    Gives the number removed.
    """
    agreeing = [code for code, site in all_sites().items() if site.keeps_unclear]
    limits = (
        (UnclearMessage.standing == Standing.waiting)
        & (UnclearMessage.kept_at < now() - UNREAD_LASTS),
        (UnclearMessage.standing == Standing.read) & (UnclearMessage.read_at < now() - READ_LASTS),
        UnclearMessage.site.not_in(agreeing),
    )
    removed = 0
    for limit in limits:
        gone = session.scalars(select(UnclearMessage.id).where(limit)).all()
        for message_id in gone:
            record(session, Actor("system", "system"), "unclear.expire", f"unclear:{message_id}")
        session.execute(delete(UnclearMessage).where(UnclearMessage.id.in_(gone)))
        removed += len(gone)
    return removed


def readings_given(session: Session) -> list[UnclearMessage]:
    """Everything that has a reading, of the sites that agree, oldest first."""
    return [
        each
        for code, site in all_sites().items()
        if site.keeps_unclear
        for each in _of(session, code, Standing.read)
    ]


def waiting_count(session: Session, staff: Staff) -> int:
    """How many messages wait for this person."""
    return _count(session, staff.site) if staff.role in REVIEWS else 0


def _count(session: Session, site: str) -> int:
    waiting = select(func.count()).where(
        UnclearMessage.site == site, UnclearMessage.standing == Standing.waiting
    )
    return session.scalar(waiting) or 0


def _of(session: Session, site: str, standing: Standing) -> list[UnclearMessage]:
    return list(
        session.scalars(
            select(UnclearMessage)
            .where(UnclearMessage.site == site, UnclearMessage.standing == standing)
            .order_by(UnclearMessage.kept_at, UnclearMessage.id)
        )
    )


def _known(session: Session, site: str, told: str) -> UnclearMessage | None:
    return session.scalars(
        select(UnclearMessage)
        .where(
            UnclearMessage.site == site,
            UnclearMessage.said_lookup.in_(lookup_hashes(_LOOKUP, told)),
        )
        .limit(1)
    ).first()


def _has_words(said: str) -> bool:
    return any(ch.isalnum() for ch in said)


def _record(session: Session, staff: Staff, act: str, subject: str) -> None:
    record(session, Actor("staff", staff.id, staff.site), f"unclear.{act}", f"unclear:{subject}")
