"""Where one person stands in our tables: what a subject access or an erasure has to look at.

Somebody is found by the reference of a referral or by their telephone. Tables that point to a
referral, a contact, a conversation, an alert or a row of the outbox are found from the tables
themselves, so that a new one is never forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from bot.conversations import Conversation, Telephone
from core.crypto import lookup_hashes
from core.database import Base
from core.outbox import Outgoing
from outreach.tables import Alert
from outreach.texts.contacts import STOP_LOOKUP, chats_of, has_phone, number_of
from outreach.texts.tables import Contact, Message, Signposting, Stopped
from referrals.duplicates import same_person
from referrals.tables import Referral, ReferralDetail
from sites import all_sites

KNOWN_AS = "known_as"


@dataclass(frozen=True)
class Person:
    """Everything by which one person is known here."""

    referrals: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    outgoing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.referrals or self.contacts or self.conversations)


def by_reference(session: Session, reference: str) -> Person:
    """Whom a referral is about; other referrals of the same name and birth date are theirs too."""
    found = session.scalar(select(Referral).where(Referral.reference == reference.strip().upper()))
    if found is None:
        return Person()
    referrals = {found.id, *(each.id for each in same_person(session, found))}
    return _whole(session, referrals, set())


def by_phone(session: Session, phone: str) -> Person:
    """Whose telephone this is, at any site."""
    number = number_of(phone)
    if number is None:
        return Person()
    cases = set(session.scalars(select(Contact.case_id).where(has_phone(number))))
    # A draft has the number in its details alone, and they have no hash of it.
    details = select(ReferralDetail).where(ReferralDetail.mobile.is_not(None))
    cases |= {
        each.referral_id
        for each in session.scalars(details)
        if number_of(each.mobile or "") == number
    }
    return _whole(session, cases, {number})


def of_records(
    session: Session, referrals: set[str], contacts: set[str], conversations: set[str]
) -> Person:
    """Whoever these records are of, and no record beside them but what leaves for them."""
    numbers = {
        *session.scalars(select(Contact.phone).where(Contact.id.in_(contacts))),
        *session.scalars(
            select(Telephone.number).where(Telephone.conversation_id.in_(conversations))
        ),
    }
    phones = {each for each in numbers if each}
    found = session.scalars(select(Referral.reference).where(Referral.id.in_(referrals)))
    references = {each for each in found if each}
    names = {*referrals, *references, *conversations, *phones}
    return Person(
        frozenset(referrals),
        frozenset(references),
        frozenset(contacts),
        frozenset(conversations),
        frozenset(phones),
        frozenset(_outgoing(session, contacts, names)),
    )


def where(person: Person) -> dict[str, ColumnElement[bool]]:
    """For every table that holds rows of somebody, which rows are theirs."""
    roots: dict[Table, ColumnElement[bool]] = {
        _table(Referral): Referral.id.in_(person.referrals),
        _table(Contact): Contact.id.in_(person.contacts),
        _table(Conversation): Conversation.id.in_(person.conversations),
        _table(Alert): Alert.conversation.in_(person.conversations),
        _table(Outgoing): Outgoing.id.in_(person.outgoing),
    }
    found = {table.name: condition for table, condition in roots.items()}
    for table in Base.metadata.sorted_tables:
        pointing = [
            foreign.parent.in_(select(foreign.column).where(roots[foreign.column.table]))
            for foreign in table.foreign_keys
            if foreign.column.table in roots
        ]
        if pointing and table not in roots:
            found[table.name] = or_(*pointing)
    shown = Signposting.conversation.in_(person.conversations)
    found[Signposting.__tablename__] = or_(found[Signposting.__tablename__], shown)
    hashes = [each for phone in person.phones for each in lookup_hashes(STOP_LOOKUP, phone)]
    found[Stopped.__tablename__] = Stopped.phone_lookup.in_(hashes)
    return found


def _table(model: type[Base]) -> Table:
    return Base.metadata.tables[model.__tablename__]


def _whole(session: Session, referrals: set[str], phones: set[str]) -> Person:
    """The rest of somebody, from what of them is known."""
    held = session.scalars(select(Contact).where(Contact.case_id.in_(referrals))).all()
    phones |= {contact.phone for contact in held if contact.phone}
    contacts = {contact.id for contact in held}
    references = session.scalars(select(Referral.reference).where(Referral.id.in_(referrals)))
    conversations = _conversations(session, contacts, phones)
    told = {each for each in references if each}
    return Person(
        frozenset(referrals),
        frozenset(told),
        frozenset(contacts),
        frozenset(conversations),
        frozenset(phones),
        frozenset(_outgoing(session, contacts, {*referrals, *told, *conversations, *phones})),
    )


def _conversations(session: Session, contacts: set[str], phones: set[str]) -> set[str]:
    """Their chats by text, those of pages that they came to by a link, and where they were shown.

    Contexts are encrypted, so each is opened; there are those of thirty days.
    """
    texting = {each for site in all_sites() for phone in phones for each in chats_of(site, phone)}
    numbers = session.execute(select(Telephone.conversation_id, Telephone.number))
    texting |= {conversation for conversation, number in numbers if number in phones}
    contexts = session.execute(select(Conversation.id, Conversation.context))
    linked = {each for each, context in contexts if context.get(KNOWN_AS) in contacts}
    signposted = select(Signposting.conversation).where(Signposting.contact_id.in_(contacts))
    return _begun(session, texting) | linked | set(session.scalars(signposted))


def _begun(session: Session, ids: set[str]) -> set[str]:
    """Those of the ids that a telephone would have under which there is anything."""
    chats = select(Conversation.id).where(Conversation.id.in_(ids))
    # In a crisis the alert may be kept and its chat not.
    alerts = select(Alert.conversation).where(Alert.conversation.in_(ids))
    return {*session.scalars(chats), *session.scalars(alerts)}


def _outgoing(session: Session, contacts: set[str], names: Iterable[str]) -> set[str]:
    """The rows of the outbox that go to them or speak of them."""
    texts = session.scalars(select(Message.id).where(Message.contact_id.in_(contacts)))
    wanted = {*names, *texts} - {""}
    rows = session.execute(select(Outgoing.id, Outgoing.key, Outgoing.payload))
    return {
        row_id
        for row_id, key, payload in rows
        if any(each in key or each in json.dumps(payload) for each in wanted)
    }
