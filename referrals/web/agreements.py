"""Consent and safe contact: asked at the first workshop, by telephone later, and taken back.

The person reads or hears the questions in their language; each is kept as it was put. Consent to
texts hangs on no condition, so every question may be left open, and an open one counts as no.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.staff import actor_of
from accounts.tables import Staff
from accounts.web.session import only
from core.audit import record as on_record
from core.clock import today
from core.database import transaction
from core.settings import settings
from core.web import forms
from core.web.pages import page
from core.words import keys
from core.words import words as approved
from outreach.texts import contacts, journey
from outreach.texts.contacts import AFTER, BOOKING, PURPOSES, RESEARCH, Asked, Reach
from outreach.texts.tables import Contact
from referrals.fields import BY_NAME
from referrals.tables import Referral
from referrals.validation import FieldError, clean
from referrals.web.agreements_shown import agreements_shown, national, words
from referrals.web.asked import code_in, referral_at
from referrals.workshops import booking
from referrals.workshops.booking import PRESENT
from referrals.workshops.seats import group_of, people_of
from referrals.workshops.standing import standing_of
from referrals.workshops.tables import WorkshopGroup
from sites import site_of

router = APIRouter()
Asks = Annotated[Staff, Depends(only("agreements.ask"))]
LANGUAGES = ("en", "pl", "pa")
SHORTEST_WORD = 3
_PREFIX = "utter_agree_"
_TYPED = (
    "phone",
    "no_phone",
    "privacy",
    BOOKING,
    AFTER,
    RESEARCH,
    "hours",
    "text_language",
    "word",
)


@dataclass(frozen=True)
class Occasion:
    """Whom somebody asks, on which page, and how: ``way`` is a code of ``agreements.yml``."""

    referral: Referral
    path: str
    back: str
    way: str


@dataclass(frozen=True)
class Heard:
    """What a form says: ``phone`` in E.164, or "" for none; "" for what was left open.

    ``faults`` says by field what cannot be kept.
    """

    phone: str
    privacy: str
    answers: dict[str, bool]
    hours: str
    language: str
    word: str
    faults: tuple[str, ...] = ()


Finds = Callable[[Session], Occasion]


@router.get("/groups/{group_id}/agree/{referral_id}")
def venue_page(
    request: Request,
    group_id: str,
    referral_id: str,
    staff: Asks,
    language: str = "",
    done: str = "",
) -> Response:
    """What one person of a group agreed to, and the questions in the language they choose."""
    return _page(request, staff, _at_venue(staff, group_id, referral_id), language, done)


@router.post("/groups/{group_id}/agree/{referral_id}")
def keep_at_venue(
    request: Request, group_id: str, referral_id: str, staff: Asks, form: forms.OwnForm
) -> Response:
    """Keep what the person answered at the venue."""
    return _keep(request, staff, _at_venue(staff, group_id, referral_id), form)


@router.get("/referrals/{key}/agree")
def telephone_page(
    request: Request, key: str, staff: Asks, language: str = "", done: str = ""
) -> Response:
    """The same for somebody who is asked by telephone, at any time."""
    return _page(request, staff, _by_telephone(staff, key), language, done)


@router.post("/referrals/{key}/agree")
def keep_from_telephone(request: Request, key: str, staff: Asks, form: forms.OwnForm) -> Response:
    """Keep what the person answered by telephone."""
    return _keep(request, staff, _by_telephone(staff, key), form)


@router.post("/referrals/{key}/agree/{purpose}/withdraw")
def withdraw(key: str, purpose: str, staff: Asks, form: forms.OwnForm) -> Response:
    """Take back one consent in the person's name."""
    with transaction() as session:
        referral = referral_at(session, staff, key)
        contact = contacts.of_case(session, referral.id)
        if contact is None or purpose not in PURPOSES:
            raise HTTPException(404)
        said = Asked(purpose, False, words()["withdrawn"], "en", staff.id)
        contacts.keep(session, _reach_of(contact), [said], key=_key(form, "withdrawn"))
        on_record(session, actor_of(staff), "contact.withdraw", f"referral:{referral.id}")
    return RedirectResponse(f"/referrals/{key}/agree?done=withdrawn", 303)


def booked(session: Session, referral: Referral) -> None:
    """What a booking brings: how the person is reached, and the reminders of their group."""
    contact, group = brought_over(session, referral), group_of(session, referral)
    if group:
        # What is near to them is what is near to their group, unless the case has its own place.
        contact.delivery_site = referral.delivery_site or group.delivery_site
        journey.booked(session, contact, group.part_a_on, group.part_b_on, group.begins)


def registered(
    session: Session, group: WorkshopGroup, part: str, said: Iterable[tuple[str, str]]
) -> None:
    """What a register brings: after both workshops the texts that follow, after a miss none."""
    for referral_id, how in said:
        contact = contacts.of_case(session, referral_id)
        if contact and how != PRESENT:
            journey.call_off(session, contact, journey.REMINDERS, "missed")
        elif contact and part == "b":
            journey.finished(session, contact, group.part_b_on)


def moved(session: Session, group: WorkshopGroup, people: Iterable[Referral]) -> None:
    """What it brings when a group has other days: reminders of them, and a text that says so."""
    for each in people:
        booked(session, each)
        contact, stands = contacts.of_case(session, each.id), standing_of(session, each.id)
        if contact and stands:
            journey.changed(session, contact, journey.MOVED, stands.days, group.begins)


def called_off(session: Session, people: Iterable[Referral]) -> None:
    """What it brings when bookings are called off: no reminder of them goes."""
    for each in people:
        if contact := contacts.of_case(session, each.id):
            journey.call_off(session, contact, journey.REMINDERS, "booking_changed")


def group_called_off(session: Session, group: WorkshopGroup, people: Iterable[Referral]) -> None:
    """A text that says so besides; who is on hold expects no day, and hears it from a person."""
    called_off(session, people)
    for each in people:
        contact, stands = contacts.of_case(session, each.id), standing_of(session, each.id)
        if contact and stands and stands.to_book:
            days = (group.part_a_on, group.part_b_on)
            journey.changed(session, contact, journey.CALLED_OFF, days, group.begins)


def brought_over(session: Session, referral: Referral) -> Contact:
    """The contact of a referral, made of what the officer asked where there is none yet.

    Made once: what the person says later is newer than what the officer was told.
    """
    told = referral.detail
    spoken = told.interpreter_language or ""
    reach = Reach(
        site=referral.site,
        case_id=referral.id,
        phone=told.mobile or "",
        privacy=told.phone_is_private
        if told.phone_is_private in ("private", "shared")
        else "unknown",
        language=spoken if spoken in LANGUAGES else "en",
        hours=told.ok_hours or "day",
        delivery_site=referral.delivery_site,
    )
    asked = []
    if told.text_consent and told.text_consent_words:
        agreed = told.text_consent == "yes"
        at, by = told.text_consent_at, referral.created_by
        asked = [Asked(BOOKING, agreed, told.text_consent_words, "en", by, at)]
    return contacts.of_case(session, referral.id) or contacts.keep(
        session, reach, asked, key=f"referral:{referral.id}"
    )


def heard(form: FormData) -> Heard:
    """The form as answers; nothing is inferred from what was left open."""
    phone, faults = "", []
    if not code_in(form, "no_phone"):
        try:
            phone = clean(BY_NAME["mobile"], forms.said(form, "phone"), {}, today=today())
        except FieldError:
            faults.append("phone")
    privacy = _one_of(form, "privacy", contacts.PRIVACIES)
    if not privacy and not code_in(form, "no_phone"):
        faults.append("privacy")
    word = forms.said(form, "word").strip()
    if word and sum(ch.isalnum() for ch in word) < SHORTEST_WORD:
        faults.append("word")
    said = {code: _one_of(form, code, ("yes", "no")) for code in PURPOSES}
    return Heard(
        phone=phone,
        privacy=privacy if phone else "unknown",
        answers={code: answer == "yes" for code, answer in said.items() if answer},
        hours=_one_of(form, "hours", contacts.HOURS),
        language=_one_of(form, "text_language", LANGUAGES),
        word=word,
        faults=tuple(faults),
    )


def offered() -> dict[str, bool]:
    """The languages in which the questions may be put, and whether each was checked.

    Outside the demonstration only those that a qualified speaker has read as a whole.
    """
    ours = [said for key, said in keys().items() if key.startswith(_PREFIX)]
    checked = {code: all(said[code].reviewed for said in ours) for code in LANGUAGES}
    shown = {code: done for code, done in checked.items() if done or settings().demo}
    return shown or {"en": False}


def _at_venue(staff: Staff, group_id: str, referral_id: str) -> Finds:
    def found(session: Session) -> Occasion:
        group = booking.group_for(session, staff, group_id)
        people = people_of(session, group, staff) if group else []
        for each in people:
            if each.id == referral_id:
                path = f"/groups/{group_id}/agree/{referral_id}"
                return Occasion(each, path, f"/groups/{group_id}", "venue")
        raise HTTPException(404)

    return found


def _by_telephone(staff: Staff, key: str) -> Finds:
    def found(session: Session) -> Occasion:
        path = f"/referrals/{key}"
        return Occasion(referral_at(session, staff, key), f"{path}/agree", path, "telephone")

    return found


def _page(request: Request, staff: Staff, finds: Finds, language: str, done: str) -> Response:
    with transaction() as session:
        occasion = finds(session)
        on_record(session, actor_of(staff), "contact.view", f"referral:{occasion.referral.id}")
        if language in offered():
            return _questions(request, session, staff, occasion, language)
        return page(
            request,
            "agreement.html",
            staff=staff,
            site=site_of(staff.site),
            occasion=occasion,
            agreements=agreements_shown(session, staff, occasion.referral),
            languages=offered(),
            names=_names(),
            key=str(uuid.uuid4()),
            done=words()["done"].get(done, ""),
        )


def _keep(request: Request, staff: Staff, finds: Finds, form: FormData) -> Response:
    said, language = heard(form), _one_of(form, "language", tuple(offered())) or "en"
    # The same form, sent twice at once, is kept by whichever comes first.
    with suppress(IntegrityError), transaction() as session:
        occasion = finds(session)
        if said.faults:
            return _questions(request, session, staff, occasion, language, form, said.faults)
        _kept(session, staff, occasion, said, language, _key(form, occasion.way))
    return RedirectResponse(f"{request.url.path}?done=kept", 303)


def _kept(
    session: Session, staff: Staff, occasion: Occasion, said: Heard, language: str, key: str
) -> None:
    """Keep the answers with the questions as they were put; what was left open stays as it was."""
    before = brought_over(session, occasion.referral)
    reach = Reach(
        site=before.site,
        case_id=before.case_id,
        phone=said.phone,
        privacy=said.privacy,
        language=said.language or before.language,
        hours=said.hours or before.hours,
        delivery_site=before.delivery_site,
        word=said.word,
    )
    put = {code: approved(f"{_PREFIX}{code}", language) for code in said.answers}
    asked = [
        Asked(code, agreed, put[code].text, put[code].language, staff.id)
        for code, agreed in said.answers.items()
    ]
    contacts.keep(session, reach, asked, key=key)
    # Reminders that wait go at the hours that were chosen now.
    booked(session, occasion.referral)
    on_record(session, actor_of(staff), "contact.agree", f"referral:{occasion.referral.id}")


def _questions(
    request: Request,
    session: Session,
    staff: Staff,
    occasion: Occasion,
    language: str,
    form: FormData | None = None,
    faults: tuple[str, ...] = (),
) -> Response:
    contact = contacts.of_case(session, occasion.referral.id)
    phone = contact.phone if contact else occasion.referral.detail.mobile
    typed = {name: forms.said(form, name) for name in _TYPED} if form else {}
    return page(
        request,
        "agreement_questions.html",
        status=422 if faults else 200,
        staff=staff,
        site=site_of(staff.site),
        occasion=occasion,
        t=lambda key: approved(f"utter_{key}", language).text,
        language=language,
        languages=offered(),
        names=_names(),
        purposes=PURPOSES,
        privacies=contacts.PRIVACIES,
        hours=contacts.HOURS,
        typed=typed or {"phone": national(phone)},
        faults=faults,
        key=code_in(form, "key") if form else str(uuid.uuid4()),
    )


def _reach_of(contact: Contact) -> Reach:
    return Reach(
        site=contact.site,
        case_id=contact.case_id,
        phone=contact.phone or "",
        privacy=contact.privacy,
        language=contact.language,
        hours=contact.hours,
        delivery_site=contact.delivery_site,
    )


def _names() -> dict[str, str]:
    return {code: approved(f"utter_language_{code}", code).text for code in LANGUAGES}


def _one_of(form: FormData, name: str, codes: tuple[str, ...]) -> str:
    typed = code_in(form, name)
    return typed if typed in codes else ""


def _key(form: FormData, way: str) -> str:
    """What makes a form count once, with the way in which was asked; fits the column."""
    typed = code_in(form, "key")
    return f"{way}:{typed if re.fullmatch('[0-9a-f-]{36}', typed) else uuid.uuid4()}"
