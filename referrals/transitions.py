"""The transition table: the only source of the referral's statuses (design D5).

Buttons, refusals, the picture and the words of the pages are made from it. A pair of status and
event that is not here is refused. The workshop's events stand here already; their screens come
with the messages after the workshops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from accounts.tables import Role


class Status(StrEnum):
    """Where a referral stands."""

    draft = "draft"
    awaiting_authority = "awaiting_authority"
    submitted = "submitted"
    information_requested = "information_requested"
    accepted = "accepted"
    booked = "booked"
    part_a_done = "part_a_done"
    rebooking = "rebooking"
    on_hold = "on_hold"
    completed = "completed"
    expired = "expired"
    not_proceeded = "not_proceeded"
    withdrawn = "withdrawn"
    returned_to_police = "returned_to_police"


class Event(StrEnum):
    """What moves it."""

    submit = "submit"
    close_not_met = "close_not_met"
    expire = "expire"
    authorise = "authorise"
    refuse = "refuse"
    return_to_officer = "return_to_officer"
    accept = "accept"
    decline = "decline"
    ask = "ask"
    answer = "answer"
    book = "book"
    attend_a = "attend_a"
    attend_b = "attend_b"
    miss = "miss"
    call_off = "call_off"
    report_breach = "report_breach"
    hold = "hold"
    release = "release"
    withdraw = "withdraw"


class IllegalMoveError(Exception):
    """A move that the table does not hold."""


@dataclass(frozen=True)
class Transition:
    """One legal move and who may make it; no role means that only the system does.

    ``target`` is None where it leads back to where the referral was held. With ``reasons`` one of
    them has to be given, and words beside the reason "other"; ``asks_words`` wants words always.
    """

    source: Status
    event: Event
    target: Status | None
    roles: tuple[Role, ...]
    reasons: tuple[str, ...] = ()
    asks_words: bool = False


TERMINAL = frozenset(
    {
        Status.completed,
        Status.expired,
        Status.not_proceeded,
        Status.withdrawn,
        Status.returned_to_police,
    }
)
OPEN = tuple(status for status in Status if status not in TERMINAL)
BEFORE_AUTHORITY = frozenset({Status.draft, Status.awaiting_authority})

_OFFICER = (Role.officer,)
_SERGEANT = (Role.authoriser,)
_PROVIDER = (Role.coordinator, Role.navigator)
_COORDINATOR = (Role.coordinator,)
_WORKSHOP = (Role.coordinator, Role.facilitator)

REFUSALS = ("criteria", "evidence", "victim_safety", "other")
DECLINES = ("capacity", "not_suitable", "wrong_area", "time_limit", "other")
HOLDS = ("health", "work", "risk_change", "other")
MISSES = ("no_show", "late", "unfit", "other")
# A booking is called off for a whole group, or for one person; it never counts as missed.
GROUP_CALL_OFFS = ("no_facilitator", "no_venue", "too_few", "other")
CALL_OFFS = ("told_beforehand", "other")
BREACHES = ("missed", "left", "behaviour", "no_contact")
WITHDRAWALS = (
    "mistake",
    "duplicate",
    "moved",
    "died",
    "needs_met",
    "charged",
    "prosecuted",
    "consent_withdrawn",
    "new_risk",
    "other",
)


def _rows() -> Iterator[Transition]:
    draft, waiting = Status.draft, Status.awaiting_authority
    yield Transition(draft, Event.submit, waiting, _OFFICER)
    yield Transition(draft, Event.close_not_met, Status.not_proceeded, _OFFICER)
    yield Transition(draft, Event.expire, Status.expired, ())
    yield Transition(waiting, Event.authorise, Status.submitted, _SERGEANT)
    yield Transition(waiting, Event.refuse, Status.not_proceeded, _SERGEANT, REFUSALS)
    yield Transition(waiting, Event.return_to_officer, draft, _SERGEANT, asks_words=True)
    yield Transition(Status.submitted, Event.accept, Status.accepted, _PROVIDER)
    yield Transition(Status.submitted, Event.decline, Status.not_proceeded, _PROVIDER, DECLINES)
    asked = Status.information_requested
    yield Transition(Status.submitted, Event.ask, asked, _PROVIDER, asks_words=True)
    yield Transition(asked, Event.answer, Status.submitted, _OFFICER, asks_words=True)
    for source in (Status.accepted, Status.rebooking):
        yield Transition(source, Event.book, Status.booked, _COORDINATOR)
    yield Transition(Status.booked, Event.attend_a, Status.part_a_done, _WORKSHOP)
    yield Transition(Status.part_a_done, Event.attend_b, Status.completed, _WORKSHOP)
    for source in (Status.booked, Status.part_a_done):
        yield Transition(source, Event.miss, Status.rebooking, _WORKSHOP, MISSES)
    called_off = tuple(dict.fromkeys((*GROUP_CALL_OFFS, *CALL_OFFS)))
    yield Transition(Status.booked, Event.call_off, Status.rebooking, _COORDINATOR, called_off)
    for source in (Status.rebooking, Status.booked):
        police = Status.returned_to_police
        yield Transition(
            source, Event.report_breach, police, _COORDINATOR, BREACHES, asks_words=True
        )
    for source in (Status.submitted, Status.accepted, Status.booked, Status.rebooking):
        yield Transition(source, Event.hold, Status.on_hold, _COORDINATOR, HOLDS)
    yield Transition(Status.on_hold, Event.release, None, _COORDINATOR)
    for source in OPEN:
        roles = _OFFICER if source is draft else (*_OFFICER, *_COORDINATOR)
        yield Transition(source, Event.withdraw, Status.withdrawn, roles, WITHDRAWALS)


TABLE = tuple(_rows())
_BY_PAIR = {(row.source, row.event): row for row in TABLE}


def transition(status: Status, event: Event) -> Transition:
    """The row of this move; raises :class:`IllegalMoveError` where there is none."""
    try:
        return _BY_PAIR[status, event]
    except KeyError:
        raise IllegalMoveError(f"{event} is not possible from {status}") from None


def next_status(status: Status, event: Event, resume_to: Status | None = None) -> Status:
    """Where ``event`` leads; raises :class:`IllegalMoveError`.

    ``resume_to`` is where the referral stood when it was held: a release leads back there.
    """
    target = transition(status, event).target or resume_to
    if target is None:
        raise IllegalMoveError(f"{event} leads nowhere: nothing was held")
    return target


def open_to(status: Status, role: Role) -> list[Transition]:
    """The moves that a person of this role may make from here."""
    return [row for row in TABLE if row.source is status and role in row.roles]
