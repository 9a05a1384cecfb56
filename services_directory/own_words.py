"""The directory's own synonyms, beside those that ship: what people of its sites call things."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services_directory.curation import CurationError
from services_directory.publishing import mark_changed
from services_directory.tables import Synonym
from services_directory.vocabulary import synonym


def synonyms(session: Session) -> dict[str, str]:
    """Each term with its meanings, split by "|"."""
    return {row.term: row.means for row in session.scalars(select(Synonym))}


def keep_synonym(session: Session, term: str, means: str) -> None:
    """Let the term stand for its meanings from now on; raises :class:`CurationError`."""
    known, meant = _plain(term, means)
    session.merge(Synonym(term=known, means=meant))
    mark_changed(session)


def forget_synonym(session: Session, term: str) -> None:
    """Take a term away; raises :class:`CurationError` where there is none."""
    row = session.get(Synonym, _plain(term, term)[0])
    if row is None:
        raise CurationError(f"There is no synonym {term}.")
    session.delete(row)
    mark_changed(session)


def _plain(term: str, means: str) -> tuple[str, str]:
    try:
        return synonym(term, means)
    except ValueError as fault:
        raise CurationError(str(fault)) from None
