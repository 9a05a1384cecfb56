"""The directory on a coordinator's screen: what waits, one listing, its draft and its versions.

What is said here stands in the templates, in ``fields.yml`` and in the errors of ``curation``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from core.clock import today
from core.database import transaction
from core.web import forms
from services_directory import curation, suggestions, work_queue
from services_directory.curation import CurationError, StaleError
from services_directory.own_order import place_at_site
from services_directory.tables import DirectoryListing, Suggestion
from services_directory.web import fields
from services_directory.web.curators import Curates, curators_page
from services_directory.web.one import context_of
from sites import NATIONAL

router = APIRouter(prefix="/directory")
Act = Callable[[Session, Staff, DirectoryListing, FormData], object]
DONE = {
    "saved": "Your draft is saved. Nobody outside sees it yet.",
    "submitted": "Sent for approval. The public copy stays as it was until somebody else approves.",
    "approved": "Approved. The change is public now.",
    "rejected": "Given back to its author.",
    "discarded": "The draft is thrown away. It stays in the history.",
    "back": "That version is a draft now. Send it for approval when you are ready.",
    "hidden": "Hidden. No search finds it any more.",
    "shown": "Shown again.",
    "merged": "Merged. The other listing is no longer shown.",
    "confirmed": "Thank you. What you checked counts from today.",
    "placed": "Kept. It counts for the searches of your site.",
    "taken": "Taken up. If it said what is right, it is in the draft.",
    "aside": "Put aside.",
}


@router.get("")
def queue_page(
    request: Request, staff: Curates, whose: str = "", q: str = "", done: str = "", place: str = ""
) -> Response:
    """What waits, by kind; and the way to any listing. ``place`` is one delivery site."""
    national = whose == NATIONAL
    places = {} if national else fields.places_of(staff.site)
    place = place if place in places else ""
    with transaction() as session:
        items = work_queue.queue(session, staff, today(), whose=NATIONAL if national else "")
        found = work_queue.named(session, NATIONAL if national else staff.site, q)
    kinds = [
        {"kind": kind, "title": fields.words()["kinds"][kind], "items": list(each)}
        for kind, each in groupby(
            (item for item in items if place in ("", item.delivery_site)),
            key=lambda item: item.kind,
        )
    ]
    return curators_page(
        request,
        staff,
        "directory_queue.html",
        kinds=kinds,
        national=national,
        place=place,
        places=places,
        found=[each for each in found if place in ("", each.delivery_site)],
        q=q[:100],
        done=DONE.get(done, ""),
        methods=fields.words()["methods"],
    )


@router.get("/new")
def new_page(request: Request, staff: Curates) -> Response:
    """An empty form."""
    return _form(request, staff, {"site": staff.site, "status": "active", "gender": "any"})


@router.post("/new")
def new(request: Request, staff: Curates, form: forms.OwnForm) -> Response:
    """A new listing, as a draft."""
    document = fields.typed(form, {"site": staff.site})
    if not document["service_name"]:
        return _form(request, staff, document, fault="Give the service a name.", status=422)
    with transaction() as session:
        made = curation.start(session, staff, document)
    return RedirectResponse(f"/directory/{made.id}?done=saved", 303)


@router.get("/{listing_id}")
def listing_page(request: Request, staff: Curates, listing_id: str, done: str = "") -> Response:
    """One listing: what is public, what waits, what is known of it, and every version."""
    with transaction() as session:
        return _shown(request, session, staff, _found(session, staff, listing_id), done=done)


@router.get("/{listing_id}/edit")
def edit_page(request: Request, staff: Curates, listing_id: str) -> Response:
    """The draft, or the public copy to make one of."""
    with transaction() as session:
        listing = _found(session, staff, listing_id)
        document = _newest(session, listing)
    return _form(request, staff, document, listing=listing, lock=listing.lock)


@router.post("/{listing_id}/edit")
def edit(request: Request, staff: Curates, listing_id: str, form: forms.OwnForm) -> Response:
    """Save the draft; what somebody else did meanwhile is said, and no word is lost."""
    try:
        with transaction() as session:
            listing = _found(session, staff, listing_id)
            document = fields.typed(form, _newest(session, listing))
            curation.write(session, staff, listing, _lock(form), document)
    except StaleError as error:
        with transaction() as session:
            listing = _found(session, staff, listing_id)
            theirs = _newest(session, listing)
        return _form(
            request,
            staff,
            document,
            listing=listing,
            lock=listing.lock,
            fault=str(error),
            theirs=fields.differences(theirs, document),
            status=409,
        )
    return RedirectResponse(f"/directory/{listing_id}?done=saved", 303)


def _acts() -> dict[str, tuple[str, Act]]:
    """What can be done with a listing: end of the address -> (what is said after, the act)."""
    said = forms.said
    return {
        "submit": (
            "submitted",
            lambda s, who, it, f: curation.submit(
                s, who, it, _lock(f), reason=said(f, "reason"), method=said(f, "method")
            ),
        ),
        "approve": (
            "approved",
            lambda s, who, it, f: curation.approve(s, who, it, _lock(f), words=said(f, "words")),
        ),
        "reject": (
            "rejected",
            lambda s, who, it, f: curation.reject(s, who, it, _lock(f), words=said(f, "words")),
        ),
        "discard": ("discarded", lambda s, who, it, f: curation.discard(s, who, it, _lock(f))),
        "back": (
            "back",
            lambda s, who, it, f: curation.go_back_to(s, who, it, _lock(f), n=_number(f, "n")),
        ),
        "hide": (
            "hidden",
            lambda s, who, it, f: curation.hide(s, who, it, _lock(f), reason=said(f, "reason")),
        ),
        "show": ("shown", lambda s, who, it, f: curation.show_again(s, who, it, _lock(f))),
        "merge": ("merged", _merge),
        "confirm": ("confirmed", _confirm),
        "place": ("placed", _place),
        "take": ("taken", lambda s, who, it, f: _decide(s, who, it, f, take=True)),
        "aside": ("aside", lambda s, who, it, f: _decide(s, who, it, f, take=False)),
    }


@router.post("/{listing_id}/{act}")
def do(
    request: Request, staff: Curates, listing_id: str, act: str, form: forms.OwnForm
) -> Response:
    """Any act on a listing; a fault is said on its page, with what was typed."""
    if act not in _acts():
        raise HTTPException(404)
    done, carry_out = _acts()[act]
    try:
        with transaction() as session:
            carry_out(session, staff, _found(session, staff, listing_id), form)
    except CurationError as error:
        with transaction() as session:
            listing = _found(session, staff, listing_id)
            return _shown(request, session, staff, listing, error=error, form=form)
    back = "/directory" if forms.said(form, "from") == "queue" else f"/directory/{listing_id}"
    return RedirectResponse(f"{back}?done={done}", 303)


def _merge(session: Session, staff: Staff, listing: DirectoryListing, form: FormData) -> None:
    gone = curation.listing_for(session, staff, forms.said(form, "other").strip())
    if gone is None:
        raise CurationError("There is no listing with that number.")
    curation.merge(session, staff, listing, gone, reason=forms.said(form, "reason"))


def _confirm(session: Session, staff: Staff, listing: DirectoryListing, form: FormData) -> None:
    groups = [each for each in form.getlist("groups") if isinstance(each, str)]
    curation.confirm(session, staff, listing, groups, forms.said(form, "method"))


def _place(session: Session, staff: Staff, listing: DirectoryListing, form: FormData) -> None:
    rank = _number(form, "rank") if forms.said(form, "rank").strip() else 0
    place_at_site(session, staff, listing, rank=rank, note=forms.said(form, "note"))


def _decide(
    session: Session, staff: Staff, listing: DirectoryListing, form: FormData, *, take: bool
) -> None:
    suggestion = session.get(Suggestion, forms.said(form, "suggestion"))
    if suggestion is None:
        raise CurationError("Somebody has decided on this already.")
    suggestions.decide(session, staff, listing, suggestion, take=take)


def _found(session: Session, staff: Staff, listing_id: str) -> DirectoryListing:
    listing = curation.listing_for(session, staff, listing_id)
    if listing is None:
        raise HTTPException(404)
    return listing


def _newest(session: Session, listing: DirectoryListing) -> Mapping[str, str]:
    """The draft, or else the public copy."""
    version = curation.working(session, listing) or curation.published(session, listing)
    return version.document if version else {}


def _lock(form: FormData) -> int:
    return _number(form, "lock")


def _number(form: FormData, name: str) -> int:
    typed = forms.said(form, name)
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1


def _form(
    request: Request,
    staff: Staff,
    document: Mapping[str, str],
    *,
    listing: DirectoryListing | None = None,
    lock: int = 0,
    fault: str = "",
    theirs: list[dict[str, str]] | None = None,
    status: int = 200,
) -> Response:
    return curators_page(
        request,
        staff,
        "directory_edit.html",
        status=status,
        groups=fields.shown(document),
        listing=listing,
        lock=lock,
        fault=fault,
        theirs=theirs or [],
    )


def _shown(
    request: Request,
    session: Session,
    staff: Staff,
    listing: DirectoryListing,
    *,
    done: str = "",
    error: CurationError | None = None,
    form: FormData | None = None,
) -> Response:
    context: dict[str, Any] = context_of(session, staff, listing)
    return curators_page(
        request,
        staff,
        "directory_listing.html",
        status=422 if error else 200,
        done=DONE.get(done, ""),
        fault=str(error) if error else "",
        findings=error.findings if error else (),
        typed={name: forms.said(form, name) for name in ("reason", "method", "words")}
        if form
        else {},
        **context,
    )
