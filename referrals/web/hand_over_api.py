"""The hand-over for a receiver's system: what waits, that it was taken, and what shape it has."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from accounts.policy import allows
from accounts.staff import who
from accounts.tables import Staff
from accounts.web.declared import naming, way
from bot.channels.incoming import ChatError
from bot.web.api import Bearer
from core.database import transaction
from referrals.handing_over import fetching
from referrals.handing_over.document import KINDS, schema
from referrals.handing_over.fetching import Fetched

router = APIRouter(prefix="/api/v1/hand-over")
FETCHES = "hand_over.fetch"
MOST = 100


def receiver(token: Bearer) -> Staff:
    """Whose system asks: a navigator's token, which opens the queue of its own site."""
    staff = who(token)
    if staff is None or not allows(staff.role, FETCHES):
        raise ChatError(401, "token", "Send the token of a navigator of the site, as Bearer.")
    return staff


Receiver = Annotated[Staff, Depends(naming(FETCHES, receiver))]


@router.get("")
def fetch(
    staff: Receiver,
    after: Annotated[str, Query(max_length=20)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """What waits after the place ``after``; begin without one, and go on with ``next``."""
    found = fetching.fetch(staff, after=_place(after), most=limit)
    return {
        "items": [_item(each) for each in found],
        "next": str(found[-1].n) if found else after,
    }


@router.post("/{row_id}/acknowledge")
def acknowledge(staff: Receiver, row_id: str) -> dict[str, Any]:
    """The receiver has it and keeps it; the same again changes nothing."""
    with transaction() as session:
        if not fetching.acknowledge(session, staff, row_id):
            raise ChatError(404, "no_hand_over", "Nothing of that number waits or waited here.")
    return {"id": row_id, "acknowledged": True}


@router.get("/schema", dependencies=[way("public")])
def published(kind: Annotated[str, Query(max_length=20)] = "referral") -> Response:
    """The JSON Schema of what is handed over: of a referral, or of word that one is withdrawn."""
    if kind not in KINDS:
        raise ChatError(404, "no_schema", f"There is a schema of each of: {', '.join(KINDS)}.")
    return JSONResponse(schema(kind), media_type="application/schema+json")


def _item(fetched: Fetched) -> dict[str, Any]:
    content = {"referral": fetched.referral}
    return {"id": fetched.id, "key": fetched.key, "kind": fetched.kind} | content


def _place(after: str) -> int:
    if after and not (after.isascii() and after.isdecimal()):
        raise ChatError(400, "malformed", "Give as after the next of an earlier answer.")
    # No table is that long, and no engine knows a longer number.
    return min(int(after or 0), 2**31 - 1)
