"""One referral as its page shows it: status, dates, history, and the moves of one person."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import allows, shows
from accounts.staff import officers
from accounts.tables import Staff
from core.clock import LONDON, today
from referrals import record
from referrals.after_sending import DATES, PLACE, is_decided, may_date, may_place
from referrals.case_clock import clock_of
from referrals.expiring import days_left
from referrals.moving import FLAG, HAND_ON, allowed, history
from referrals.restricting import OPEN_AGAIN, RESTRICT
from referrals.rule_set import DISPOSAL
from referrals.tables import Referral, ReferralEvent
from referrals.transitions import CALL_OFFS, TABLE, TERMINAL, Event, Status, Transition
from referrals.web.agreements_shown import agreements_shown
from referrals.web.asked import words_of
from referrals.workshops.seats import group_of
from sites import site_of

DECISIONS = (Event.authorise, Event.refuse, Event.return_to_officer)
# These are made in the chat, and a booking on its own page, where what they need is asked for.
IN_CHAT = (Event.submit, Event.close_not_met, Event.book)
# What a form of the case's own page never asks for.
ELSEWHERE = (*IN_CHAT, RESTRICT, OPEN_AGAIN)


def words() -> dict[str, Any]:
    """What the pages say, by kind and code."""
    return words_of("cases")


def case_shown(session: Session, staff: Staff, referral: Referral) -> dict[str, Any]:
    """Everything that the page of one referral needs."""
    mine = referral.owner == staff.id
    draft = referral.status == Status.draft
    return {
        "case": said_of(session, referral),
        "version": referral.version,
        "moves": [_move(row) for row in TABLE if _open(staff, referral, row)],
        "flag": _act(FLAG),
        "hand_on": _act(HAND_ON),
        "colleagues": officers(session, referral.site, but=staff.id) if mine else [],
        "outcome": words()["outcomes"].get(referral.outcome or "") if referral.frozen else "",
        "override": referral.detail.override_reason if shows(staff.role, "override") else None,
        "dates": dates_of(referral),
        "disposal": _disposal(referral),
        "dating": _act(DATES) if may_date(staff, referral) else None,
        "decided": is_decided(referral),
        "placing": _act(PLACE) if may_place(staff, referral) else None,
        "places": site_of(referral.site).delivery_sites,
        "place": _place(referral),
        "history": [_line(session, referral, each) for each in history(session, referral)],
        "victim": allows(staff.role, "referral.victim"),
        "restricts": bool(referral.reference) and allows(staff.role, "referral.restrict"),
        "restricted": referral.restricted_at is not None,
        "receipt": referral.frozen is not None and allows(staff.role, "referral.receipt"),
        "handed_over": allows(staff.role, "hand_over.list"),
        "needs": allows(staff.role, "referral.needs"),
        "in_chat": mine and draft,
        "books": any(row.event is Event.book and _allows(staff, referral, row) for row in TABLE),
        "group": group_of(session, referral),
        "agreements": agreements_shown(session, staff, referral),
    }


def said_of(session: Session, referral: Referral) -> dict[str, Any]:
    """A referral in a list: how it is called, where it stands, since when, whose it is."""
    since = referral.updated_at.astimezone(LONDON)
    return {
        "key": referral.reference or referral.id,
        "name": referral.reference or f"Draft of {_day(referral.created_at.date())}",
        "status": words()["statuses"][referral.status],
        "since": f"{_day(since.date())}, {since:%H:%M}",
        "officer": _name(session, referral.owner),
        "days_left": days_left(referral),
        "flagged": referral.flagged_at is not None,
        "ended": Status(referral.status) in TERMINAL,
    }


def _open(staff: Staff, referral: Referral, row: Transition) -> bool:
    return row.event not in IN_CHAT and _allows(staff, referral, row)


def _allows(staff: Staff, referral: Referral, row: Transition) -> bool:
    return row.source == referral.status and allowed(staff, referral, row)


def _move(row: Transition) -> dict[str, Any]:
    # What calls off a whole group is no reason to take out one person.
    reasons = CALL_OFFS if row.event is Event.call_off else row.reasons
    return _act(row.event) | {
        "reasons": [(code, words()["reasons"][code]) for code in reasons],
        "asks_words": row.asks_words,
        "decides": row.event in DECISIONS,
    }


def _act(event: str) -> dict[str, Any]:
    said = words()["events"][event]
    return {
        "event": event,
        "button": said["button"],
        "hint": said.get("hint", ""),
        "label": said.get("words", words()["words"]),
    }


def _line(session: Session, referral: Referral, event: ReferralEvent) -> dict[str, str]:
    at = event.at.astimezone(LONDON)
    reason = words()["reasons"].get(event.reason, "")
    if event.event == PLACE:
        found = site_of(referral.site).delivery_site(event.reason)
        reason = found.name if found else event.reason
    elif event.event == HAND_ON:
        reason = _name(session, event.reason)
    elif event.event == Event.close_not_met:
        reason = event.reason
    return {
        "at": f"{_day(at.date())}, {at:%H:%M}",
        "what": words()["events"][event.event]["done"],
        "who": _name(session, event.by),
        "reason": reason,
        "said": event.said or "",
    }


def dates_of(referral: Referral) -> dict[str, Any] | None:
    """The clock of the case; None until the offence and its date are known."""
    found = clock_of(referral)
    if found is None:
        return None
    said = words()["clock"]
    given = said["given"] if referral.given_on else said["if_given_today"]
    given = given.format(disposal=_disposal(referral))
    return {
        "lines": [
            (given[:1].upper() + given[1:], _day(referral.given_on or today())),
            (said["workshop_a"], _day(found.workshop_a_by)),
            (said["workshop_b"], _day(found.workshop_b_by)),
            (said["ends"], _day(found.ends)),
            (said["limit"], _day(found.limit) if found.limit else ""),
        ],
        "why": words()["limits"][found.limit_by],
        "warnings": [words()["warnings"][code] for code in found.warnings],
    }


def _disposal(referral: Referral) -> str:
    """What was proposed, or what the site uses first, by its name on the day that counts."""
    code = record.answers_of(referral).get(DISPOSAL)
    site, day = site_of(referral.site), referral.given_on or today()
    named = site.disposals_on(day)
    return named.get(code or site.disposals[0]) or words()["clock"]["disposal"]


def _place(referral: Referral) -> str:
    found = site_of(referral.site).delivery_site(referral.delivery_site)
    return found.name if found else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _name(session: Session, staff_id: str) -> str:
    found = session.get(Staff, staff_id)
    return " ".join(part for part in (found.rank, found.name) if part) if found else ""
