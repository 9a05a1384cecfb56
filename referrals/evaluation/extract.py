"""Who may have the extract of a site, and the giving of it with its audit row.

It goes to an evaluator of that site alone: never to an account of a force or of the provider.
"""

from __future__ import annotations

from typing import IO

from sqlalchemy.orm import Session

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from referrals.evaluation import files, reading
from referrals.evaluation.files import Form
from referrals.evaluation.pseudonym import keep_salt, salt_of
from sites import site_of


class NotForYouError(Exception):
    """An extract that this account may not have; the message is for its person."""


def allowed(staff: Staff, site: str) -> bool:
    """Whether somebody may have the extract of ``site``."""
    return allows(staff.role, "evaluation.extract") and staff.site == site


def extract(
    session: Session,
    staff: Staff,
    *,
    site: str,
    study: str,
    form: Form,
    out: IO[bytes],
    done: reading.Done = lambda _count: None,
    told: reading.Told = reading.nothing_told,
) -> int:
    """Write the extract of a site for a study to ``out``; gives how many rows there are.

    Its audit row stands in the same transaction, so that none leaves unseen. Raises
    :class:`NotForYouError` (tell :func:`refused` then), ``StudyError`` and
    ``sites.UnknownSiteError``.
    """
    where = site_of(site)
    if not allowed(staff, site):
        raise NotForYouError(f"Only an evaluator of {where.name} may have its extract.")
    salt_of(session, site, study)
    count = files.write(reading.rows(session, where, staff, study, done, told), out, form)
    # Last, or nobody else could write while it is read; what is held leaves after the commit.
    keep_salt(session, site, study)
    record(session, actor_of(staff), f"evaluation.extract.{form}", _subject(site, study))
    return count


def refused(session: Session, staff: Staff, *, site: str, study: str) -> None:
    """Keep that somebody asked for an extract that they may not have."""
    subject = _subject(site, study)
    record(session, actor_of(staff), "evaluation.extract", subject, refused=True)


def _subject(site: str, study: str) -> str:
    return f"extract:{site[:40]}:{study[:40]}"
