"""Safe contact and agreement: asked, never inferred, and kept with the words that were used."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import phonenumbers
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.clock import now
from core.crypto import derived_keys, lookup_hash, lookup_hashes
from outreach.texts.tables import Consent, Contact, Stopped

BOOKING, AFTER, RESEARCH = PURPOSES = ("booking", "after", "research")
PRIVACIES = ("private", "shared", "unknown")
HOURS = ("day", "morning", "afternoon", "evening")
PHONE_LOOKUP, STOP_LOOKUP = "contact.phone_lookup", "text_stop.phone_lookup"
# When one key made the hashes of every column: a STOP of that time may be kept by no number.
_BEFORE_COLUMNS = "lookup"
_SHORTEST = 7


@dataclass(frozen=True)
class Reach:
    """How a participant may be reached, as asked; ``phone`` is E.164 or "" where there is none."""

    site: str
    case_id: str
    phone: str
    privacy: str
    language: str
    hours: str = "day"
    delivery_site: str = ""
    word: str = ""


@dataclass(frozen=True)
class Asked:
    """One question of consent: what was said to it, and how it was put; ``at`` where not now."""

    purpose: str
    agreed: bool
    words: str
    language: str
    asked_by: str
    at: datetime | None = None


def number_of(raw: str) -> str | None:
    """A number as +44...; None where it is none that could be texted back."""
    try:
        parsed = phonenumbers.parse(raw, "GB")
    except phonenumbers.NumberParseException:
        return None
    # A short code, or a number without its area, is possible and nobody could text back to it.
    whole = phonenumbers.is_possible_number_with_reason(parsed)
    if whole != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    if len(str(parsed.national_number)) < _SHORTEST:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def chat_of(site: str, phone: str) -> str:
    """The id of the conversation of a telephone (E.164) with a site: it follows from both."""
    return chats_of(site, phone)[0]


def chats_of(site: str, phone: str) -> list[str]:
    """The same under every secret in use: the one that is given now, and those given before."""
    named = f"{site}:{phone}".encode()
    digests = [hmac.new(key, named, sha256).digest() for key in derived_keys("phones")]
    return [str(uuid.UUID(bytes=digest[:16])) for digest in digests]


def keep(session: Session, reach: Reach, asked: Iterable[Asked] = (), *, key: str) -> Contact:
    """Keep how somebody is reached now and what they answered; the same ``key`` counts once.

    Another telephone ends what was agreed to for the one before: consent belongs to one phone.
    Raises ``ValueError`` for a code that is none.
    """
    _known(reach.privacy, PRIVACIES)
    _known(reach.hours, HOURS)
    contact = of_case(session, reach.case_id) or Contact(
        id=str(uuid.uuid4()), case_id=reach.case_id, site=reach.site
    )
    if contact.phone and contact.phone != reach.phone:
        _end_agreements(session, contact, key)
    contact.phone = reach.phone or None
    contact.phone_lookup = lookup_hash(PHONE_LOOKUP, reach.phone) if reach.phone else None
    contact.privacy, contact.language, contact.hours = reach.privacy, reach.language, reach.hours
    contact.delivery_site, contact.updated_at = reach.delivery_site, now()
    if reach.word:
        contact.word = reach.word
    session.add(contact)
    session.flush()
    for each in asked:
        _answer(session, contact, each, key)
    return contact


def of_case(session: Session, case_id: str) -> Contact | None:
    """The contact of a case, if anybody has kept one."""
    return session.scalar(select(Contact).where(Contact.case_id == case_id))


def of_phone(session: Session, site: str, phone: str) -> Contact | None:
    """Whose telephone this is at a site: the newest, where several cases gave one number."""
    found = select(Contact).where(Contact.site == site, has_phone(phone))
    return session.scalars(found.order_by(Contact.updated_at.desc())).first()


def has_phone(phone: str) -> ColumnElement[bool]:
    """Whether a contact's telephone is this one (E.164), whatever secret it was kept under."""
    return Contact.phone_lookup.in_(lookup_hashes(PHONE_LOOKUP, phone))


def agreed(session: Session, contact: Contact, purpose: str) -> bool:
    """Whether the last answer to that question was yes; a question never put is a no."""
    last = (
        select(Consent.agreed)
        .where(Consent.contact_id == contact.id, Consent.purpose == purpose)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return bool(session.scalar(last))


def consents(session: Session, contact: Contact) -> list[Consent]:
    """Every answer that was given, oldest first."""
    given = select(Consent).where(Consent.contact_id == contact.id).order_by(Consent.id)
    return list(session.scalars(given))


def stop(session: Session, site: str, phone: str) -> None:
    """No text that we begin goes to this telephone any more."""
    held = stop_of(session, site, phone)
    if held is None:
        held = Stopped(site=site, phone_lookup=lookup_hash(STOP_LOOKUP, phone))
        session.add(held)
    held.phone, held.stopped_at, held.started_at = phone, now(), None
    session.flush()


def stop_of(session: Session, site: str, phone: str) -> Stopped | None:
    """What this telephone (E.164) last said of STOP and START, whatever secret it was kept under.

    While a secret is being changed two processes may have kept a row each: the last word counts.
    """
    hashes = (*lookup_hashes(STOP_LOOKUP, phone), *lookup_hashes(_BEFORE_COLUMNS, phone))
    found = select(Stopped).where(Stopped.site == site, Stopped.phone_lookup.in_(hashes))
    return max(session.scalars(found), key=last_word, default=None)


def last_word(held: Stopped) -> datetime:
    """When a telephone last said STOP or START."""
    return max(held.stopped_at, held.started_at or held.stopped_at)


def start(session: Session, site: str, phone: str) -> None:
    """The person wants texts again; what they agreed to counts as before."""
    held = stop_of(session, site, phone)
    if held is not None:
        held.phone, held.started_at = phone, now()
        session.flush()


def stopped(session: Session, site: str, phone: str | None) -> bool:
    """Whether this telephone (E.164) said STOP last."""
    held = stop_of(session, site, phone) if phone else None
    return held is not None and held.started_at is None


def _answer(session: Session, contact: Contact, asked: Asked, key: str) -> None:
    _known(asked.purpose, PURPOSES)
    same = select(Consent.id).where(
        Consent.contact_id == contact.id, Consent.purpose == asked.purpose, Consent.key == key
    )
    if session.scalar(same) is not None:
        return
    session.add(
        Consent(
            contact_id=contact.id,
            purpose=asked.purpose,
            agreed=asked.agreed,
            words=asked.words,
            language=asked.language,
            asked_by=asked.asked_by,
            asked_at=asked.at or now(),
            key=key,
        )
    )
    session.flush()


def _end_agreements(session: Session, contact: Contact, key: str) -> None:
    for purpose in (BOOKING, AFTER):
        if agreed(session, contact, purpose):
            ended = Asked(purpose, agreed=False, words="", language="en", asked_by="new telephone")
            _answer(session, contact, ended, f"{key}:ended")


def _known(code: str, codes: Collection[str]) -> None:
    if code not in codes:
        raise ValueError(f"{code!r} is none of {', '.join(codes)}")
