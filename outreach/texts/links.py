"""The link by which a text goes on as a page: opened once, and for a quarter of an hour.

A text is seen by whoever holds the telephone, so neither it nor the link says where it leads. Of
the link only a keyed hash is kept.
"""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.clock import now
from core.crypto import lookup_hash, lookup_hashes
from core.settings import settings
from core.words import words
from outreach.texts.contacts import of_phone
from outreach.texts.folding import words_of
from outreach.texts.tables import ChatLink, Contact

LASTS = timedelta(minutes=15)
# So many wrong answers in so long a time, and somebody is guessing: no new link until later.
MOST_WRONG, WRONG_COUNTS_FOR = 5, timedelta(days=1)
LINK_LOOKUP = "chat_link.link_lookup"
_BYTES = 16
_WANTED = frozenset(
    " ".join(words_of(phrase))
    for phrase in (
        *("link", "the link", "link please", "new link", "a new link", "another link"),
        *("send the link", "send me the link", "send me a link", "send me a new link"),
        *("send link", "resend link"),
        *("i need a new link", "i need a link", "can i have a new link", "can i have a link"),
        *("web", "web page", "webpage", "web chat", "webchat", "website", "page", "the page"),
        *("page please", "open page", "open the page", "send page", "send me the page"),
        *("nowy link", "link prosze", "prosze link", "prosze o link", "prosze o nowy link"),
        *("poprosze link", "poprosze o link", "wyslij link", "przyslij link", "wyslij nowy link"),
        *("strona", "strone", "prosze strone", "wyslij strone", "otworz strone", "strona www"),
        *("lacze", "nowe lacze", "czat", "czat w sieci"),
        *("ਲਿੰਕ", "ਨਵਾਂ ਲਿੰਕ", "ਲਿੰਕ ਭੇਜੋ", "ਨਵਾਂ ਲਿੰਕ ਭੇਜੋ", "ਮੈਨੂੰ ਲਿੰਕ ਭੇਜੋ", "ਵੈੱਬ", "ਵੈਬ", "ਪੇਜ"),
        *("ਨਵਾਂ ਪੇਜ", "ਪੇਜ ਭੇਜੋ", "ਸਫ਼ਾ", "ਸਫਾ", "ਵੈੱਬ ਪੇਜ", "ਵੈੱਬਸਾਈਟ", "page bhejo"),
        *("link bhejo", "link bhejo ji", "nava link", "navan link", "nava link bhejo"),
    )
)  # fmt: skip


def wants_link(text: str) -> bool:
    """Whether a text asks for a link, in English, Polish or Punjabi, and says nothing else."""
    return " ".join(words_of(text)) in _WANTED


def link_text(session: Session, site: str, phone: str, language: str) -> str | None:
    """The one text that answers a wish for a link; None where nobody is known by this telephone.

    ``phone`` is E.164. After too many wrong answers it says to ask again later, and holds no link.
    """
    contact = of_phone(session, site, phone)
    if contact is None:
        return None
    if _wrong_lately(session, contact) >= MOST_WRONG:
        record(session, actor(contact), "link.make", _subject(contact), refused=True)
        return words("utter_link_later", language).text
    return words("utter_link_text", language, {"link": link_for(session, contact)}).text


def link_for(session: Session, contact: Contact) -> str:
    """A new link to the page of ``contact``; those made before open nothing any more."""
    # Letters of one case: the keyed hash folds what it is given, and 128 bits have to remain.
    token = base64.b32encode(secrets.token_bytes(_BYTES)).decode().rstrip("=").lower()
    end = update(ChatLink).where(ChatLink.contact_id == contact.id, ChatLink.ends_at > now())
    session.execute(end.values(ends_at=now()))
    session.add(
        ChatLink(
            link_lookup=lookup_hash(LINK_LOOKUP, token),
            contact_id=contact.id,
            made_at=now(),
            ends_at=now() + LASTS,
        )
    )
    session.flush()
    record(session, actor(contact), "link.make", _subject(contact))
    return f"{settings().address}/c/{token}"


def waiting(session: Session, token: str) -> Contact | None:
    """Whose page a link would open now; looking spends nothing, as previews and scanners look."""
    link = session.scalar(select(ChatLink).where(_is(token)))
    if link is None or link.spent_at is not None or link.ends_at <= now():
        return None
    return session.get(Contact, link.contact_id)


def spend(session: Session, token: str) -> Contact | None:
    """Spend a link, whatever is answered; gives whose it was, or None where it opens nothing.

    Of two that come at once, one gets it.
    """
    spent = (
        update(ChatLink)
        .where(_is(token), ChatLink.spent_at.is_(None), ChatLink.ends_at > now())
        .values(spent_at=now())
        .execution_options(synchronize_session=False)
    )
    first = session.connection().execute(spent).rowcount == 1
    link = session.scalar(select(ChatLink).where(_is(token)))
    contact = session.get(Contact, link.contact_id) if link else None
    if contact and not first:
        record(session, actor(contact), "link.open", _subject(contact), refused=True)
    return contact if first else None


def opened(session: Session, contact: Contact) -> None:
    """The answer was right."""
    record(session, actor(contact), "link.open", _subject(contact))


def refuse(session: Session, contact: Contact, token: str) -> None:
    """The answer was wrong: it counts, so that nobody guesses for long."""
    session.scalars(select(ChatLink).where(_is(token))).one().tries += 1
    record(session, actor(contact), "link.open", _subject(contact), refused=True)


def actor(contact: Contact) -> Actor:
    """Who acts with a link, as the audit knows them."""
    return Actor("contact", contact.id, contact.site)


def _is(token: str) -> ColumnElement[bool]:
    return ChatLink.link_lookup.in_(lookup_hashes(LINK_LOOKUP, token))


def _subject(contact: Contact) -> str:
    return f"contact:{contact.id}"


def _wrong_lately(session: Session, contact: Contact) -> int:
    counted = select(func.sum(ChatLink.tries)).where(
        ChatLink.contact_id == contact.id, ChatLink.made_at > now() - WRONG_COUNTS_FOR
    )
    return session.scalar(counted) or 0
