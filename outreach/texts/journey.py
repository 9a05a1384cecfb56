"""What we text of our own accord, and when: rules over dates, and the rows that come of them.

A site switches the journey on in its ``site.yml`` (``messages``). Hours are London's: between nine
in the morning and eight in the evening, and within them those the person chose (checks.md 51).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import LONDON, now
from outreach.texts.contacts import AFTER, BOOKING
from outreach.texts.tables import Contact, Message, Standing
from sites import site_of
from sites.model import Messages

HOURS: Mapping[str, tuple[time, time]] = {
    "day": (time(9), time(20)),
    "morning": (time(9), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(20)),
}
REMINDERS = ("reminder_a", "reminder_b")
MOVED, CALLED_OFF = CHANGES = ("moved", "called_off")
HELLO, CHECK_IN, FOLLOW_UP = "hello", "check_in", "follow_up"
# What a person has to have agreed to for each kind.
PURPOSE = dict.fromkeys((*REMINDERS, *CHANGES), BOOKING) | dict.fromkeys(
    (HELLO, CHECK_IN, FOLLOW_UP), AFTER
)
# A hello that comes days late is still one; after that it would be out of the blue.
GRACE = timedelta(days=3)


@dataclass(frozen=True)
class Planned:
    """A text that is to go: not before ``due_at``, not after ``until``, once for its occasion."""

    kind: str
    occasion: str
    due_at: datetime
    until: datetime
    data: dict[str, Any] = field(default_factory=dict)


def in_hours(hours: str, moment: datetime) -> bool:
    """Whether a text that we begin may go at that moment to somebody who chose these hours."""
    first, last = HOURS[hours]
    return first <= moment.astimezone(LONDON).time() < last


def next_moment(hours: str, earliest: datetime) -> datetime:
    """The first moment from ``earliest`` on at which a text may go."""
    if in_hours(hours, earliest):
        return earliest
    local = earliest.astimezone(LONDON)
    opens = HOURS[hours][0]
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, opens, LONDON)


def reminders(
    days: Sequence[date], begins: str, hours: str, at: datetime, *, on: Messages
) -> list[Planned]:
    """One a workshop, on the day before it; none where that is over, or would be too late.

    ``begins`` is a time of day, as "10:00"; ``at`` is the moment of planning.
    """
    if not on.reminders:
        return []
    planned = []
    for kind, day in zip(REMINDERS, days, strict=True):
        starts = datetime.combine(day, time.fromisoformat(begins.zfill(5)), LONDON)
        eve = datetime.combine(day - timedelta(days=1), HOURS[hours][0], LONDON)
        due = next_moment(hours, max(eve, at))
        # On the day itself somebody may be on the way, with others beside them.
        until = datetime.combine(day - timedelta(days=1), HOURS[hours][1], LONDON)
        if due < until and at < starts:
            data = {"day": day.isoformat(), "time": begins}
            planned.append(Planned(kind, day.isoformat(), due, until, data))
    return planned


def change(
    kind: str, days: Sequence[date], begins: str, hours: str, at: datetime, *, on: Messages
) -> list[Planned]:
    """What is told of the days of a booking that were moved, or called off: as soon as may be.

    Told until the first of these days begins; ``at`` is the moment of the change, and its occasion.
    """
    to_come = [day for day in days if day > at.astimezone(LONDON).date()]
    if not (on.changes and to_come):
        return []
    due = next_moment(hours, at)
    until = datetime.combine(to_come[0], time.fromisoformat(begins.zfill(5)), LONDON)
    data = {"days": [day.isoformat() for day in to_come], "time": begins}
    return [Planned(kind, at.isoformat(), due, until, data)] if due < until else []


def after(ended: date, hours: str, *, on: Messages) -> list[Planned]:
    """The hello on the day after both workshops, and the check-ins that the site set."""
    days = [(HELLO, 1)] if on.hello else []
    days += [(CHECK_IN, each) for each in on.check_in_after_days]
    return [_after(kind, ended, days_later, hours) for kind, days_later in days]


def follow_up(shown_at: datetime, signposting: str, hours: str, *, on: Messages) -> list[Planned]:
    """A week after services were shown: did you get through?"""
    if not on.follow_up:
        return []
    due = next_moment(hours, shown_at + timedelta(days=on.follow_up_after_days))
    return [Planned(FOLLOW_UP, signposting, due, due + GRACE, {"signposting": signposting})]


def booked(session: Session, contact: Contact, a_on: date, b_on: date, begins: str) -> None:
    """Plan the reminders of a booking; those of an earlier one go no more."""
    call_off(session, contact, REMINDERS, "booking_changed")
    rules = site_of(contact.site).texting
    plan(session, contact, reminders((a_on, b_on), begins, contact.hours, now(), on=rules))


def changed(
    session: Session, contact: Contact, kind: str, days: Sequence[date], begins: str
) -> None:
    """Plan to tell of a change; what was to be told of one before is not true any more."""
    call_off(session, contact, CHANGES, "booking_changed")
    rules = site_of(contact.site).texting
    plan(session, contact, change(kind, days, begins, contact.hours, now(), on=rules))


def finished(session: Session, contact: Contact, ended: date) -> None:
    """Plan what comes after both workshops."""
    plan(session, contact, after(ended, contact.hours, on=site_of(contact.site).texting))


def shown(session: Session, contact: Contact, signposting: str) -> None:
    """Plan the follow-up to a signposting; several in one week are asked about once."""
    waiting = select(Message.id).where(
        Message.contact_id == contact.id,
        Message.kind == FOLLOW_UP,
        Message.standing == Standing.planned.value,
    )
    if session.scalar(waiting.limit(1)) is None:
        rules = site_of(contact.site).texting
        plan(session, contact, follow_up(now(), signposting, contact.hours, on=rules))


def plan(session: Session, contact: Contact, planned: Iterable[Planned]) -> None:
    """Write the rows; one that is there already stays, and one that was called off comes back."""
    for each in planned:
        row = session.scalar(
            select(Message).where(
                Message.contact_id == contact.id,
                Message.kind == each.kind,
                Message.occasion == each.occasion,
            )
        )
        if row is None:
            row = Message(id=str(uuid.uuid4()), contact_id=contact.id, site=contact.site)
            row.kind, row.occasion, row.made_at = each.kind, each.occasion, now()
        elif row.standing != Standing.held_back.value:
            continue
        row.data, row.due_at, row.until = each.data, each.due_at, each.until
        row.standing, row.why, row.tries, row.settled_at = Standing.planned.value, "", 0, None
        session.add(row)
    session.flush()


def call_off(session: Session, contact: Contact, kinds: Iterable[str], why: str) -> None:
    """What is planned of these kinds goes no more; ``why`` is a code."""
    rows = select(Message).where(
        Message.contact_id == contact.id,
        Message.kind.in_(tuple(kinds)),
        Message.standing == Standing.planned.value,
    )
    for row in session.scalars(rows):
        row.standing, row.why, row.settled_at = Standing.held_back.value, why, now()
    session.flush()


def texts_of(session: Session, contact: Contact) -> list[Message]:
    """Every text that was planned for somebody and is still known, the next one last."""
    rows = select(Message).where(Message.contact_id == contact.id).order_by(Message.due_at)
    return list(session.scalars(rows))


def _after(kind: str, ended: date, days_later: int, hours: str) -> Planned:
    day = ended + timedelta(days=days_later)
    due = datetime.combine(day, HOURS[hours][0], LONDON)
    return Planned(kind, f"{ended.isoformat()}+{days_later}", due, due + GRACE)
