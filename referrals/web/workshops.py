"""Workshops on the screens of their people: groups, bookings, the register at the venue."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.policy import allows
from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web.session import only
from core.audit import record as on_record
from core.clock import today
from core.database import transaction
from core.web import forms
from core.web.pages import page
from core.words import words as approved
from referrals import record
from referrals.case_clock import clock_of
from referrals.moving import ReferralError
from referrals.tables import Referral
from referrals.transitions import MISSES, IllegalMoveError
from referrals.validation import day_as_typed
from referrals.web import agreements
from referrals.web.asked import code_in, referral_at, words_of
from referrals.workshops import booking
from referrals.workshops.booking import PRESENT, STANDS, NewGroup
from referrals.workshops.rules import MOST_PLACES, Dates, Need, obstacles
from referrals.workshops.seats import people_of
from referrals.workshops.tables import WorkshopGroup
from sites import Site, site_of

router = APIRouter()
Coordinates = Annotated[Staff, Depends(only("groups.write"))]
Works = Annotated[Staff, Depends(only("groups.read"))]
SHOWN_AFTER = timedelta(days=60)
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_TYPED = ("a", "b", "begins", "ends", "venue", "places", "who", "language", "delivery_site")


def words() -> dict[str, Any]:
    """What the pages say, by kind and code."""
    return words_of("workshops")


@router.get("/groups")
def list_page(request: Request, staff: Works, done: str = "") -> Response:
    """The groups of the site, the next one first, with the seats that are left."""
    with transaction() as session:
        found = [
            (group, booking.offer_of(session, group).free)
            for group in booking.groups(session, staff.site, today() - SHOWN_AFTER)
        ]
    return shown(request, staff, "workshops.html", groups=found, done=words()["done"].get(done, ""))


@router.get("/groups/new")
def new_page(request: Request, staff: Coordinates) -> Response:
    """The form of a new group."""
    return _new(request, staff)


@router.post("/groups")
def make(request: Request, staff: Coordinates, form: forms.OwnForm) -> Response:
    """Make a group; what is wrong is said, and nothing typed is lost."""
    try:
        asked = asked_for(form, site_of(staff.site))
        with transaction() as session:
            booking.make_group(session, staff, asked)
    except ReferralError as fault:
        return _new(request, staff, fault=str(fault), form=form)
    return RedirectResponse("/groups?done=made", 303)


@router.get("/groups/{group_id}")
def group_page(request: Request, group_id: str, staff: Works, done: str = "") -> Response:
    """One group: its days, who comes, and the register of each day."""
    with transaction() as session:
        group = group_at(session, staff, group_id)
        people = [_person(each) for each in people_of(session, group, staff)]
        on_record(session, actor_of(staff), "workshop.view", f"workshop:{group.id}")
    done = words()["done"].get(done, "")
    return shown(request, staff, "workshop.html", group=group, people=people, done=done)


@router.get("/groups/{group_id}/register/{part}")
def register_page(request: Request, group_id: str, part: str, staff: Works) -> Response:
    """The register of one day, to be filled in on a telephone at the venue."""
    return _register(request, staff, group_id, part)


@router.post("/groups/{group_id}/register/{part}")
def keep_register(
    request: Request, group_id: str, part: str, staff: Works, form: forms.OwnForm
) -> Response:
    """Keep what was said of each person; who was left out stays open."""
    said = [
        (name.removeprefix("person-"), str(how))
        for name, how in form.items()
        if name.startswith("person-") and how in (PRESENT, *MISSES)
    ]
    try:
        with transaction() as session:
            group = group_at(session, staff, group_id, part)
            counts = booking.register(session, staff, group, part, said)
            agreements.registered(session, group, part, counts)
    except ReferralError as fault:
        return _register(request, staff, group_id, part, fault=str(fault))
    return RedirectResponse(f"/groups/{group_id}?done=registered", 303)


@router.get("/referrals/{key}/book")
def book_page(request: Request, key: str, staff: Coordinates) -> Response:
    """The groups for one referral: those that fit, and why the others do not."""
    return _booking(request, staff, key)


@router.post("/referrals/{key}/book")
def book(request: Request, key: str, staff: Coordinates, form: forms.OwnForm) -> Response:
    """Book into the group that was chosen."""
    try:
        with transaction() as session:
            referral = referral_at(session, staff, key)
            group = booking.group_for(session, staff, code_in(form, "group"))
            if group is None:
                raise ReferralError(approved("utter_group_choose", "en").text)
            once = code_in(form, "key") or str(uuid.uuid4())
            booking.book(session, staff, referral, group, need_of(referral), once)
            agreements.booked(session, referral)
    except ReferralError as fault:
        return _booking(request, staff, key, fault=str(fault))
    except IllegalMoveError:
        return RedirectResponse(f"/referrals/{key}", 303)
    return RedirectResponse(f"/referrals/{key}?done=book", 303)


def shown(
    request: Request, staff: Staff, template: str, status: int = 200, **context: Any
) -> Response:
    """A page of workshops."""
    site = site_of(staff.site)
    return page(
        request,
        template,
        status=status,
        staff=staff,
        site=site,
        words=words(),
        coordinates=allows(staff.role, "groups.write"),
        today=today(),
        **context,
    )


def _new(
    request: Request, staff: Staff, *, fault: str = "", form: FormData | None = None
) -> Response:
    with transaction() as session:
        people = [(each.id, each.name) for each in booking.facilitators(session, staff.site)]
    return shown(
        request,
        staff,
        "workshop_form.html",
        status=422 if fault else 200,
        fault=fault,
        people=people,
        most=MOST_PLACES,
        typed=typed_in(form) if form else {},
        chosen=form.getlist("facilitator") if form else [],
    )


def _register(
    request: Request, staff: Staff, group_id: str, part: str, *, fault: str = ""
) -> Response:
    with transaction() as session:
        group = group_at(session, staff, group_id, part)
        here = [each for each in people_of(session, group, staff) if each.status == STANDS[part]]
        people = [_person(each) for each in here]
        on_record(session, actor_of(staff), "workshop.view", f"workshop:{group.id}")
    on = group.part_a_on if part == "a" else group.part_b_on
    status = 422 if fault else 200
    more = {"group": group, "part": part, "on": on, "people": people, "fault": fault}
    return shown(request, staff, "workshop_register.html", status=status, **more)


def _booking(request: Request, staff: Staff, key: str, *, fault: str = "") -> Response:
    with transaction() as session:
        referral = referral_at(session, staff, key)
        need = need_of(referral)
        fit: list[tuple[WorkshopGroup, int, str]] = []
        others: list[tuple[WorkshopGroup, int, str]] = []
        for group in booking.groups(session, staff.site, today()):
            if group.is_called_off:
                continue
            offer = booking.offer_of(session, group)
            found = obstacles(need, offer, today())
            why = " ".join(approved(f"utter_group_{code}", "en").text for code in found)
            (others if found else fit).append((group, offer.free, why))
    status = 422 if fault else 200
    more = {"reference": referral.reference, "need": need, "fit": fit, "others": others}
    once = str(uuid.uuid4())
    return shown(request, staff, "workshop_book.html", status, fault=fault, key=once, **more)


def need_of(referral: Referral) -> Need:
    """What its case needs of a group, by its clock and its answers."""
    clock, answers = clock_of(referral), record.answers_of(referral)
    return Need(
        a_by=clock.workshop_a_by if clock else None,
        b_by=clock.workshop_b_by if clock else None,
        delivery_site=referral.delivery_site,
        who=answers.get("B16_sex") or "",
    )


def typed_in(form: FormData) -> dict[str, str]:
    """What stands in the boxes of a form of a group."""
    return {name: forms.said(form, name) for name in _TYPED}


def typed_of(group: WorkshopGroup) -> dict[str, str]:
    """A group as its form would have it typed."""
    a, b = group.part_a_on, group.part_b_on
    return {
        "a": f"{a.day} {a.month} {a.year}",
        "b": f"{b.day} {b.month} {b.year}",
        "begins": group.begins,
        "ends": group.ends,
        "venue": group.venue,
        "places": str(group.places),
        "who": group.who or "any",
        "language": group.language,
        "delivery_site": group.delivery_site,
    }


def asked_for(form: FormData, site: Site) -> NewGroup:
    """The form as a group; raises :class:`ReferralError` for days that are none."""
    days = [day_as_typed(forms.said(form, name)) for name in ("a", "b")]
    if None in days:
        raise ReferralError(approved("utter_group_dates", "en").text)
    first, second = (each or date.max for each in days)
    place = site.delivery_site(code_in(form, "delivery_site"))
    places, who, language = (forms.said(form, name) for name in ("places", "who", "language"))
    return NewGroup(
        dates=Dates(first, second),
        places=int(places) if places.isdecimal() and len(places) < 4 else 0,
        venue=forms.said(form, "venue").strip()[:200].replace("\x00", ""),
        begins=_time(forms.said(form, "begins")),
        ends=_time(forms.said(form, "ends")),
        who="" if who not in words()["who"] or who == "any" else who,
        language=language if language in words()["languages"] else "en",
        delivery_site=place.code if place else "",
        facilitators=tuple(str(each) for each in form.getlist("facilitator")),
    )


def _time(typed: str) -> str:
    found = _TIME.fullmatch(typed.strip())
    return f"{int(found[1]):02}:{found[2]}" if found else ""


def _person(referral: Referral) -> dict[str, str]:
    """Who comes, as a facilitator has to know it: a name, and what they need help with."""
    return {
        "id": referral.id,
        "reference": referral.reference or "",
        "name": referral.detail.full_name or "",
        "needs": referral.detail.access_needs or "",
        "status": referral.status,
    }


def group_at(session: Session, staff: Staff, group_id: str, part: str = "a") -> WorkshopGroup:
    """The group of this person's site; for anybody else, or another part, there is none (404)."""
    found = booking.group_for(session, staff, group_id)
    if found is None or part not in STANDS:
        raise HTTPException(404)
    return found
