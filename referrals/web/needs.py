"""A navigator's page: needs seen, needs assessed with the person, support given.

What is said here stands in ``needs.yml``; the rules of who may write stand in ``support``.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import LONDON
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals.fields import NEEDS
from referrals.support import (
    ASSESSED,
    GIVEN,
    HOWS,
    Line,
    LineError,
    may_support,
    standing,
    write,
)
from referrals.tables import Referral
from referrals.transitions import IllegalMoveError
from referrals.web.asked import code_in, referral_at, words_of
from sites import site_of

router = APIRouter(prefix="/referrals")
Supports = Annotated[Staff, Depends(only("referral.needs"))]
STEPS = {"assess": ASSESSED, "support": GIVEN}


def words() -> dict[str, Any]:
    """What the pages say, by kind and code."""
    return words_of("needs")


@router.get("/{key}/needs")
def needs(request: Request, key: str, staff: Supports, done: str = "") -> Response:
    """The needs of one person, as they stand."""
    with transaction() as session:
        return _shown(request, session, staff, referral_at(session, staff, key), done=done)


@router.post("/{key}/needs/{act}")
def add(request: Request, key: str, act: str, staff: Supports, form: forms.OwnForm) -> Response:
    """Write an assessment or support; what stands in the way is said, with what was typed."""
    if act not in STEPS:
        raise HTTPException(404)
    try:
        with transaction() as session:
            write(
                session,
                staff,
                referral_at(session, staff, key),
                step=STEPS[act],
                need=code_in(form, "need"),
                how=code_in(form, "how"),
                said=forms.said(form, "said"),
                key=code_in(form, "key") or str(uuid.uuid4()),
            )
    except LineError as fault:
        why, where, status = str(fault), fault.at, 422
    except IllegalMoveError:
        why, where, status = words()["not_now"], "", 409
    except IntegrityError:  # the same form, sent twice at once
        return RedirectResponse(f"/referrals/{key}/needs?done={act}", 303)
    else:
        return RedirectResponse(f"/referrals/{key}/needs?done={act}", 303)
    with transaction() as session:
        found = referral_at(session, staff, key)
        return _shown(
            request,
            session,
            staff,
            found,
            fault=why,
            where=where,
            tried=act,
            form=form,
            status=status,
        )


def _shown(
    request: Request,
    session: Session,
    staff: Staff,
    referral: Referral,
    *,
    done: str = "",
    fault: str = "",
    where: str = "",
    tried: str = "",
    form: FormData | None = None,
    status: int = 200,
) -> Response:
    labels = dict(NEEDS)
    rows = [
        {
            "need": labels[each.need],
            "seen": each.seen,
            "assessed": _line(session, ASSESSED, each.assessed) if each.assessed else None,
            "given": [_line(session, GIVEN, line) for line in each.given],
        }
        for each in standing(session, referral)
    ]
    return page(
        request,
        "needs.html",
        status=status,
        staff=staff,
        site=site_of(staff.site),
        reference=referral.reference,
        rows=rows,
        words=words(),
        needs=NEEDS,
        hows={
            act: [(code, words()[step][code]) for code in HOWS[step]] for act, step in STEPS.items()
        },
        may=may_support(staff, referral),
        done=words()["done"].get(done, ""),
        fault=fault,
        where=where,
        tried=tried,
        typed={name: forms.said(form, name) for name in ("need", "how", "said")} if form else {},
        key=str(uuid.uuid4()),
    )


def _line(session: Session, step: str, line: Line) -> dict[str, str]:
    by, at = session.get(Staff, line.by), line.at.astimezone(LONDON)
    return {
        "how": words()[step][line.how],
        "said": line.said,
        "who": by.name if by else "",
        "at": f"{at.day} {at:%B %Y}",
    }
