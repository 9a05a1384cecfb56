"""A search as a participant's would go, tried by a coordinator: the assistant's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from accounts.tables import Staff
from bot.channels.render import reason_words
from bot.web.wording import page_words
from core.clock import now
from core.database import transaction
from core.settings import settings
from core.web import forms
from core.words import words
from services_directory.finding import find
from services_directory.places import Place, find_place, resolve_postcode
from services_directory.query import Query
from services_directory.results import Found, Result, as_json
from services_directory.web import fields
from services_directory.web.curators import Curates, curators_page

router = APIRouter(prefix="/directory/try")
AS_MANY, LONGEST = 10, 300


@dataclass(frozen=True)
class _Typed:
    text: str
    near: str
    needs: tuple[str, ...]
    language: str
    wishes: frozenset[str]
    delivery_site: str = ""

    def query(self, site: str, place: Place | None) -> Query:
        """The question that this is."""
        return Query(
            site,
            self.needs,
            place,
            by_phone="by_phone" in self.wishes,
            language=self.language,
            free="free" in self.wishes,
            open_now="open_now" in self.wishes,
            delivery_site=self.delivery_site,
        )


@router.get("")
def empty(request: Request, staff: Curates) -> Response:
    """The form."""
    return _shown(request, staff, _Typed("", "", (), "", frozenset()))


@router.post("")
def tried(request: Request, staff: Curates, form: forms.OwnForm) -> Response:
    """The form with what it finds."""
    typed = _read(form, fields.places_of(staff.site))
    near = typed.near.strip()
    place = (resolve_postcode(near) or find_place(near, staff.site)) if near else None
    if near and place is None:
        fault = "There is no such place in Great Britain that we know. Try a postcode."
        return _shown(request, staff, typed, fault=fault)
    with transaction() as session:
        found = find(
            session,
            typed.query(staff.site, place),
            moment=now(),
            demo=settings().demo,
            limit=AS_MANY,
            text=typed.text,
        )
    return _shown(request, staff, typed, found=found)


def _read(form: FormData, places: Mapping[str, str]) -> _Typed:
    needs, place = fields.words()["needs"], forms.said(form, fields.PLACE)
    return _Typed(
        text=forms.said(form, "text")[:LONGEST],
        near=forms.said(form, "near")[:LONGEST],
        needs=tuple(str(each) for each in form.getlist("needs") if each in needs),
        language=forms.said(form, "language")[:2],
        wishes=frozenset(str(each) for each in form.getlist("wishes")),
        delivery_site=place if place in places else "",
    )


def _shown(
    request: Request, staff: Staff, typed: _Typed, *, found: Found | None = None, fault: str = ""
) -> Response:
    text = fields.words()
    return curators_page(
        request,
        staff,
        "directory_try.html",
        status=422 if fault else 200,
        typed=typed,
        fault=fault,
        needs=[
            {"value": code, "text": label, "checked": code in typed.needs}
            for code, label in text["needs"].items()
        ],
        wishes=[
            {"value": code, "text": label, "checked": code in typed.wishes}
            for code, label in text["wishes"].items()
        ],
        places=fields.places_of(staff.site),
        found=found,
        relaxed=[text["relaxed"][code] for code in found.relaxed] if found else [],
        cards=[_card(at, each) for at, each in enumerate(found.results)] if found else [],
        t=page_words("en"),
    )


def _card(at: int, result: Result) -> dict[str, Any]:
    listing = as_json(result, word=partial(reason_words, "en"))
    body = {"kind": "listing", "lang": "en", "listing": listing}
    if result.tier:
        body["warning"] = words(f"utter_{result.tier}", "en").text
    return {"n": at, "body": body}
