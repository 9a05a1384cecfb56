"""What a person agreed to, as the provider's pages show it; police never see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy.orm import Session

from accounts.policy import shows
from accounts.tables import Staff
from core.clock import LONDON
from outreach.texts import contacts, journey
from outreach.texts.tables import Consent, Contact, Message
from referrals.tables import Referral
from referrals.web.asked import words_of


def words() -> dict[str, Any]:
    """What the pages say to staff, by kind and code."""
    return words_of("agreements")


def agreements_shown(session: Session, staff: Staff, referral: Referral) -> dict[str, Any] | None:
    """How somebody is reached and what they agreed to; None for those who may not see it.

    ``reach`` is None as long as nobody has kept an answer.
    """
    if not shows(staff.role, "agreement"):
        return None
    contact = contacts.of_case(session, referral.id)
    given = contacts.consents(session, contact) if contact else []
    # The last answer to a question is the one that counts.
    last = {each.purpose: each for each in given}
    return {
        "path": f"/referrals/{referral.reference}/agree",
        "words": words(),
        "reach": _reach(session, contact) if contact else None,
        "texts": [_text(each) for each in journey.texts_of(session, contact)] if contact else [],
        "purposes": [_purpose(session, code, last.get(code)) for code in contacts.PURPOSES],
    }


def no_texts(session: Session, contact: Contact) -> str:
    """Why no text is begun to this person, as a code; "" where one may be."""
    if not contact.phone:
        return "no_phone"
    if contacts.stopped(session, contact.site, contact.phone):
        return "stopped"
    return "" if contact.privacy == "private" else contact.privacy


def national(phone: str | None) -> str:
    """A number as people read it out; "" for none."""
    if not phone:
        return ""
    parsed = phonenumbers.parse(phone, "GB")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def _reach(session: Session, contact: Contact) -> dict[str, str]:
    said = words()
    return {
        "phone": national(contact.phone),
        "privacy": said["privacy"][contact.privacy] if contact.phone else "",
        "hours": said["hours"][contact.hours],
        "language": said["languages"][contact.language],
        "word": "yes" if contact.word else "",
        "no_texts": said["no_texts"].get(no_texts(session, contact), ""),
    }


def _purpose(session: Session, code: str, last: Consent | None) -> dict[str, Any]:
    said = words()
    shown = {"code": code, "name": said["purposes"][code], "agreed": bool(last and last.agreed)}
    if last is None:
        return shown | {"answer": said["answers"]["open"]}
    asker = session.get(Staff, last.asked_by)
    return shown | {
        "answer": said["answers"]["yes" if last.agreed else "no"],
        "at": _moment(last.asked_at),
        "who": " ".join(part for part in (asker.rank, asker.name) if part) if asker else "",
        "way": said["ways"].get(last.key.split(":")[0] if asker else "new_telephone", ""),
        "language": said["languages"][last.language],
        "lang": last.language,
        "words": last.words,
    }


def _text(message: Message) -> dict[str, str]:
    said = words()["texts"]
    return {
        "kind": said["kinds"][message.kind],
        "at": _moment(message.sent_at or message.due_at),
        "standing": said["standings"][message.standing],
        "why": said["whys"].get(message.why, ""),
    }


def _moment(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}, {local:%H:%M}"
