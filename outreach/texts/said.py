"""Which approved words a text that we begin has, and what stands in their gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.words import words
from outreach.texts.journey import CHANGES, REMINDERS

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def on_day(day: date, language: str) -> str:
    """A day as it stands in a sentence: "on Monday 30/11"."""
    return words(f"utter_on_{_WEEK[day.weekday()]}", language, {"date": f"{day:%d/%m}"}).text


def key_of(kind: str, data: Mapping[str, Any]) -> str:
    """The key of its words; ``data`` is what was kept with the plan of it."""
    if kind in REMINDERS:
        return "utter_text_reminder"
    both = kind in CHANGES and len(data["days"]) > 1
    return f"utter_text_{kind}_both" if both else f"utter_text_{kind}"


def gaps_of(kind: str, data: Mapping[str, Any], language: str) -> dict[str, str]:
    """The days and the time that its words name, if they name any."""
    if kind in REMINDERS:
        weekday = date.fromisoformat(data["day"]).weekday()
        return {"day": words(f"utter_weekday_{weekday}", language).text, "time": data["time"]}
    if kind in CHANGES:
        days = [on_day(date.fromisoformat(each), language) for each in data["days"]]
        return {"day": days[0], "second": days[-1], "time": data["time"]}
    return {}
