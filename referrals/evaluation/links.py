"""The list by which a force's analyst names its outcomes after the cases of an extract.

Crime reference beside pseudonym and nothing else: whoever holds both lists knows who is who, so it
is made for the site's administrator alone, and only where the site's controllers agreed to it
(``links_for_outcomes`` of ``site.yml``). An evaluator never gets it.
"""

from __future__ import annotations

import csv
import io
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from referrals.evaluation.extract import NotForYouError
from referrals.evaluation.files import harmless
from referrals.evaluation.pseudonym import keep_salt, pseudonym, salt_of
from referrals.readers import not_closed_to
from referrals.tables import Referral, ReferralDetail
from sites import site_of

COLUMNS = ("crime_reference", "case_id")


def allowed(staff: Staff, site: str) -> bool:
    """Whether somebody may have the list of ``site``."""
    return allows(staff.role, "evaluation.link") and staff.site == site


def write(session: Session, staff: Staff, *, site: str, study: str, out: IO[bytes]) -> int:
    """Write the list of a study as CSV to ``out``, by crime reference; gives how many lines.

    Its audit row stands in the same transaction. Raises :class:`NotForYouError` for somebody else
    and for a site that has not agreed, ``StudyError`` and ``sites.UnknownSiteError``.
    """
    where = site_of(site)
    if not allowed(staff, site):
        raise NotForYouError(f"Only the administrator of {where.name} may have its list.")
    if not where.links_for_outcomes:
        raise NotForYouError(
            f"{where.name} has not agreed to link outcomes: its controllers decide, and then its "
            "site.yml says links_for_outcomes."
        )
    salt = salt_of(session, site, study)
    found = session.execute(
        select(ReferralDetail.crime_reference, Referral.id)
        .join(Referral, Referral.id == ReferralDetail.referral_id)
        .where(
            not_closed_to(staff), Referral.site == site, ReferralDetail.crime_reference.is_not(None)
        )
    )
    lines = sorted((harmless(crime or ""), pseudonym(salt, each)) for crime, each in found)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *lines])
    out.write(text.getvalue().encode())
    keep_salt(session, site, study)
    record(session, actor_of(staff), "evaluation.links", _subject(site, study))
    return len(lines)


def refused(session: Session, staff: Staff, *, site: str, study: str) -> None:
    """Keep that somebody asked for a list that they may not have."""
    record(session, actor_of(staff), "evaluation.links", _subject(site, study), refused=True)


def _subject(site: str, study: str) -> str:
    return f"links:{site[:40]}:{study[:40]}"
