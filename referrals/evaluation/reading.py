"""Reads the referrals of a site for the extract: the one module here that asks the database.

Only the columns that a row is made of are read, so that no name is even decrypted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from accounts.tables import Staff
from core.clock import LONDON
from referrals.evaluation.case import CRITERIA, FIELDS, Case, Move, Talk, row_of
from referrals.evaluation.pseudonym import pseudonym, salt_of
from referrals.evaluation.row import Row
from referrals.readers import not_closed_to
from referrals.tables import Referral, ReferralAnswer, ReferralDetail, ReferralEvent
from sites import Site

# How many referrals are held in memory at a time.
AT_A_TIME = 500
Done = Callable[[int], object]
# What those said who agreed to research, by referral: nobody else is among the keys.
Told = Callable[[Session, Collection[str]], Mapping[str, Talk]]


def nothing_told(_session: Session, _ids: Collection[str]) -> Mapping[str, Talk]:
    """Nobody has agreed to research."""
    return {}


def rows(
    session: Session,
    site: Site,
    staff: Staff,
    study: str,
    done: Done = lambda _count: None,
    told: Told = nothing_told,
) -> Iterator[Row]:
    """Every referral of the site as a row, in the order of the pseudonyms.

    Any other order would tell which row of one study is which of another. ``done`` hears how
    many more are ready, and ``told`` gives what participants said. Raises ``StudyError``.
    """
    salt = salt_of(session, site.code, study)
    every = session.scalars(select(Referral.id).where(_given(site, staff)))
    named = sorted((pseudonym(salt, each), each) for each in every)
    for start in range(0, len(named), AT_A_TIME):
        chunk = named[start : start + AT_A_TIME]
        ids = [referral_id for _name, referral_id in chunk]
        cases, said = _cases(session, ids), told(session, ids)
        for name, each in chunk:
            yield row_of(cases[each], site, name, consent=each in said, talk=said.get(each))
        done(len(chunk))


def count(session: Session, site: Site, staff: Staff) -> int:
    """How many rows there will be."""
    counted = select(func.count()).select_from(Referral).where(_given(site, staff))
    return session.scalar(counted) or 0


def _given(site: Site, staff: Staff) -> ColumnElement[bool]:
    """A restricted referral is in nobody's extract but a reader's."""
    return and_(Referral.site == site.code, not_closed_to(staff))


def _cases(session: Session, ids: Sequence[str]) -> dict[str, Case]:
    answers, moves = _answers(session, ids), _moves(session, ids)
    fields = [getattr(ReferralDetail, name) for name in FIELDS]
    found = session.execute(
        select(
            Referral.id,
            Referral.site,
            Referral.status,
            Referral.rule_set,
            Referral.created_at,
            Referral.submitted_at,
            Referral.outcome,
            Referral.went_on_despite,
            Referral.delivery_site,
            Referral.given_on,
            *fields,
        )
        .outerjoin(ReferralDetail, ReferralDetail.referral_id == Referral.id)
        .where(Referral.id.in_(ids))
    )
    return {
        row.id: Case(
            id=row.id,
            site=row.site,
            status=row.status,
            rule_set=row.rule_set,
            begun_on=_day(row.created_at),
            sent_on=row.submitted_at and _day(row.submitted_at),
            outcome=row.outcome,
            went_on_despite=row.went_on_despite,
            delivery_site=row.delivery_site,
            given_on=row.given_on,
            answers=answers[row.id],
            detail={name: getattr(row, name) for name in FIELDS},
            moves=moves[row.id],
        )
        for row in found
    }


def _answers(session: Session, ids: Sequence[str]) -> defaultdict[str, dict[str, str | None]]:
    """The latest answer to each criterion of each referral."""
    found = session.execute(
        select(ReferralAnswer.referral_id, ReferralAnswer.criterion, ReferralAnswer.value)
        .where(ReferralAnswer.referral_id.in_(ids), ReferralAnswer.criterion.in_(CRITERIA))
        .order_by(ReferralAnswer.id)
    )
    answers: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
    for referral_id, criterion, value in found:
        answers[referral_id][criterion] = value
    return answers


def _moves(session: Session, ids: Sequence[str]) -> defaultdict[str, list[Move]]:
    found = session.execute(
        select(
            ReferralEvent.referral_id, ReferralEvent.event, ReferralEvent.at, ReferralEvent.reason
        )
        .where(ReferralEvent.referral_id.in_(ids))
        .order_by(ReferralEvent.id)
    )
    moves: defaultdict[str, list[Move]] = defaultdict(list)
    for referral_id, event, at, reason in found:
        moves[referral_id].append(Move(event, _day(at), reason))
    return moves


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()
