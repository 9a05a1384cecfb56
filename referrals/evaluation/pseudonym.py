"""Pseudonyms of cases: one study's extracts can be joined with each other, and with no others."""

from __future__ import annotations

import hashlib
import hmac
import re

from core.crypto import derived_key

STUDY = "evaluation"
_STUDY = re.compile(r"[a-z][a-z0-9-]{2,39}")


class StudyError(ValueError):
    """A name of a study that cannot be one; the message is for the evaluator."""


def salt_of(site: str, study: str) -> bytes:
    """The salt of a study at a site: made of the site's secret, which no evaluator ever holds.

    Raises :class:`StudyError`: a slip in the name would make pseudonyms that fit nothing.
    """
    if not _STUDY.fullmatch(study):
        raise StudyError(
            f"“{study}” is no name of a study: 3 to 40 small letters, digits and hyphens, "
            "a letter first."
        )
    return derived_key(f"evaluation {site} {study}")


def pseudonym(salt: bytes, referral_id: str) -> str:
    """The name of a case under a salt; a letter first, so that no spreadsheet reads a number."""
    return "c" + hmac.new(salt, referral_id.encode(), hashlib.sha256).hexdigest()[:24]
