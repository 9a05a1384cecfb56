"""Alerts on the screen of a site's own people: what waits, who took it, how to reach the person.

Danger stands before those who ask for a person, and each shows how long it has waited.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

import phonenumbers
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.policy import allows, shows
from accounts.tables import Staff
from accounts.web.session import only
from bot.channels.answering import NotAnsweredError
from bot.channels.crisis_words import overdue, unconfirmed
from core.audit import Actor, record
from core.clock import LONDON, now, today
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from core.web import forms
from core.web.pages import page
from outreach import alerts
from outreach.entries import ASKED
from outreach.tables import Alert, AlertStatus
from outreach.web import thread
from referrals.handing_over.closed import not_of_closed
from sites import site_of

router = APIRouter()

KINDS = {
    "suicide": "A life may be at risk",
    "self_harm": "Somebody may be hurting themselves",
    "harm_to_others": "Somebody may hurt another person",
    "child_at_risk": "A child may be at risk",
    "medical": "Somebody may need an ambulance",
    "victim_of_abuse": "Somebody may not be safe at home",
    ASKED: "Somebody asks to talk to a person",
}
# What is held in the outbox for others to fetch stands on the page of the hand-over.
KINDS_OF_LETTERS = {"email": "E-mail", "text": "Text", "webhook": "Webhook"}
WHY = {
    "said": "They wrote it",
    "answered_yes": "They answered yes when asked",
    "not_said": "When asked, they would rather not say",
    "asked": "They asked for a person",
}
STATUS = {
    AlertStatus.open: ("Nobody has taken it on", "red"),
    AlertStatus.escalated: ("Nobody took it on in time", "red"),
    AlertStatus.acknowledged: ("Somebody looks after it", "blue"),
    AlertStatus.closed: ("Closed", "grey"),
}
OUTCOMES = {
    "reached": "I reached the person",
    "passed_on": "I passed it on to the emergency services or the local safeguarding route",
    "no_risk_found": "I looked at it, and there was no risk",
    "could_not_reach": "I could not reach the person",
}
STANDS = {"waiting": "Waits", "sent": "Sent", "dead": "Given up"}
BECAME = {
    "delivered": "Delivered",
    "temporary": "Did not arrive: the telephone is off or out of reach",
    "permanent": "Did not arrive: the number is wrong, or takes no texts from us",
    "technical": "Did not arrive: the provider failed",
}

TRIES = 3

Sees = Annotated[Staff, Depends(only("alerts.read"))]
Reads = Annotated[Staff, Depends(only("alerts.answer"))]
SeesLetters = Annotated[Staff, Depends(only("outbox.read"))]


@router.get("/alerts")
def list_page(request: Request, staff: Sees) -> Response:
    """What waits at this site, and what came before; and which numbers are overdue for review."""
    with transaction() as session:
        rows = [_row(each) for each in alerts.alerts_of(session, staff)]
    return page(
        request,
        "alerts.html",
        staff=staff,
        site=site_of(staff.site),
        alerts=rows,
        waiting=sum(row["waits"] for row in rows),
        overdue=overdue(today()),
        untried=unconfirmed(staff.site),
        unnamed=not site_of(staff.site).alerts.people,
        hours_unconfirmed=not site_of(staff.site).answers.confirmed,
        sees_outbox=_sees_outbox(staff),
    )


@router.get("/alerts/{alert_id}")
def one_page(request: Request, staff: Sees, alert_id: str) -> Response:
    """One alert; the words only for those who may read them."""
    return _shown(request, staff, alert_id)


@router.post("/alerts/{alert_id}/take")
def take(request: Request, staff: Sees, alert_id: str, form: forms.OwnForm) -> Response:
    """I look after it."""
    return _acted(
        request, staff, alert_id, lambda session, alert: alerts.acknowledge(session, staff, alert)
    )


@router.post("/alerts/{alert_id}/close")
def close(request: Request, staff: Sees, alert_id: str, form: forms.OwnForm) -> Response:
    """It is done, and how it ended."""
    outcome = forms.said(form, "outcome")
    if outcome not in OUTCOMES:
        return _shown(request, staff, alert_id, missing="Choose how it ended.")
    return _acted(
        request,
        staff,
        alert_id,
        lambda session, alert: alerts.close(session, staff, alert, outcome),
    )


@router.post("/alerts/{alert_id}/answer")
def answer(request: Request, staff: Reads, alert_id: str, form: forms.OwnForm) -> Response:
    """A person answers in the conversation, and so takes it on."""
    try:
        _answered(staff, alert_id, form)
    except NotAnsweredError as refused:
        return _shown(request, staff, alert_id, unsent=refused.why, form=form)
    except alerts.TakenError:
        problem = "Somebody else was first, so nothing was sent. This is how it stands now."
        return _shown(request, staff, alert_id, problem=problem)
    return RedirectResponse(f"/alerts/{alert_id}#thread", 303)


def _answered(staff: Staff, alert_id: str, form: FormData) -> None:
    """Say it; where the participant writes in the same moment and was first, once more."""
    for last in (*[False] * (TRIES - 1), True):
        try:
            with transaction() as session:
                alert = alerts.alert_for(session, staff, alert_id)
                if alert is None:
                    raise HTTPException(404)
                thread.send(session, staff, alert, form)
        except IntegrityError:
            if last:
                raise
        else:
            return


@router.get("/outbox")
def outbox_page(request: Request, staff: SeesLetters) -> Response:
    """What has left this site or waits to; the demonstration keeps e-mails and texts here."""
    with transaction() as session:
        record(session, Actor("staff", staff.id, staff.site), "outbox.list", "outbox:*")
        rows = session.scalars(
            select(Outgoing)
            .where(Outgoing.site == staff.site, Outgoing.kind.in_(KINDS_OF_LETTERS))
            .where(not_of_closed(staff))
            .order_by(Outgoing.made_at.desc())
            .limit(100)
        ).all()
    return page(
        request,
        "outbox.html",
        staff=staff,
        site=site_of(staff.site),
        rows=[_letter(each) for each in rows],
        mails_leave=bool(settings().smtp_url),
    )


def _acted(
    request: Request, staff: Staff, alert_id: str, act: Callable[[Session, Alert], None]
) -> Response:
    try:
        with transaction() as session:
            alert = alerts.alert_for(session, staff, alert_id)
            if alert is None:
                raise HTTPException(404)
            act(session, alert)
    except alerts.TakenError:
        problem = "Somebody else was first. This is how it stands now."
        return _shown(request, staff, alert_id, problem=problem)
    return RedirectResponse(f"/alerts/{alert_id}", 303)


def _shown(
    request: Request,
    staff: Staff,
    alert_id: str,
    *,
    problem: str = "",
    missing: str = "",
    unsent: str = "",
    form: FormData | None = None,
) -> Response:
    field, told = thread.PROBLEMS[unsent] if unsent else ("", "")
    with transaction() as session:
        alert = alerts.alert_for(session, staff, alert_id)
        if alert is None:
            raise HTTPException(404)
        taken_by = session.get(Staff, alert.acknowledged_by) if alert.acknowledged_by else None
        return page(
            request,
            "alert.html",
            status=409 if problem else 422 if missing or unsent else 200,
            staff=staff,
            site=site_of(staff.site),
            alert=_row(alert),
            reach=_reach(session, alert),
            said=alert.said if shows(staff.role, "said") else None,
            taken_by=taken_by.name if taken_by else "",
            mine=alert.acknowledged_by == staff.id,
            outcomes=[{"value": value, "text": text} for value, text in OUTCOMES.items()],
            thread=thread.view(session, staff, alert),
            unsent={"field": field, "text": told},
            given={name: forms.said(form or FormData(), name) for name in thread.FIELDS},
            problem=problem,
            missing=missing,
        )


def _row(alert: Alert) -> dict[str, Any]:
    words, colour = STATUS[AlertStatus(alert.status)]
    late = alert.status in alerts.UNTAKEN and alert.escalate_at <= now()
    if alert.kind == ASKED and alert.status == AlertStatus.open and not late:
        colour = "yellow"
    return {
        "id": alert.id,
        "kind": KINDS[alert.kind],
        "status": alert.status,
        "status_words": words,
        "colour": colour,
        "waits": alert.status in alerts.UNTAKEN,
        "why": WHY[alert.why],
        "danger": alert.kind != ASKED,
        "who": "An officer wrote it" if alert.audience == "officer" else "A participant wrote it",
        "by": "by text message" if alert.channel == "text" else "in the web chat",
        "at": f"{alert.raised_at.astimezone(LONDON):%d %B %Y, %H:%M}",
        "waited": _span(now() - alert.raised_at),
        "late": late,
        "again": _counted(alert.repeats, "time") if alert.repeats else "",
        "note": _note(alert),
        "ended": OUTCOMES.get(alert.closed_as, ""),
        "unreached": _moment(alert.unreached_at) if alert.unreached_at else "",
    }


def _note(alert: Alert) -> str:
    """What comes next of an alert that waits, or how it ended."""
    if alert.status not in alerts.UNTAKEN:
        return OUTCOMES.get(alert.closed_as, "")
    promised = f"An answer is promised by {_moment(alert.escalate_at)}"
    if alert.status == AlertStatus.escalated:
        told = "More people were told"
        return told if alert.kind != ASKED else f"{promised}. {told}"
    left = alert.escalate_at - now()
    when = f", in {_span(left)}" if left > timedelta() else ", now"
    if alert.kind == ASKED:
        return promised + when
    return f"More people are told at {_moment(alert.escalate_at)}{when}"


def _moment(at: datetime) -> str:
    """The time of day, with the day where it is another."""
    here = at.astimezone(LONDON)
    return f"{here:%H:%M}" if here.date() == today() else f"{here:%H:%M on %A %d %B}"


def _span(time: timedelta) -> str:
    """How long, in the two largest units that say something."""
    minutes = int(time.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    return " ".join(_counted(*part) for part in parts if part[0]) or "less than a minute"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def _reach(session: Session, alert: Alert) -> dict[str, str]:
    """How to reach the person, and the link that rings them if it is a number."""
    if phone := alert.reach.get("phone"):
        return _number(phonenumbers.parse(phone, "GB"))
    staff_id = alert.reach.get("staff")
    found = session.get(Staff, staff_id) if staff_id else None
    named = f"{found.rank} {found.name} {found.collar_number}".strip() if found else ""
    return {"text": named, "href": ""}


def _number(parsed: phonenumbers.PhoneNumber) -> dict[str, str]:
    """As people here read it, and as any telephone dials it."""
    formats = phonenumbers.PhoneNumberFormat
    shape = formats.NATIONAL if parsed.country_code == 44 else formats.INTERNATIONAL
    dialled = phonenumbers.format_number(parsed, formats.E164)
    return {"text": phonenumbers.format_number(parsed, shape), "href": f"tel:{dialled}"}


def _sees_outbox(staff: Staff) -> bool:
    return allows(staff.role, "outbox.read")


def _on_screen() -> tuple[str, ...]:
    """What the demonstration keeps on the screen instead of sending it."""
    kept = (("text", settings().text_provider == "on_screen"), ("email", not settings().smtp_url))
    return tuple(kind for kind, here in kept if here)


def _letter(row: Outgoing) -> dict[str, Any]:
    payload = row.payload
    readable = settings().demo or row.kind != "text"
    return {
        "kind": KINDS_OF_LETTERS[row.kind],
        "to": payload.get("to") or payload.get("url"),
        "subject": payload.get("subject", ""),
        "text": payload.get("text", "") if readable else "",
        "status": BECAME.get(row.became) or STANDS[row.status],
        "kept_on_screen": settings().demo and row.status == "sent" and row.kind in _on_screen(),
        "trouble": row.trouble,
        "at": f"{row.made_at.astimezone(LONDON):%d %B %Y, %H:%M}",
    }
