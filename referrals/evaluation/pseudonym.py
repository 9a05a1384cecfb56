"""Pseudonyms of cases: one study's extracts can be joined with each other, and with no others."""

from __future__ import annotations

import hashlib
import hmac
import re

from sqlalchemy.orm import Session

from core.clock import now
from core.crypto import derived_key
from referrals.evaluation.tables import StudySalt

STUDY = "evaluation"
_STUDY = re.compile(r"[a-z][a-z0-9-]{2,39}")


class StudyError(ValueError):
    """A name of a study that cannot be one; the message is for the evaluator."""


def salt_of(session: Session, site: str, study: str) -> bytes:
    """The salt of a study at a site: made of the site's secret, which no evaluator ever holds.

    Raises :class:`StudyError`: a slip in the name would make pseudonyms that fit nothing.
    """
    if not _STUDY.fullmatch(study):
        raise StudyError(
            f"“{study}” is no name of a study: 3 to 40 small letters, digits and hyphens, "
            "a letter first."
        )
    kept = session.get(StudySalt, (site, study))
    return bytes.fromhex(kept.salt) if kept else derived_key(f"evaluation {site} {study}")


def keep_salt(session: Session, site: str, study: str) -> None:
    """Keep the salt of a study from its first extract on, whatever the secret is later."""
    if session.get(StudySalt, (site, study)) is None:
        salt = salt_of(session, site, study).hex()
        session.add(StudySalt(site=site, study=study, salt=salt, kept_at=now()))
        session.flush()


def pseudonym(salt: bytes, referral_id: str) -> str:
    """The name of a case under a salt; a letter first, so that no spreadsheet reads a number."""
    return "c" + hmac.new(salt, referral_id.encode(), hashlib.sha256).hexdigest()[:24]
