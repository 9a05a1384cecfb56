"""The erasure of one person by an operator, everywhere at once; what stays is said with its reason.

A participant deletes their chat and their contact themselves (``bot/channels/erasing.py``); this is
for a request that reaches the force or the provider. A referral is a record of a criminal case: it
goes only once it has ended and its controller has agreed. An open alert stays until it is closed,
and what waits to leave stays until it has left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Table, delete, func, select
from sqlalchemy.orm import Session

from bot.channels import memory, tracker
from bot.traces import Person, where
from core.audit import Actor, record
from core.database import Base
from core.outbox import DEAD, SENT, Outgoing
from outreach.tables import Alert, AlertStatus
from outreach.texts.tables import Stopped
from referrals.tables import Referral
from referrals.transitions import TERMINAL

# Why something stays; the words are in cli/person.yml.
OPEN_REFERRAL, NOT_AGREED = "open_referral", "not_agreed"
OPEN_ALERT, ON_THE_WAY = "open_alert", "on_the_way"
ALWAYS = ("text_stop", "audit", "unclear_message", "rules")


@dataclass(frozen=True)
class Plan:
    """How many rows go, by table, and the reasons for which others stay."""

    person: Person
    going: Counter[str]
    stays: tuple[str, ...]


def plan(session: Session, person: Person, *, with_referral: bool) -> Plan:
    """What an erasure does; nothing is changed by looking."""
    going, stays = _erasable(session, person, with_referral=with_referral)
    rows = {
        name: session.scalar(select(func.count()).select_from(table).where(condition)) or 0
        for name, (table, condition) in _tables(going).items()
    }
    return Plan(going, +Counter(rows), stays)


def erase(session: Session, found: Plan, by: Actor) -> Counter[str]:
    """Do what was planned, with an audit row for each record; gives how many rows went."""
    person = found.person
    subjects = {
        "referral": person.referrals,
        "contact": person.contacts,
        "conversation": person.conversations,
    }
    for kind, ids in subjects.items():
        for each in sorted(ids):
            record(session, by, "person.erase", f"{kind}:{each}")
    gone = Counter[str]()
    for name, (table, condition) in _tables(person).items():
        gone[name] += session.connection().execute(delete(table).where(condition)).rowcount
    gone["rasa.events"] += tracker.forget(person.conversations)
    for conversation in person.conversations:
        memory.forget(conversation)
    session.expire_all()
    return +gone


def _tables(person: Person) -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """Parts before what they point to, with the rows that go; a STOP stays."""
    theirs = where(person)
    return {
        table.name: (table, theirs[table.name])
        for table in reversed(Base.metadata.sorted_tables)
        if table.name in theirs and table.name != Stopped.__tablename__
    }


def _erasable(
    session: Session, person: Person, *, with_referral: bool
) -> tuple[Person, tuple[str, ...]]:
    """Of a person what may go now, and why the rest may not."""
    stays = list(ALWAYS)
    mine = Referral.id.in_(person.referrals)
    ended = frozenset(
        session.scalars(select(Referral.id).where(mine, Referral.status.in_(TERMINAL)))
    )
    if person.referrals - ended:
        stays.insert(0, OPEN_REFERRAL)
    if ended and not with_referral:
        stays.insert(0, NOT_AGREED)
    waiting = select(Alert.conversation).where(
        Alert.conversation.in_(person.conversations), Alert.status != AlertStatus.closed
    )
    watched = frozenset(session.scalars(waiting))
    if watched:
        stays.insert(0, OPEN_ALERT)
    on_the_way = Outgoing.id.in_(person.outgoing) & Outgoing.status.not_in((SENT, DEAD))
    leaving = frozenset(session.scalars(select(Outgoing.id).where(on_the_way)))
    if leaving:
        stays.insert(0, ON_THE_WAY)
    going = replace(
        person,
        outgoing=person.outgoing - leaving,
        referrals=ended if with_referral else frozenset(),
        conversations=person.conversations - watched,
    )
    return going, tuple(stays)
