"""The directory for programs: the same search as the assistant's, asked by POST.

By POST, so that nobody's place and needs stand in an address or a log (Open Referral's own reason
for its POST twins). It gives what the chat gives: offerable listings, each with its reasons.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from accounts.web.declared import way
from bot.channels.render import reason_words
from core.clock import LONDON, now, today
from core.database import transaction
from core.limiting import searches
from core.settings import settings
from core.web.limited import limited
from services_directory.finding import find
from services_directory.listing import offerable, warning
from services_directory.places import find_place, resolve_postcode
from services_directory.query import Query
from services_directory.results import as_json
from sites import all_sites, site_of

router = APIRouter(prefix="/api/v1/services", dependencies=[way("public"), limited(searches)])
MOST = 50
FIRST_YEAR, LAST_YEAR = 2000, 2100
Mode = Literal["phone", "in_person", "online"]


class Asked(BaseModel):
    """What is wanted. ``near`` is a postcode or a place name, ``within_m`` metres, ``age`` years.

    ``open_at`` without a zone is London's time.
    """

    model_config = ConfigDict(extra="forbid")

    site: str = Field(max_length=40)
    text: str = Field("", max_length=300)
    needs: list[str] = Field([], max_length=20)
    near: str = Field("", max_length=100)
    within_m: int | None = Field(None, ge=1, le=1_000_000)
    open_now: bool = False
    open_at: datetime | None = None
    age: int | None = Field(None, ge=0, le=130)
    delivery_site: str = Field("", max_length=40)
    woman: bool | None = None
    language: str = Field("", max_length=10)
    free: bool = False
    modes: list[Mode] = []
    limit: int = Field(10, ge=1, le=MOST)


@router.post("/search", response_class=JSONResponse)
def search(asked: Asked) -> Response:
    """The listings that fit best, and what had to give way."""
    if asked.site not in all_sites():
        raise HTTPException(422, "There is no such site.")
    if asked.delivery_site and not site_of(asked.site).delivery_site(asked.delivery_site):
        raise HTTPException(422, "The site has no such delivery site.")
    place = None
    if asked.near:
        place = resolve_postcode(asked.near) or find_place(asked.near, asked.site)
        if place is None:
            raise HTTPException(422, "No such postcode or place is known in Great Britain.")
    query = Query(
        site=asked.site,
        needs=tuple(asked.needs),
        place=place,
        woman=asked.woman,
        language=asked.language,
        free=asked.free,
        open_now=asked.open_now or asked.open_at is not None,
        modes=frozenset(asked.modes),
        within_m=asked.within_m,
        age=asked.age,
        delivery_site=asked.delivery_site,
    )
    moment = _aware(asked.open_at) if asked.open_at else now()
    with transaction() as session:
        found = find(
            session,
            query,
            moment=moment,
            demo=settings().demo,
            limit=asked.limit,
            text=asked.text.replace("\x00", ""),
        )
    said = partial(reason_words, "en")
    return JSONResponse(
        {
            "listings": [
                as_json(each, word=said) | {"tier": warning(each.listing, today())}
                for each in found.results
                # Asking of another day brings nothing back that has run out by now.
                if offerable(each.listing, demo=settings().demo, on=today())
            ],
            "relaxed": list(found.relaxed),
        }
    )


def _aware(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        told = f"Write a moment between the years {FIRST_YEAR} and {LAST_YEAR}."
        raise HTTPException(422, told)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
