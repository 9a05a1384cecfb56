"""Attendance only: the one type that goes back to the police, and the only maker of its letters.

Nothing else may ask where a site's police read: what a participant says, why they missed a
workshop, and what a facilitator thinks of it has no way there (design rule 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.outbox import Letter
from referrals.handing_over.ways import Cause, Way, letter
from referrals.reference import read_reference
from referrals.transitions import Event
from sites import Site


class Happened(StrEnum):
    """All that police can hear of."""

    attended_a = "attended_a"
    attended_b = "attended_b"
    missed = "missed"
    breach = "breach"


HAPPENED = {
    Event.attend_a: Happened.attended_a,
    Event.attend_b: Happened.attended_b,
    Event.miss: Happened.missed,
    Event.report_breach: Happened.breach,
}


@dataclass(frozen=True, slots=True)
class Attendance:
    """What police see of a participant: which referral, what, and on which day (London's).

    Raises ``ValueError`` for anything that is not a reference, one of the four and a plain date,
    so that no field can carry words.
    """

    reference: str
    event: Happened
    on: date

    def __post_init__(self) -> None:
        if read_reference(self.reference) != self.reference:
            raise ValueError("no reference")
        if type(self.event) is not Happened or type(self.on) is not date:
            raise ValueError("attendance says one of four things, on a date")


def police_letters(attendance: Attendance, site: Site, cause: Cause) -> list[Letter]:
    """The letter to the site's police, or none where nobody has confirmed how they are reached.

    Raises ``TypeError`` for anything but :class:`Attendance` itself.
    """
    if type(attendance) is not Attendance:
        raise TypeError("police are told of attendance, and of nothing else")
    body = {
        "reference": attendance.reference,
        "event": attendance.event.value,
        "on": attendance.on.isoformat(),
    }
    return [letter(way, cause, body) for way in _police(site)]


def _police(site: Site) -> list[Way]:
    told = site.breach_to
    if told is None or not (told.confirmed and told.email):
        return []
    return [Way("email", told.email)]
