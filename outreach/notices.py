"""How people of a site are told of an alert: letters for the outbox, in approved words.

A notice may be seen on a locked telephone, so it says neither who, nor what was said, nor what
this service is for. The call of a webhook goes to a machine of the site and names the kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from core.clock import LONDON
from core.outbox import Letter
from core.settings import settings
from core.words import words
from outreach.entries import ASKED
from sites import Person, site_of

FIRST, AGAIN, UNREACHED = "first", "again", "unreached"
_PARTS = ("subject", "body")


def letters(alert: dict[str, Any], people: Iterable[Person], turn: str = FIRST) -> Iterator[Letter]:
    """A letter for each way to each person; its key is the same whenever it is made again."""
    for person in people:
        if person.email:
            yield Letter("email", _key(alert, turn, person.email), _mail(alert, person))
        if person.webhook:
            body = {"url": person.webhook, "body": _body(alert, turn)}
            yield Letter("webhook", _key(alert, turn, person.webhook), body)


def people_of(site: str, turn: str = FIRST) -> tuple[Person, ...]:
    """Whom the site's configuration names for a first alert, or for what has gone wrong since."""
    alerts = site_of(site).alerts
    return alerts.people if turn == FIRST else alerts.people + alerts.escalate_to


def address(alert_id: str) -> str:
    """The page on which a signed-in member of staff sees the alert."""
    return f"{settings().address}/alerts/{alert_id}"


def _key(alert: dict[str, Any], turn: str, way: str) -> str:
    return f"{alert['id']}:{turn}:{sha256(way.encode()).hexdigest()[:16]}"


def _mail(alert: dict[str, Any], person: Person) -> dict[str, str]:
    asked = "_asked" if alert["kind"] == ASKED else ""
    values = {
        "name": person.name,
        "time": f"{_here(alert['at']):%H:%M}",
        "channel": words(f"utter_notice_by_{alert['channel']}", "en").text,
        "link": address(alert["id"]),
    }
    if asked:
        values["until"] = f"{_here(alert['answer_by']):%H:%M, %d %B}"
    else:
        values["kind"] = words(f"utter_notice_{alert['kind']}", "en").text
    subject, text = (words(f"utter_notice_{part}{asked}", "en", values).text for part in _PARTS)
    return {"to": person.email, "subject": subject, "text": text}


def _here(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(LONDON)


def _body(alert: dict[str, Any], turn: str) -> dict[str, Any]:
    told = ("id", "site", "kind", "level", "audience", "channel", "at")
    return {key: alert[key] for key in told} | {
        "escalated": turn == AGAIN,
        "unreached": turn == UNREACHED,
        "address": address(alert["id"]),
    }
