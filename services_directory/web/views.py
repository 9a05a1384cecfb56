"""The directory shown to others: as a participant would see it, on paper, and to anybody's eye."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from accounts.web.declared import way
from core.clock import today
from core.database import transaction
from core.limiting import SUGGESTIONS
from core.settings import settings
from core.web import forms
from core.web.limited import limited
from core.web.pages import page
from core.words import words
from services_directory import curation, gaps, live, suggestions
from services_directory.curation import CurationError
from services_directory.listing import Listing, offerable, warning
from services_directory.web import fields
from services_directory.web.curators import Curates, curators_page
from services_directory.web.one import day, preview_of
from sites import NATIONAL

router = APIRouter()


@router.get("/directory/sheet")
def sheet(request: Request, staff: Curates, place: str = "") -> Response:
    """What a coordinator prints and lays out: every service that may be shown, by need.

    ``place`` is a delivery site: what belongs to another one is left out.
    """
    ours = {"", place} if place in fields.places_of(staff.site) else None
    with transaction() as session:
        listings = live.all_of(session, staff.site)
    shown = [
        each
        for each in listings
        if offerable(each, demo=settings().demo, on=today())
        and (ours is None or each.site != staff.site or each.delivery_site in ours)
    ]
    needs = [
        {"title": title, "listings": [_entry(each) for each in shown if need in each.needs]}
        for need, title in fields.words()["needs"].items()
        if need != "da_victim"
    ]
    return curators_page(
        request,
        staff,
        "directory_sheet.html",
        needs=[need for need in needs if need["listings"]],
        on=day(today()),
        place=fields.places_of(staff.site).get(place, ""),
    )


@router.get("/directory/gaps")
def gaps_page(request: Request, staff: Curates) -> Response:
    """What people asked for and did not find near home."""
    with transaction() as session:
        rows = gaps.missing(session, staff.site, today())
    text = fields.words()
    return curators_page(
        request,
        staff,
        "directory_gaps.html",
        rows=rows,
        needs=text["needs"],
        why=text["missing"],
    )


@router.get("/directory/{listing_id}/preview")
def preview(request: Request, staff: Curates, listing_id: str) -> Response:
    """The draft, or else the public copy, in web and text form."""
    with transaction() as session:
        listing = curation.listing_for(session, staff, listing_id)
        if listing is None:
            raise HTTPException(404)
        seen = preview_of(session, listing)
    return curators_page(
        request,
        staff,
        "directory_preview.html",
        listing=listing,
        seen=seen,
    )


@router.get("/suggest/{listing_id}", dependencies=[way("public")])
def suggest_page(request: Request, listing_id: str, done: str = "") -> Response:
    """Anybody may say what is wrong with a public listing."""
    return _suggest(request, _public(listing_id), done=bool(done))


@router.post("/suggest/{listing_id}", dependencies=[way("public"), limited(SUGGESTIONS)])
def suggest(request: Request, listing_id: str, form: forms.OwnForm) -> Response:
    """Keep it for a coordinator; nothing changes until two people have looked."""
    found, proposed = _public(listing_id), forms.said(form, "proposed")
    try:
        with transaction() as session:
            suggestions.suggest(
                session,
                listing_id,
                site=found.site if found.site != NATIONAL else "",
                source="public",
                about=forms.said(form, "about"),
                proposed=proposed,
            )
    except CurationError as error:
        return _suggest(request, found, fault=str(error), proposed=proposed)
    return RedirectResponse(f"/suggest/{listing_id}?done=yes", 303)


def _public(listing_id: str) -> Listing:
    with transaction() as session:
        found = live.anywhere(session, listing_id)
    if found is None or not offerable(found, demo=settings().demo, on=today()):
        raise HTTPException(404)
    return found


def _suggest(
    request: Request, found: Listing, *, done: bool = False, fault: str = "", proposed: str = ""
) -> Response:
    items = [{"value": code, "text": text} for code, text in fields.words()["suggested"].items()]
    return page(
        request,
        "directory_suggest.html",
        status=422 if fault else 200,
        service=found,
        items=items,
        done=done,
        fault=fault,
        proposed=proposed,
    )


def _entry(listing: Listing) -> dict[str, Any]:
    code = warning(listing, today())
    return {
        "name": listing.name,
        "organisation": listing.organisation,
        "phone": listing.phone,
        "sms": listing.sms,
        "email": listing.email,
        "url": listing.url,
        "area": listing.area,
        "hours": listing.hours,
        "cost": listing.cost,
        "warning": words(f"utter_{code}", "en").text if code else "",
    }
