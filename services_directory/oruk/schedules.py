"""Opening hours as ORUK schedules: only what is known, in local time.

``timezone`` is a number in HSDS 3.0 (openreferral/specification#265) and so is wrong for half the
year here: times are plain HH:MM by the clocks of London, and the description says so. There is no
field for 24 hours: the convention is 00:00 to 23:59. A closing time at or before the opening time
is on the next day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from services_directory.hours import DAY, WHOLE_DAY, DayHours, Hours, Spans, by_weekday
from services_directory.hours_text import read_hours
from services_directory.oruk.taxonomy import Entity

BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LOCAL = "Europe/London local time."
_BANK_HOLIDAYS = {
    "closed": "Closed on bank holidays.",
    "same": "The same on bank holidays.",
    "special": "Other hours on bank holidays",
    "unknown": "Hours on bank holidays are not known.",
}


def schedules_of(text: str, link: dict[str, str]) -> list[Entity]:
    """The rows for a text of opening hours, none where it is not understood.

    ``link`` names what they belong to: ``service_id``, and ``service_at_location_id`` where the
    service has other hours elsewhere. The ids follow from it and from the row.
    """
    hours = read_hours(text)
    root = UUID(next(reversed(link.values())))
    return [
        {"id": str(uuid5(root, f"schedule {sorted(row.items())}")), **link, **row}
        for row in _rows(hours)
    ]


def _rows(hours: Hours) -> Iterator[dict[str, Any]]:
    if hours.kind == "unknown":
        return
    about = _description(hours)
    found = False
    for rule, spans in _recurring(hours):
        for opens, closes in spans:
            found = True
            yield {**rule, **_times(opens, closes), "description": about}
    for exception in hours.exceptions:
        for opens, closes in exception.spans:
            found = True
            yield {**_dated(exception.date), **_times(opens, closes), "description": about}
    if not found:
        yield {"description": about}


def _recurring(hours: Hours) -> Iterator[tuple[dict[str, str], Spans]]:
    days = (WHOLE_DAY,) * len(BYDAY) if hours.kind == "always" else by_weekday(hours.week)
    for span in sorted({span for day in days for span in day}):
        on = ",".join(name for name, day in zip(BYDAY, days, strict=True) if span in day)
        yield {"freq": "WEEKLY", "byday": on}, (span,)
    for monthly in hours.monthly:
        on = f"{monthly.nth}{BYDAY[monthly.weekday]}"
        yield {"freq": "MONTHLY", "byday": on}, monthly.spans


def _dated(day: date) -> dict[str, str]:
    """A rule that falls on one day only."""
    on = day.isoformat()
    limits = {"valid_from": on, "valid_to": on, "dtstart": on}
    return {"freq": "WEEKLY", "byday": BYDAY[day.weekday()], **limits}


def _times(opens: int, closes: int) -> dict[str, str]:
    if (opens, closes) == (0, DAY):
        return {"opens_at": "00:00", "closes_at": "23:59"}
    return {"opens_at": _clock(opens), "closes_at": _clock(closes)}


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _description(hours: Hours) -> str:
    said = [LOCAL]
    if hours.kind == "appointment":
        said.append("By appointment.")
    if hours.kind == "weekly":
        special = _spans(hours.holiday_spans) if hours.bank_holidays == "special" else ""
        said.append(_BANK_HOLIDAYS[hours.bank_holidays] + special)
    said += [_exception(each) for each in hours.exceptions]
    return " ".join(said)


def _exception(exception: DayHours) -> str:
    on = exception.date.isoformat()
    if not exception.spans:
        return f"Closed on {on}."
    return f"On {on} not the usual hours{_spans(exception.spans)}"


def _spans(spans: Spans) -> str:
    listed = ", ".join(f"{_clock(opens)} to {_clock(closes)}" for opens, closes in spans)
    return f": {listed}."
