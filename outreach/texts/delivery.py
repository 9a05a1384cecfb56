"""Sends texts that we begin: each once, in its hours, while everything still allows it.

A row is claimed in a transaction of its own, in which the last look is taken too: who has texted
STOP since it was planned gets nothing. What a dead worker held is tried again with ``again`` set,
for which a provider looks first whether the text is with it already (decision 0016).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.clock import now
from core.database import transaction
from core.outbox import Letter, post, shorten_claims
from core.words import words
from outreach.alerts import paused
from outreach.texts import contacts
from outreach.texts.contacts import chats_of
from outreach.texts.journey import (
    CALLED_OFF,
    CHANGES,
    FOLLOW_UP,
    MOVED,
    PURPOSE,
    REMINDERS,
    in_hours,
    next_moment,
)
from outreach.texts.providers import BusyError, LaterError, Provider, RefusedError
from outreach.texts.revealing import reveals
from outreach.texts.said import gaps_of, key_of
from outreach.texts.tables import Contact, Message, Signposting, Standing
from sites import Site, site_of

log = logging.getLogger("cara.texts")

CLAIM_LASTS = timedelta(minutes=2)
# Somebody may be in danger: what we begin waits until a person has closed the alert.
LOOK_AGAIN = timedelta(minutes=15)
# The provider's minute is full: its window moves, so a place is free soon.
NEXT_PLACE = timedelta(seconds=5)
# One, two, four, eight minutes, then every quarter of an hour: four hours in all.
PAUSES = (1, 2, 4, 8, *(15,) * 15)
Outcome = Literal["delivered", "temporary", "permanent", "technical"]


@dataclass(frozen=True)
class Case:
    """What the record says of a case when a text is about to go: the worker asks the referrals.

    ``days`` are those of the workshops still booked; ``done`` that both were attended;
    ``flagged`` that somebody is worried, and no text goes until a person has looked;
    ``to_book`` that a booking came to nothing, and another is to be made.
    """

    known: bool = False
    days: tuple[date, ...] = ()
    done: bool = False
    flagged: bool = False
    to_book: bool = False


CaseOf = Callable[[Session, str], Case]


def send_due(provider: Provider, case_of: CaseOf, *, most: int = 50) -> int:
    """Send what is due, at most ``most``; gives how many went.

    Where the provider is away or wants fewer, the rest of the round waits.
    """
    sent = 0
    for message_id in due(most):
        try:
            sent += send_one(message_id, provider, case_of)
        except LaterError:
            break
    return sent


def due(most: int) -> list[str]:
    """The ids of texts whose time has come and that nobody holds, the longest due first."""
    waits = Message.standing.in_((Standing.planned.value, Standing.sending.value))
    shorten_claims(Message, waits, CLAIM_LASTS)
    with transaction() as session:
        rows = (
            select(Message.id)
            .where(
                waits,
                Message.due_at <= now(),
                _free(),
            )
            .order_by(Message.due_at)
            .limit(most)
        )
        return list(session.scalars(rows))


def send_one(message_id: str, provider: Provider, case_of: CaseOf) -> bool:
    """Send this text if it is still due, free and allowed; whether it went.

    Any number may try at once: one claims it. Raises ``LaterError`` where nothing more should be
    tried for a while; the text is put off then.
    """
    with transaction() as session:
        ready = _ready(session, message_id, case_of)
    if ready is None:
        return False
    try:
        provider_id = provider.send(
            ready.to, ready.text, message_id, site=ready.site, again=ready.again
        )
    except RefusedError as refused:
        with _still_ours(message_id, ready) as message:
            if message:
                _settle(message, Standing.failed, refused.code)
        return False
    except LaterError as later:
        with _still_ours(message_id, ready) as message:
            if message:
                _put_back(message, later, tried_before=ready.again)
        raise
    with transaction() as session:
        message = session.get_one(Message, message_id)
        _went(session, message, ready.to, ready.text, provider, provider_id)
    return True


def obstacle(session: Session, message: Message, contact: Contact, case: Case) -> str:
    """Why the text must not go now, as a code; "" where nothing speaks against it."""
    looks: tuple[tuple[str, bool], ...] = (
        ("no_phone", not contact.phone),
        ("not_private", contact.privacy != "private"),
        ("stopped", contacts.stopped(session, contact.site, contact.phone)),
        ("not_agreed", not contacts.agreed(session, contact, PURPOSE[message.kind])),
        ("flagged", case.flagged),
        ("switched_off", not _switched_on(site_of(contact.site), message.kind)),
        ("not_booked", _unbooked(message, case)),
        ("answered", _answered(session, message)),
    )
    return next((why for why, holds in looks if holds), "")


def text_of(message: Message, contact: Contact) -> str:
    """The words of a text, in the person's language."""
    language, kind, data = contact.language, message.kind, message.data
    signed = site_of(contact.site).messages.signed
    if not signed or reveals(signed):
        signed = words("utter_text_signed", language).text
    values = {"signed": signed} | gaps_of(kind, data, language)
    return words(key_of(kind, data), language, values).text


def receipt(session: Session, provider: str, provider_id: str, outcome: Outcome) -> bool:
    """What the provider says became of a text; False where the text is none that we began.

    A receipt may come twice, late, or in the wrong order: delivered is never taken back.
    """
    found = select(Message).where(Message.provider == provider, Message.provider_id == provider_id)
    message = session.scalars(found).first()
    if message is None:
        return False
    if message.standing == Standing.delivered.value:
        return True
    good = outcome == "delivered"
    message.standing = Standing.delivered.value if good else Standing.failed.value
    message.why, message.settled_at = "" if good else outcome, now()
    session.flush()
    return True


@dataclass(frozen=True)
class _Ready:
    """A text in hand; ``again``: it was tried before, ``claim``: until when it is ours."""

    to: str
    text: str
    site: str
    again: bool
    claim: datetime | None


def _ready(session: Session, message_id: str, case_of: CaseOf) -> _Ready | None:
    """Claim it, and look a last time; None where it is not to go now."""
    if not _claimed(session, message_id):
        return None
    message = session.get_one(Message, message_id)
    contact = session.get_one(Contact, message.contact_id)
    again, claim = message.standing == Standing.sending.value, message.claimed_until
    if now() >= message.until:
        _settle(message, Standing.out_of_date, "late")
    elif not in_hours(contact.hours, now()):
        _wait(message, next_moment(contact.hours, now()))
    elif contact.phone and paused(session, *chats_of(contact.site, contact.phone)):
        _wait(message, now() + LOOK_AGAIN)
    elif why := obstacle(session, message, contact, case_of(session, contact.case_id)):
        _settle(message, Standing.held_back, why)
    else:
        message.standing = Standing.sending.value
        return _Ready(contact.phone or "", text_of(message, contact), message.site, again, claim)
    return None


@contextmanager
def _still_ours(message_id: str, ready: _Ready) -> Iterator[Message | None]:
    """The text, or None: we slept past our claim, and another worker has it or has sent it."""
    with transaction() as session:
        message = session.get_one(Message, message_id, with_for_update=True)
        held = (message.standing, message.claimed_until)
        yield message if held == (Standing.sending.value, ready.claim) else None


def _claimed(session: Session, message_id: str) -> bool:
    claim = (
        update(Message)
        .where(
            Message.id == message_id,
            Message.standing.in_((Standing.planned.value, Standing.sending.value)),
            _free(),
        )
        .values(claimed_until=now() + CLAIM_LASTS)
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(claim).rowcount == 1


def _went(
    session: Session, message: Message, to: str, text: str, provider: Provider, provider_id: str
) -> None:
    """Sent, and on the page of what has left; a receipt that was faster stays as it is."""
    message.provider, message.provider_id, message.sent_at = provider.name, provider_id, now()
    message.claimed_until = None
    if message.standing == Standing.sending.value:
        message.standing = Standing.sent.value
    payload = {"to": to, "text": text, "site": message.site}
    post(session, Letter("text", f"message:{message.id}", payload), site=message.site, sent=True)


def _put_back(message: Message, why: LaterError, *, tried_before: bool) -> None:
    """As it was, where the provider was not asked; else one try the fewer."""
    if not isinstance(why, BusyError):
        _put_off(message)
        return
    if not tried_before:
        message.standing = Standing.planned.value
    _wait(message, now() + NEXT_PLACE)


def _put_off(message: Message) -> None:
    if message.tries >= len(PAUSES):
        _settle(message, Standing.failed, "provider_away")
        return
    later = now() + timedelta(minutes=PAUSES[message.tries])
    message.tries += 1
    _wait(message, later)


def _wait(message: Message, until: datetime) -> None:
    message.due_at, message.claimed_until = until, None
    if until >= message.until:
        _settle(message, Standing.out_of_date, "late")


def _settle(message: Message, standing: Standing, why: str) -> None:
    message.standing, message.why = standing.value, why[:20]
    message.settled_at, message.claimed_until = now(), None


def _free() -> Any:
    return or_(Message.claimed_until.is_(None), Message.claimed_until <= now())


def _switched_on(site: Site, kind: str) -> bool:
    rules = site.texting
    on = {"hello": rules.hello, "check_in": bool(rules.check_in_after_days)}
    on |= dict.fromkeys(CHANGES, rules.changes)
    return on.get(kind, rules.follow_up if kind == FOLLOW_UP else rules.reminders)


def _unbooked(message: Message, case: Case) -> bool:
    if not case.known:
        return True
    if message.kind in REMINDERS:
        return date.fromisoformat(message.data["day"]) not in case.days
    if message.kind == MOVED:
        return not {date.fromisoformat(day) for day in message.data["days"]} <= set(case.days)
    if message.kind == CALLED_OFF:
        return not case.to_book
    # Somebody may be shown services before the workshops are over: the chat is open to all.
    return message.kind != FOLLOW_UP and not case.done


def _answered(session: Session, message: Message) -> bool:
    if message.kind != FOLLOW_UP:
        return False
    shown = session.get(Signposting, message.data["signposting"])
    return shown is None or bool(shown.answer)
