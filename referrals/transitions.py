"""The transition table: the only source of the referral's statuses (design D5).

It holds what is built; the authoriser's and the provider's moves come with the referral issue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.tables import Role


class Status(StrEnum):
    """Where a referral stands."""

    draft = "draft"
    awaiting_authority = "awaiting_authority"
    not_proceeded = "not_proceeded"
    withdrawn = "withdrawn"


class Event(StrEnum):
    """What moves it."""

    submit = "submit"
    close_not_met = "close_not_met"
    withdraw = "withdraw"


@dataclass(frozen=True)
class Transition:
    """One legal move, who may make it, and how it reads on a button."""

    source: Status
    event: Event
    target: Status
    roles: tuple[Role, ...]
    words: str


TABLE = (
    Transition(
        Status.draft,
        Event.submit,
        Status.awaiting_authority,
        (Role.officer,),
        "Confirm and send to the authoriser",
    ),
    Transition(
        Status.draft,
        Event.close_not_met,
        Status.not_proceeded,
        (Role.officer,),
        "Close it: it does not meet the criteria",
    ),
    Transition(
        Status.awaiting_authority,
        Event.withdraw,
        Status.withdrawn,
        (Role.officer,),
        "Withdraw it",
    ),
)


class IllegalMoveError(Exception):
    """A move that the table does not hold."""


def next_status(status: Status, event: Event) -> Status:
    """Where ``event`` leads from ``status``; raises :class:`IllegalMoveError`."""
    for row in TABLE:
        if (row.source, row.event) == (status, event):
            return row.target
    raise IllegalMoveError(f"{event} is not possible from {status}")
