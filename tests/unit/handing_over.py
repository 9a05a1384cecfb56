"""For the tests of the hand-over: a site with confirmed routes, and referrals that move."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from starlette.types import ASGIApp

from accounts.tables import Role
from bot.web.app import application
from core import outbox
from core.database import transaction
from core.outbox import Outgoing
from core.settings import ROOT, settings
from core.web.security import Secured
from referrals.handing_over import fetching, waiting
from referrals.handing_over.ways import cause_of, without_way
from referrals.moving import move
from referrals.tables import Referral, ReferralEvent
from referrals.transitions import Event, Status, transition
from sites import all_sites
from tests.unit import drafts

__all__ = ["cause_of", "fetching", "outbox", "waiting", "without_way"]

SECRET_ENV = "CARA_HAND_OVER_HAMPSHIRE"
SECRET = "a secret between Hampshire and its provider"
PROVIDER = "http://127.0.0.1:9/referrals"
POLICE = "dispositions@hampshire-police.example"
CONTACT = "contact@victims.example"
WEBHOOK = {"route": "webhook", "url": PROVIDER, "secret_env": SECRET_ENV, "confirmed": True}
EMAIL = {"route": "email", "to": "intake@provider.example", "confirmed": True}
PULL = {"route": "pull", "confirmed": True}
CONFIRMED: dict[str, Any] = {
    "hand_over": WEBHOOK,
    "victim_contact": {"name": "Victim contact", "email": CONTACT, "confirmed": True},
    "breach_to": {"name": "Disposal team", "email": POLICE, "confirmed": True},
}
NAME, BORN = drafts.FIELDS["full_name"], "1991-09-14"
# Who does what from the authoriser to the last workshop.
JOURNEY = (
    (Role.authoriser, Event.authorise),
    (Role.coordinator, Event.accept),
    (Role.coordinator, Event.book),
    (Role.facilitator, Event.attend_a),
    (Role.facilitator, Event.attend_b),
)
WHO = {event: role for role, event in JOURNEY} | {
    Event.miss: Role.facilitator,
    Event.call_off: Role.coordinator,
    Event.report_breach: Role.coordinator,
    Event.withdraw: Role.coordinator,
}


def set_site(folder: Path, **about: Any) -> None:
    """Change what Hampshire's ``site.yml`` says; None takes it away."""
    path = folder / "hampshire/site.yml"
    site = yaml.safe_load(path.read_text(encoding="utf-8")) | about
    kept = {name: value for name, value in site.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    all_sites.cache_clear()


@contextmanager
def site_with_routes(folder: Path, monkeypatch: pytest.MonkeyPatch, **about: Any) -> Iterator[Path]:
    """Hampshire knows how everybody is reached; ``about`` changes that. Gives the sites' folder."""
    shutil.copytree(ROOT / "sites", folder)
    monkeypatch.setenv("CARA_SITES_DIR", str(folder))
    settings.cache_clear()
    set_site(folder, **(CONFIRMED | about))
    yield folder
    all_sites.cache_clear()


def sent(**changed: str) -> str:
    """The id of a referral that its officer has sent; ``changed`` are fields."""
    referral_id = drafts.full_draft()
    for name, raw in changed.items():
        drafts.give(referral_id, name, raw)
    drafts.submit(referral_id, "sent")
    return referral_id


def do(referral_id: str, event: Event, key: str = "") -> int:
    """One move, and what is told of it; gives the number of the event."""
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        row = transition(Status(referral.status), event)
        said = {"reason": row.reasons[0]} if row.reasons else {}
        words = "He shouted that he would find her" if row.asks_words or row.reasons else ""
        made = move(
            session,
            drafts.person(session, WHO[event]),
            referral,
            event,
            key=key or f"{event}",
            said=words,
            **said,
        )
        return made.id


def through(*events: Event) -> str:
    """The id of a referral that was sent and then went through ``events``."""
    referral_id = sent()
    for at, event in enumerate(events):
        do(referral_id, event, f"{at} {event}")
    return referral_id


def authorised() -> str:
    """The id of a referral that a sergeant has authorised."""
    return through(Event.authorise)


def reference(referral_id: str) -> str:
    """What it is called over a telephone."""
    with transaction() as session:
        found = session.get_one(Referral, referral_id).reference
    assert found is not None
    return found


def letters(prefix: str = "") -> list[Outgoing]:
    """What stands in the outbox under keys that begin so, in the order of its making."""
    with transaction() as session:
        found = session.scalars(select(Outgoing).order_by(Outgoing.made_at, Outgoing.key)).all()
    return [each for each in found if each.key.startswith(prefix)]


def events_of(referral_id: str) -> list[ReferralEvent]:
    """Its history."""
    with transaction() as session:
        made = select(ReferralEvent).where(ReferralEvent.referral_id == referral_id)
        return list(session.scalars(made.order_by(ReferralEvent.id)))


@lru_cache(maxsize=1)
def app() -> ASGIApp:
    """The application, with the routes of the hand-over."""
    return Secured(application())
