"""The hand-over on a coordinator's screen: what did not leave, sent again; and one to read.

What is said here stands in the templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import LONDON
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals import record
from referrals.handing_over import waiting
from referrals.handing_over.posting import handed_over
from referrals.handing_over.waiting import Again, Trouble
from referrals.reference import read_reference
from sites import site_of

router = APIRouter(prefix="/hand-over")
Coordinates = Annotated[Staff, Depends(only("hand_over.list"))]
Reads = Annotated[Staff, Depends(only("hand_over.read"))]


@router.get("")
def list_page(request: Request, staff: Coordinates, done: str = "") -> Response:
    """What needs somebody, by what is the matter."""
    with transaction() as session:
        stuck = waiting.stuck_at(session, staff)
    return page(
        request,
        "hand_over_list.html",
        staff=staff,
        site=site_of(staff.site),
        kinds=[(kind, [each for each in stuck if each.trouble is kind]) for kind in Trouble],
        waits=bool(stuck),
        done=done if done in set(Again) else "",
        london=LONDON,
    )


@router.post("/again")
def all_again(request: Request, staff: Coordinates, form: forms.OwnForm) -> Response:
    """Send everything again that did not leave."""
    with transaction() as session:
        stuck = waiting.stuck_at(session, staff)
    came = [_again(staff, each.id) for each in stuck if each.trouble is not Trouble.unfetched]
    return _back(came)


@router.post("/{row_id}/again")
def again(request: Request, staff: Coordinates, row_id: str, form: forms.OwnForm) -> Response:
    """Send one thing again."""
    came = _again(staff, row_id)
    if came is None:
        raise HTTPException(404)
    return _back([came])


@router.get("/{reference}")
def read_page(request: Request, reference: str, staff: Reads) -> Response:
    """A referral as it was handed over, for those to whom an e-mail sent a link; on record."""
    with transaction() as session:
        held = read_reference(reference)
        found = record.by_reference(session, staff, held) if held else None
        handed = handed_over(session, found) if found else None
    if handed is None:
        raise HTTPException(404)
    return page(
        request, "hand_over_referral.html", staff=staff, site=site_of(staff.site), referral=handed
    )


def _again(staff: Staff, row_id: str) -> Again | None:
    with transaction() as session:
        return waiting.send_again(session, staff, row_id)


def _back(came: Iterable[Again | None]) -> Response:
    """To the list, with the first thing that went wrong, if anything did."""
    told = next((each for each in came if each not in (Again.done, None)), Again.done)
    return RedirectResponse(f"/hand-over?done={told}", 303)
