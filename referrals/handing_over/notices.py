"""The coded notice to those who speak with the person harmed: which referral, what, when."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core.outbox import Letter
from referrals.handing_over.ways import Cause, letter, victim_contact_ways
from referrals.transitions import Event
from sites import Site

CODES = {
    Event.accept: "accepted",
    Event.withdraw: "withdrawn",
    Event.report_breach: "breach",
    Event.attend_b: "completed",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """All that a notice says; ``at`` is a moment (ISO 8601, UTC). Who it is about is known there.

    The person harmed is told by the people whose task it is, never by this system.
    """

    reference: str
    event: str
    at: str


def victim_contact_letters(notice: Notice, site: Site, cause: Cause) -> list[Letter]:
    """A letter by each way to the site's victim contact, or none where none is confirmed."""
    return [letter(way, cause, asdict(notice)) for way in victim_contact_ways(site)]
