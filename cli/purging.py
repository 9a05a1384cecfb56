"""Every rule by which something stored comes to its end; the worker runs them each hour.

A table with a period that no rule takes fails the build (tests/unit/test_retention.py).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts import sessions
from accounts.tables import SignInRequest, Staff, StaffCode, StaffSession
from bot.channels import sweeping
from bot.learning import keeping
from cli.database import TABLES
from core import spool, verifying
from core.clock import now, today
from core.database import Base
from core.outbox import DEAD, SENT, Outgoing
from core.retention import Rule, periods
from core.retention import purge as purge_by
from core.settings import settings
from outreach.tables import Alert, AlertRepeat, AlertStatus
from outreach.texts.tables import (
    Arrived,
    ChatLink,
    Consent,
    Contact,
    Message,
    Signposting,
    Standing,
)
from referrals import disposing
from referrals.expiring import expire_drafts
from referrals.handing_over.tables import HandOverTurn
from referrals.tables import KeptRuleSet, Referral
from referrals.workshops.tables import WorkshopFacilitator, WorkshopGroup, WorkshopSeat
from services_directory.tables import Gap, Live, Revision, Suggestion, Tombstone, Verification

Run = Callable[[Session, datetime], Counter[str]]
_EMPTIED = literal("left:") + Staff.id


def purge() -> Counter[str]:
    """Remove everything that is past its time; gives how many rows and files went."""
    gone = purge_by(RULES)
    return gone + sweep_files(periods()["M"].ended(now()))


def _deleted(session: Session, table: type[Base], *where: ColumnElement[bool]) -> Counter[str]:
    done = session.connection().execute(delete(table).where(*where))
    return +Counter({table.__tablename__: done.rowcount})


def _older(
    table: type[Base], moment: InstrumentedAttribute[Any], *where: ColumnElement[bool]
) -> Run:
    """What is older than its period goes, if the conditions hold as well."""
    return lambda session, limit: _deleted(session, table, moment < limit, *where)


# Hours: what ends by itself


def _sessions(session: Session, _limit: datetime) -> Counter[str]:
    tables = (StaffSession, SignInRequest, StaffCode)
    before = _count(session, tables)
    sessions.sweep(session)
    return before - _count(session, tables)


def _count(session: Session, tables: tuple[type[Base], ...]) -> Counter[str]:
    counted = {
        each.__tablename__: session.scalar(select(func.count()).select_from(each)) or 0
        for each in tables
    }
    return Counter(counted)


# Staff who left


def _staff(session: Session, limit: datetime) -> Counter[str]:
    """Who left long ago goes; where a record names them still, only their number stays."""
    left = select(Staff.id).where(Staff.disabled_at < limit)
    gone = Counter[str]()
    for table in (StaffSession, StaffCode):
        gone += _deleted(session, table, table.staff_id.in_(left))
    gone += _deleted(session, Staff, Staff.disabled_at < limit, ~_named(Staff))
    emptied = (
        update(Staff)
        .where(Staff.disabled_at < limit, Staff.username != _EMPTIED)
        .values(
            name="", collar_number="", email="", rank="", password_hash="", force_id=None,
            totp_secret=None, username=_EMPTIED,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return gone + Counter(staff=session.connection().execute(emptied).rowcount)


def _named(table: type[Base]) -> ColumnElement[bool]:
    """Whether any row of any table points to one of this table."""
    pointing = [
        exists().where(foreign.parent == foreign.column)
        for other in TABLES.sorted_tables
        for foreign in other.foreign_keys
        if foreign.column.table is table.__table__
    ]
    return or_(*pointing)


# Messages


def _outbox(session: Session, limit: datetime) -> Counter[str]:
    """What has left or was given up; what waits for somebody to fetch it stays until then."""
    over = and_(
        Outgoing.status.in_((SENT, DEAD)), func.coalesce(Outgoing.sent_at, Outgoing.due_at) < limit
    )
    late = select(Outgoing.id).where(over)
    return _deleted(session, HandOverTurn, HandOverTurn.outbox_id.in_(late)) + _deleted(
        session, Outgoing, over
    )


def _unclear(session: Session, _limit: datetime) -> Counter[str]:
    return +Counter(unclear_message=keeping.sweep(session))


def _drafts(session: Session, _limit: datetime) -> Counter[str]:
    return +Counter(referral_detail=expire_drafts(session))


# Alerts


def _alerts(session: Session, limit: datetime) -> Counter[str]:
    over = and_(Alert.status == AlertStatus.closed, Alert.closed_at < limit)
    late = select(Alert.id).where(over)
    return _deleted(session, AlertRepeat, AlertRepeat.alert_id.in_(late)) + _deleted(
        session, Alert, over
    )


# Contacts and referrals


def _contacts(session: Session, limit: datetime) -> Counter[str]:
    """How people were reached goes a while after their case ended; STOP stays."""
    gone = Counter[str]()
    for site, before in disposing.contact_limits(session, limit):
        late = disposing.over(site, before)
        gone += +Counter(referral_detail=disposing.forget_contact(session, late))
        gone += forget_contacts(session, _ids(session, Contact.case_id.in_(late)))
    caseless = and_(Contact.case_id.not_in(select(Referral.id)), Contact.updated_at < limit)
    return gone + forget_contacts(session, _ids(session, caseless))


def _ids(session: Session, where: ColumnElement[bool]) -> Sequence[str]:
    return session.scalars(select(Contact.id).where(where)).all()


def forget_contacts(session: Session, contact_ids: Collection[str]) -> Counter[str]:
    """Remove contacts with all that belongs to them; gives how many rows went, by table."""
    gone = Counter[str]()
    for table in (Message, Signposting, ChatLink, Consent):
        gone += _deleted(session, table, table.contact_id.in_(contact_ids))
    return gone + _deleted(session, Contact, Contact.id.in_(contact_ids))


def _groups(session: Session, limit: datetime) -> Counter[str]:
    """Groups that are long past, once nobody's referral holds a seat in them."""
    seated = exists().where(WorkshopSeat.group_id == WorkshopGroup.id)
    late = session.scalars(
        select(WorkshopGroup.id).where(WorkshopGroup.part_b_on <= limit.date(), ~seated)
    ).all()
    gone = _deleted(session, WorkshopFacilitator, WorkshopFacilitator.group_id.in_(late))
    return gone + _deleted(session, WorkshopGroup, WorkshopGroup.id.in_(late))


# Audit


def _audit(session: Session, limit: datetime) -> Counter[str]:
    return +Counter(audit=verifying.purge(session, limit))


_IN_USE = exists().where(Referral.rule_set_digest == KeptRuleSet.digest)


# Directory


def _confirmations(session: Session, limit: datetime) -> Counter[str]:
    """Old confirmations that a newer one of the same fields has replaced."""
    newer = aliased(Verification)
    replaced = exists().where(
        newer.listing_id == Verification.listing_id,
        newer.field_group == Verification.field_group,
        newer.id > Verification.id,
    )
    return _deleted(session, Verification, Verification.at < limit, replaced)


def _versions(session: Session, limit: datetime) -> Counter[str]:
    """Old versions that a newer one has replaced, unless they are what is public."""
    newer = aliased(Revision)
    replaced = exists().where(newer.listing_id == Revision.listing_id, newer.n > Revision.n)
    return _deleted(session, Revision, Revision.written_at < limit, replaced, ~_public())


def _public() -> ColumnElement[bool]:
    return exists().where(Live.listing_id == Revision.listing_id, Live.revision == Revision.n)


RULES = (
    Rule("H", ("staff_session", "sign_in_request"), _sessions),
    Rule("M", ("conversation", "chat_message", "telephone"), sweeping.sweep),
    Rule("M", ("outbox", "hand_over_turn"), _outbox),
    Rule(
        "M",
        ("text_message",),
        _older(
            Message,
            Message.due_at,
            Message.standing.not_in((Standing.planned.value, Standing.sending.value)),
        ),
    ),
    Rule("M", ("text_arrived",), _older(Arrived, Arrived.at)),
    Rule("M", ("chat_link",), _older(ChatLink, ChatLink.ends_at)),
    Rule("U", ("unclear_message",), _unclear),
    Rule("D", ("referral", "referral_detail"), _drafts),
    Rule("L", ("alert", "alert_repeat"), _alerts),
    Rule("C", ("contact", "consent", "signposting", "referral_detail"), _contacts),
    Rule(
        "R",
        (*(table.name for table, _ in disposing.parts()), "referral"),
        disposing.end_periods,
    ),
    Rule("R", ("workshop_group", "workshop_facilitator"), _groups),
    Rule("S", ("staff", "staff_code"), _staff),
    Rule("A", ("audit",), _audit),
    Rule("A", ("referral_rule_set",), _older(KeptRuleSet, KeptRuleSet.kept_at, ~_IN_USE)),
    Rule("G", ("directory_verification",), _confirmations),
    Rule("G", ("directory_revision",), _versions),
    Rule("G", ("directory_suggestion",), _older(Suggestion, Suggestion.decided_at)),
    Rule("G", ("directory_tombstone",), _older(Tombstone, Tombstone.removed_at)),
    Rule(
        "G",
        ("directory_gap",),
        lambda session, limit: _deleted(session, Gap, Gap.day <= limit.date()),
    ),
)


# Files


def sweep_files(limit: datetime) -> Counter[str]:
    """Begin the logs anew each day, and remove those, and what was set aside, from before."""
    logs = settings().data_dir / "logs"
    for path in logs.glob("*.log"):
        _begin_anew(path)
    old = [path for path in logs.glob("*.log.*") if _before(path, limit)]
    old += [path for path in spool.alerts().leavings() if _before(path, limit)]
    for path in old:
        path.unlink(missing_ok=True)
    return +Counter(files=len(old))


def _begin_anew(path: Path) -> None:
    """Whoever writes goes on writing into the same file, which is empty again."""
    kept = path.with_name(f"{path.name}.{today():%Y-%m-%d}")
    if kept.exists() or not path.stat().st_size:
        return
    shutil.copy2(path, kept)
    kept.chmod(0o600)
    path.write_bytes(b"")


def _before(path: Path, limit: datetime) -> bool:
    try:
        return path.stat().st_mtime < limit.timestamp()
    except FileNotFoundError:
        # Another worker was faster.
        return False
