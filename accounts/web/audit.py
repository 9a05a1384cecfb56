"""The record of who did what, searched by the operator; each look at it is on record too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from accounts.acts import Wanted, acts, names
from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web.session import only
from accounts.wording import said
from core.audit import AuditRow
from core.clock import LONDON
from core.database import transaction
from core.verifying import VERIFY
from core.web.pages import page

router = APIRouter()
MOST = 200
LONGEST = 120

Reads = Annotated[Staff, Depends(only("audit.read"))]
Typed = Annotated[str, Query(max_length=LONGEST)]


@router.get("/audit")
def audit_page(
    request: Request,
    staff: Reads,
    person: Typed = "",
    record: Typed = "",
    act: Typed = "",
    reference: Typed = "",
    day: Typed = "",
    refused: Typed = "",
) -> Response:
    """The newest acts that fit what was asked for, and how the last nightly look went."""
    typed = {
        "person": person,
        "record": record,
        "act": act,
        "reference": reference,
        "day": day,
        "refused": refused,
    }
    wanted = _date(day)
    fault = said("audit", "day") if day and not wanted else ""
    with transaction() as session:
        looked = acts(session, Wanted(act=VERIFY), by=actor_of(staff), most=1)
        asked = Wanted(person, record, act, reference, wanted, bool(refused))
        found = [] if fault else acts(session, asked, by=actor_of(staff), most=MOST)
        known = names(session, found)
        rows = [_row(each, known) for each in found]
        last = _row(looked[0], {}) if looked else None
    return page(
        request,
        "audit.html",
        status=422 if fault else 200,
        staff=staff,
        typed=typed,
        fault=fault,
        rows=rows,
        most=MOST,
        last=last,
    )


def _date(typed: str) -> date | None:
    """A day as a browser's own field sends it, or as people here write it."""
    parts = typed.strip().replace("/", "-").replace(".", "-").replace(" ", "-").split("-")
    numbers = [int(each) for each in parts if each.isascii() and each.isdecimal() and len(each) < 5]
    if len(numbers) != 3 or len(parts) != 3:
        return None
    year, month, day = numbers if len(parts[0]) == 4 else numbers[::-1]
    try:
        return date(year, month, day) if 2000 <= year <= 2100 else None
    except ValueError:
        return None


def _row(row: AuditRow, known: Mapping[str, str]) -> dict[str, Any]:
    return {
        "n": row.id,
        "at": f"{row.at.astimezone(LONDON):%d %B %Y, %H:%M:%S}",
        "who": known.get(row.actor_id, f"{row.actor_kind} {row.actor_id}"),
        "site": row.site,
        "act": row.act,
        "record": row.record,
        "refused": row.refused,
        "why": row.why,
        "source": said("audit_source", row.source) if row.source else "",
        "request": row.request,
    }
