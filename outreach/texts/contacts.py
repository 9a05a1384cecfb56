"""Safe contact and agreement: asked, never inferred, and kept with the words that were used."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import now
from core.crypto import derived_key, lookup_hash
from outreach.texts.tables import Consent, Contact, Stopped

BOOKING, AFTER, RESEARCH = PURPOSES = ("booking", "after", "research")
PRIVACIES = ("private", "shared", "unknown")
HOURS = ("day", "morning", "afternoon", "evening")
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
    secret = hmac.new(derived_key("phones"), f"{site}:{phone}".encode(), sha256)
    return str(uuid.UUID(bytes=secret.digest()[:16]))


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
    lookup = lookup_hash(reach.phone) if reach.phone else None
    if contact.phone_lookup and contact.phone_lookup != lookup:
        _end_agreements(session, contact, key)
    contact.phone, contact.phone_lookup = reach.phone or None, lookup
    contact.privacy, contact.language, contact.hours = reach.privacy, reach.language, reach.hours
    contact.delivery_site, contact.updated_at = reach.delivery_site, now()
    if reach.word:
        contact.word_lookup = lookup_hash(reach.word)
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
    found = select(Contact).where(Contact.site == site, Contact.phone_lookup == lookup_hash(phone))
    return session.scalars(found.order_by(Contact.updated_at.desc())).first()


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
    held = session.get(Stopped, (site, lookup_hash(phone)))
    if held is None:
        held = Stopped(site=site, phone_lookup=lookup_hash(phone))
        session.add(held)
    held.stopped_at, held.started_at = now(), None
    session.flush()


def start(session: Session, site: str, phone: str) -> None:
    """The person wants texts again; what they agreed to counts as before."""
    held = session.get(Stopped, (site, lookup_hash(phone)))
    if held is not None:
        held.started_at = now()
        session.flush()


def stopped(session: Session, site: str, phone_lookup: str | None) -> bool:
    """Whether this telephone said STOP last."""
    held = session.get(Stopped, (site, phone_lookup)) if phone_lookup else None
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
