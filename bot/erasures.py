"""What was erased, which account was ended and who said STOP, as lines to keep beside
backups, and to do anew after one.

A backup is older than what somebody wanted since. A line names a moment, an act and a record, and
nothing of anybody: of a telephone the keyed hash under which its STOP is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.changing import disable, enable
from accounts.tables import Staff
from bot import forgetting, traces
from bot.channels import erasing
from bot.conversations import ChatMessage, Conversation
from core.audit import Actor, AuditRow, record
from core.clock import now
from outreach.texts.contacts import last_word
from outreach.texts.tables import Contact, Stopped
from referrals import disposing
from referrals.tables import Referral

ERASED = "person.erase"
CHAT, CONTACT, DISPOSED = "own_data.erase", "contact.erase", "retention.dispose"
ENDED, OPENED = "staff.disable", "staff.enable"
ACTS = (ERASED, CHAT, CONTACT, DISPOSED, ENDED, OPENED)
STOP, START = "text.stop", "text.start"


@dataclass(frozen=True, order=True)
class Line:
    """One act: ``subject`` is "table:id", or "site:hash" of a telephone."""

    at: datetime
    act: str
    subject: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.act} {self.subject}"


def lines(session: Session) -> Iterator[Line]:
    """Every erasure that the audit knows, and the last word of every telephone on texts."""
    acts = select(AuditRow.at, AuditRow.act, AuditRow.record).where(
        AuditRow.act.in_(ACTS), AuditRow.refused.is_(False)
    )
    for row in session.execute(acts.order_by(AuditRow.id)):
        yield Line(row.at, row.act, row.record)
    for held in session.scalars(select(Stopped)):
        said = START if held.started_at else STOP
        yield Line(last_word(held), said, f"{held.site}:{held.phone_lookup}")


def read(text: str) -> list[Line]:
    """What was printed once; raises ``ValueError`` where a line is none of ours."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split(" ")
        if not line.strip():
            continue
        if len(parts) != 3 or parts[1] not in (*ACTS, STOP, START) or ":" not in parts[2]:
            raise ValueError(f"line {number} is no line of ours")
        found.append(Line(datetime.fromisoformat(parts[0]), parts[1], parts[2]))
    return found


def after(told: Iterable[Line], moment: datetime) -> list[Line]:
    """Those that a copy of that moment may not know: an erasure of before is in it, and what the
    person has said since then is theirs. A telephone's last word counts whenever it was said."""
    return [line for line in told if line.at >= moment or line.act in (STOP, START)]


def do_again(session: Session, told: Iterable[Line], by: Actor) -> Counter[str]:
    """Erase again what the lines name, and honour each STOP; gives how many rows, by table."""
    by_act: dict[str, set[str]] = {}
    gone = Counter[str]()
    for line in sorted(set(told)):
        if line.act in (STOP, START):
            gone["text_stop"] += _honoured(session, line)
        elif line.act in (ENDED, OPENED):
            _account(session, line, by)
        else:
            by_act.setdefault(line.act, set()).add(line.subject)
    gone += _people(session, by_act.get(ERASED, set()), by)
    disposed = _held(session, Referral, _ids(by_act.get(DISPOSED, ()), "referral"))
    gone += disposing.remove(session, disposed)
    for each in _held(session, Contact, _ids(by_act.get(CONTACT, ()), "contact")):
        held = session.get_one(Contact, each)
        if held.phone or held.word:
            erasing.contact(session, held)
            gone["contact"] += 1
    for each in _held(session, Conversation, _ids(by_act.get(CHAT, ()), "conversation")):
        gone += _chat(session, each, by)
    return +gone


def _people(session: Session, subjects: set[str], by: Actor) -> Counter[str]:
    """Whatever stood in their way then, an open alert say, had ended when they were erased."""
    person = traces.of_records(
        session,
        _held(session, Referral, _ids(subjects, "referral")),
        _held(session, Contact, _ids(subjects, "contact")),
        _ids(subjects, "conversation"),
    )
    if not person:
        return Counter()
    return forgetting.erase(session, forgetting.Plan(person, Counter(), ()), by)


def _chat(session: Session, conversation_id: str, by: Actor) -> Counter[str]:
    """All that was said before they had it deleted."""
    held = session.get_one(Conversation, conversation_id)
    erasing.conversation(session, held, keeping={})
    theirs = ChatMessage.conversation_id == conversation_id
    # That leaves their newest message, which asked for it; here it is one from before.
    session.execute(delete(ChatMessage).where(theirs))
    held.ended_at = held.ended_at or now()
    record(session, by, CHAT, f"conversation:{conversation_id}")
    return Counter(conversation=1)


def _honoured(session: Session, line: Line) -> int:
    """A telephone's word, where it is newer than what is known of it."""
    site, _, lookup = line.subject.partition(":")
    held = session.get(Stopped, (site, lookup))
    if held is None:
        held = Stopped(site=site, phone_lookup=lookup, stopped_at=line.at)
        session.add(held)
    elif last_word(held) >= line.at:
        return 0
    if line.act == STOP:
        held.stopped_at, held.started_at = line.at, None
    else:
        held.started_at = line.at
    session.flush()
    return 1


def _account(session: Session, line: Line, by: Actor) -> None:
    """Whoever left does not get in again."""
    staff = session.get(Staff, line.subject.partition(":")[2])
    if staff is not None:
        (disable if line.act == ENDED else enable)(session, staff, by)


def _ids(subjects: Iterable[str], kind: str) -> set[str]:
    named = (each.partition(":") for each in subjects)
    return {key for table, _, key in named if table == kind}


def _held(
    session: Session, table: type[Referral | Contact | Conversation], ids: set[str]
) -> set[str]:
    """Those that the database holds."""
    return set(session.scalars(select(table.id).where(table.id.in_(ids))))
