"""How something leaves: by a signed call, by e-mail, or fetched; and the letter that does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from core.outbox import Letter
from core.settings import settings
from sites import Site

COMMON_SECRET = "CARA_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
NO_ROUTE, PULL = "no_route", "pull"
NOBODY = "no confirmed route"


class Purpose(StrEnum):
    """What leaves, and to whom."""

    provider = "hand_over"
    withdrawal = "withdrawal"
    victim_contact = "victim_contact"
    police = "police"
    worry = "worry"


@dataclass(frozen=True)
class Way:
    """One way to one receiver; ``secret_env`` names the variable that holds its secret."""

    kind: Literal["webhook", "email", "pull"]
    address: str = ""
    secret_env: str = ""


@dataclass(frozen=True)
class Cause:
    """Why something leaves: a move of a referral. ``at`` is its moment (ISO 8601, UTC).

    It stays with the letter, so that the letter can be made again; it is never sent.
    """

    purpose: Purpose
    referral: str
    reference: str
    event: str
    event_id: int
    at: str

    def key(self, kind: str) -> str:
        """The same for the same move, purpose and way, whenever the letter is made."""
        return f"{self.purpose}:{self.referral}:{self.event_id}:{kind}"


def cause_of(payload: Mapping[str, Any]) -> Cause:
    """The cause that was kept with a letter."""
    kept = payload["cause"]
    return Cause(**(kept | {"purpose": Purpose(kept["purpose"])}))


def letter(way: Way, cause: Cause, body: Mapping[str, Any]) -> Letter:
    """The letter with ``body``; an e-mail has its lines or, for a referral, only a link."""
    payload: dict[str, Any] = {"cause": asdict(cause)}
    if way.kind == "webhook":
        payload |= {"url": way.address, "secret_env": way.secret_env, "body": dict(body)}
    elif way.kind == "email":
        payload |= {"to": way.address} | _mail(cause, body)
    else:
        payload |= {"body": dict(body)}
    return Letter(way.kind, cause.key(way.kind), payload)


def without_way(cause: Cause) -> Letter:
    """What stands in the outbox for a letter that has nowhere to go; nothing ever sends it."""
    return Letter(NO_ROUTE, cause.key(NO_ROUTE), {"cause": asdict(cause)})


def provider_ways(site: Site) -> list[Way]:
    """How a site's provider gets referrals; a call needs a secret of that site's own."""
    way = site.hand_over
    if way is None or not way.confirmed:
        return []
    found = {
        "webhook": Way("webhook", way.url, way.secret_env) if way.url and way.secret_env else None,
        "email": Way("email", way.to) if way.to else None,
        "pull": Way("pull"),
    }[way.route]
    return [found] if found else []


def victim_contact_ways(site: Site) -> list[Way]:
    """How those who speak with the person harmed are told: by each way that is given."""
    told = site.victim_contact
    if told is None or not told.confirmed:
        return []
    calls = [Way("webhook", told.webhook, COMMON_SECRET)] if told.webhook else []
    return calls + ([Way("email", told.email)] if told.email else [])


def worry_ways(site: Site, staff: Iterable[str]) -> list[Way]:
    """One e-mail to all who look when somebody is worried: of the staff, and named people."""
    named = (person.email for person in site.alerts.people if person.confirmed)
    found = sorted({address for address in (*staff, *named) if address})
    return [Way("email", ", ".join(found))] if found else []


def page_of(reference: str, folder: str = "hand-over") -> str:
    """Where somebody who is signed in reads what was handed over, or the case itself."""
    return f"{settings().address}/{folder}/{reference}"


def _mail(cause: Cause, body: Mapping[str, Any]) -> dict[str, str]:
    """The words around what is said: a referral is never in a mail, the rest is its few codes."""
    said = _words()
    if cause.purpose is Purpose.provider:
        text = said["referral"].format(link=page_of(cause.reference))
    elif cause.purpose is Purpose.worry:
        text = said["worry"].format(link=page_of(cause.reference, "referrals"))
    else:
        text = "".join(f"{said['lines'][name]}: {value}\n" for name, value in body.items())
    return {"subject": said["subject"], "text": text}


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    path = Path(__file__).with_name("mails.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
