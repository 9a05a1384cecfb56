"""How the system is, in plain words, for who looks after people: what to do if it is not well.

The words stand in ``status.yml``; what is well and what is not, in ``bot/wellness.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from accounts.policy import ANY, Scope, scope_of
from accounts.tables import Staff
from accounts.web.session import only
from bot import wellness
from bot.web.health import parts
from bot.wellness import Look, State
from core.clock import LONDON, now, today
from core.database import transaction
from core.web.pages import page
from sites import site_of

router = APIRouter()
COLOURS = {State.good: "green", State.look: "yellow", State.wrong: "red"}

Sees = Annotated[Staff, Depends(only("status.see"))]


@router.get("/status")
def status_page(request: Request, staff: Sees) -> Response:
    """Of one's own site; for an operator, of all of them together."""
    everywhere = scope_of("account", ANY, staff.role) is Scope.everywhere
    answering = parts()
    with transaction() as session:
        site = "" if everywhere else staff.site
        found = list(wellness.looks(session, site, answering))
    rows = [_row(each) for each in found]
    first = wellness.oldest(found)
    return page(
        request,
        "status.html",
        staff=staff,
        site=site_of(staff.site),
        everywhere=everywhere,
        rows=rows,
        troubles=[row for row in rows if row["state"] is not State.good],
        first=_row(first) if first else None,
        silent=_silent(answering),
        looked=_moment(now()),
        operator=_words()["operator"],
    )


def _row(look: Look) -> dict[str, Any]:
    said = _words()["looks"][look.about]
    values = {
        "count": f"{look.count:,}",
        "since": _moment(look.since) if look.since else "",
        "last": _moment(look.last) if look.last else "",
    }
    return {
        "about": look.about,
        "name": said["name"],
        "state": look.state,
        "tag": _words()["tags"][look.state],
        "colour": COLOURS[look.state],
        "told": _told(said, look.state, values).format(**values),
        "since": values["since"] if look.count or look.state is not State.good else "",
        "do": said.get(f"do_{look.state}", said["do"]) if look.state is not State.good else "",
    }


def _silent(answering: Mapping[str, bool]) -> list[str]:
    """What does not answer, or of several not all; each kind of part once."""
    words = {State.wrong: "parts", State.look: "some_of_several"}
    kinds = wellness.by_kind(answering).items()
    return [_words()[words[state]][kind] for kind, state in kinds if state is not State.good]


def _told(said: dict[str, str], state: State, values: dict[str, str]) -> str:
    """The words of a state; where they name a moment that is not known, those without it."""
    words = said[state]
    unknown = any(f"{{{name}}}" in words and not value for name, value in values.items())
    return said.get(f"{state}_never", words) if unknown else words


def _moment(at: datetime) -> str:
    """The time of day, with the day where it is another."""
    here = at.astimezone(LONDON)
    return f"{here:%H:%M}" if here.date() == today() else f"{here:%H:%M on %A %d %B}"


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
