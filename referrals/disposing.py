"""The end of a referral's period: what it held is removed, or a person reviews it first.

How long and which of both its site says (``retention`` in ``site.yml``). The periods of the police
(MoPI, the National Retention Assessment Criteria) could not be verified, so a site reviews until
its records manager has signed something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Select, Table, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from core.audit import SYSTEM, Actor, record
from core.clock import now
from core.database import Base
from referrals.tables import Referral, ReferralDetail, ReferralEvent, RetentionReview
from referrals.transitions import TERMINAL
from sites import all_sites
from sites.model import Retention

KEEP, DISPOSE = "keep", "dispose"
_REACH = ("mobile", "phone_is_private", "text_consent", "text_consent_at", "text_consent_words")
# What is kept for as long as somebody may have to be reached (docs/data.yml, C).
OF_CONTACT = (*_REACH, "postcode_district", "ok_hours", "second_contact", "when_unavailable")


class ReviewError(Exception):
    """A decision that cannot be made; the message is for the person."""


def over(site: str, before: datetime) -> Select[str]:
    """The referrals of a site that ended before a moment."""
    last = (
        select(func.max(ReferralEvent.at))
        .where(ReferralEvent.referral_id == Referral.id)
        .scalar_subquery()
    )
    return select(Referral.id).where(
        Referral.site == site,
        Referral.status.in_(TERMINAL),
        func.coalesce(last, Referral.updated_at) < before,
    )


def end_periods(session: Session, default: datetime) -> Counter[str]:
    """Remove or put up for review the referrals whose period is over; gives how many rows went.

    ``default`` is the moment of sites that say nothing else.
    """
    gone = Counter[str]()
    for site, before, reviews in _sites(session, default):
        late = over(site, before)
        if reviews:
            _put_up(session, site, late)
            late = late.where(Referral.id.in_(_decided(DISPOSE)))
        gone += remove(session, session.scalars(late).all())
    return gone


def _sites(session: Session, default: datetime) -> list[tuple[str, datetime, bool]]:
    """Each site with referrals, before when its have to have ended, and whether it reviews them."""
    return [
        (code, _before(rule.referral_days, default), rule.then == "review")
        for code, rule in _rules(session)
    ]


def contact_limits(session: Session, default: datetime) -> list[tuple[str, datetime]]:
    """Each site with referrals, and before when one has to have ended for its contact to go."""
    return [(code, _before(rule.contact_days, default)) for code, rule in _rules(session)]


def _rules(session: Session) -> list[tuple[str, Retention]]:
    known = all_sites()
    codes = session.scalars(select(Referral.site).distinct())
    return [(code, known[code].retention if code in known else Retention()) for code in codes]


def _before(days: int | None, default: datetime) -> datetime:
    return now() - timedelta(days=days) if days else default


def _put_up(session: Session, site: str, late: Select[str]) -> None:
    waiting = select(RetentionReview.referral_id)
    for referral_id in session.scalars(late.where(Referral.id.not_in(waiting))).all():
        session.add(RetentionReview(referral_id=referral_id, site=site, due_at=now()))
        record(session, SYSTEM, "retention.review", f"referral:{referral_id}")
    # What was kept for longer comes up again once that is over.
    again = (RetentionReview.decision == KEEP) & (RetentionReview.due_at <= now())
    session.execute(update(RetentionReview).where(again).values(decision=""))


def _decided(decision: str) -> Select[str]:
    return select(RetentionReview.referral_id).where(RetentionReview.decision == decision)


def waiting(session: Session, site: str = "") -> list[tuple[RetentionReview, Referral]]:
    """What somebody has to decide on, the oldest first."""
    asked = (
        select(RetentionReview, Referral)
        .join(Referral, Referral.id == RetentionReview.referral_id)
        .where(RetentionReview.decision == "", RetentionReview.site == site if site else true())
        .order_by(RetentionReview.due_at)
    )
    return [(review, referral) for review, referral in session.execute(asked)]


def decide(session: Session, reference: str, by: Actor, why: str, keep_days: int = 0) -> None:
    """Keep a referral for so many days more, or let it go with the next round (0 days).

    Raises :class:`ReviewError` where it waits for no decision, or nobody says why.
    """
    found = session.scalar(select(Referral).where(Referral.reference == reference))
    review = session.get(RetentionReview, found.id) if found else None
    if review is None or review.decision:
        raise ReviewError(f"{reference} does not wait for a review.")
    if not why.strip():
        raise ReviewError("Say why: the decision is on record.")
    review.decision = KEEP if keep_days else DISPOSE
    review.why, review.decided_by, review.decided_at = why.strip()[:200], by.id[:36], now()
    if keep_days:
        review.due_at = now() + timedelta(days=keep_days)
    record(session, by, f"retention.{review.decision}", f"referral:{review.referral_id}")


def parts() -> list[tuple[Table, Column[Any]]]:
    """The tables whose rows are part of a referral, each with its column that says of which."""
    return [
        (table, foreign.parent)
        for table in Base.metadata.sorted_tables
        for foreign in table.foreign_keys
        if foreign.column.table is Referral.__table__
    ]


def forget_contact(session: Session, late: Select[str]) -> int:
    """Empty what told how to reach people in these referrals; gives in how many."""
    columns = [getattr(ReferralDetail, name) for name in OF_CONTACT]
    held = or_(*(column.is_not(None) for column in columns))
    emptied = (
        update(ReferralDetail)
        .where(ReferralDetail.referral_id.in_(late), held)
        .values(dict.fromkeys(OF_CONTACT))
        .execution_options(synchronize_session=False)
    )
    return int(session.connection().execute(emptied).rowcount)


def remove(session: Session, referral_ids: Collection[str]) -> Counter[str]:
    """Remove referrals with all that belongs to them; gives how many rows went, by table."""
    gone = Counter[str]()
    for referral_id in referral_ids:
        record(session, SYSTEM, "retention.dispose", f"referral:{referral_id}")
    for table, column in parts():
        theirs = delete(table).where(column.in_(referral_ids))
        gone[table.name] += session.connection().execute(theirs).rowcount
    whole = delete(Referral).where(Referral.id.in_(referral_ids))
    gone[Referral.__tablename__] += session.connection().execute(whole).rowcount
    session.expire_all()
    return +gone
