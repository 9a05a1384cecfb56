"""Sessions as their table shows them: who, which kind, since when; nothing that opens anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.tables import StaffSession
from core.clock import LONDON


def rows(found: Iterable[StaffSession]) -> list[dict[str, str]]:
    """One row for each session."""
    return [
        {
            "handle": each.handle,
            "kind": each.kind,
            "label": each.label,
            "name": each.staff.name,
            "username": each.staff.username,
            "role": each.staff.role,
            "site": each.staff.site,
            "since": _moment(each.started_at),
            "seen": _moment(each.seen_at),
            "until": _moment(each.ends_at),
        }
        for each in found
    ]


def _moment(at: datetime) -> str:
    here = at.astimezone(LONDON)
    return f"{here:%-d %B %Y, %H:%M}"
