"""What pages of a referral share: which one is asked for, a code of a form, their words."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from core.web import forms
from referrals import record
from referrals.reference import read_reference
from referrals.tables import Referral

LONGEST_CODE = 64


def referral_at(session: Session, staff: Staff, key: str) -> Referral:
    """The referral of this reference, read by this person; for anybody else there is none (404)."""
    reference = read_reference(key)
    found = record.by_reference(session, staff, reference) if reference else None
    if found is None:
        raise HTTPException(404)
    return found


def referral_or_draft_at(session: Session, staff: Staff, key: str) -> Referral:
    """By its reference, or a draft of one's own by its id; for anybody else there is none (404)."""
    if read_reference(key):
        return referral_at(session, staff, key)
    found = record.own(session, staff, key if key.isprintable() else "")
    if found is None:
        raise HTTPException(404)
    return found


def code_in(form: FormData, name: str) -> str:
    """A code of ours as the form gives it; PostgreSQL refuses a zero byte before it looks."""
    typed = forms.said(form, name)[:LONGEST_CODE]
    return typed if typed.isprintable() else ""


@lru_cache(maxsize=8)
def words_of(page: str) -> dict[str, Any]:
    """What the pages of one kind say: the file of that name beside this one."""
    path = Path(__file__).with_name(f"{page}.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
