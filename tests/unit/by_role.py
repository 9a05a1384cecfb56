"""One record of each kind at Hampshire, people of every role at two sites, and ways to ask.

For tests made from the table of routes and the matrix of roles.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import httpx
from fastapi.routing import APIRoute
from sqlalchemy import select

from accounts.policy import matrix
from accounts.staff import TOKEN, add_staff, sign_in
from accounts.tables import Role, Staff, StaffSession
from accounts.web.declared import every_route, policies_of
from accounts.web.session import COOKIE
from bot.conversations import Conversation
from bot.learning import keeping
from bot.learning.tables import Why
from bot.web.app import app, site
from core.clock import now, today
from core.database import transaction
from core.outbox import Letter, Outgoing, post
from core.web import forms
from outreach import alerts
from referrals.moving import move
from referrals.tables import Referral
from referrals.transitions import Event
from referrals.victim import keep
from referrals.workshops import booking
from referrals.workshops.booking import NewGroup
from referrals.workshops.rules import Dates, Need
from tests.unit.directory import document, make_public
from tests.unit.drafts import draft, full_draft, person, submit

HERE, ELSEWHERE = "hampshire", "west_midlands"
NAME, VENUE, SAID, UNCLEAR = "Alex Example", "Elm Hall", "I cannot go on", "on my uppers again"
LISTING, SUPPORT = "Juniper Lane Service", "VS/4417/26"
ACTS = frozenset(matrix().acts)
# How the parts of a path are called, and which staged record each names.
PARTS = {
    "key": "reference",
    "reference": "reference",
    "referral_id": "booked",
    "part": "part",
    "event": "event",
    "purpose": "purpose",
    "form": "form",
}
# What a route does is a part of its path too: something that may be asked of any record.
DOES = {"/referrals/{key}/needs/{act}": "assess", "/directory/{listing_id}/{act}": "confirm"}
# Said in every request: whoever believes it does what its sender may not.
FORGED = {"site": HERE, "role": "coordinator", "owner": "1", "staff_id": "1", "staff": "1"}


@dataclass
class Staged:
    """What was made: records by the name of the part of a path; secrets by role and site."""

    records: dict[str, str] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def told(self) -> list[str]:
        """What nobody of another site may ever read."""
        return [
            *(NAME, VENUE, SAID, UNCLEAR, LISTING),
            *(self.records[name] for name in ("reference", "booked_reference")),
        ]


def staff_routes() -> list[APIRoute]:
    """Every route that names an act of staff."""
    return [route for route in all_routes() if policies_of(route)[0] in ACTS]


def all_routes() -> list[APIRoute]:
    """Every route of the public port."""
    return [route for route in every_route(site.routes) if isinstance(route, APIRoute)]


def act_of(route: APIRoute) -> str:
    """The act of the matrix that it names."""
    return policies_of(route)[0]


def path_of(route: APIRoute, staged: Staged) -> str:
    """Its path with the records of Hampshire in it."""

    def part(found: re.Match[str]) -> str:
        name = found[1]
        return DOES[route.path] if name == "act" else staged.records[PARTS.get(name, name)]

    return re.sub(r"{(\w+)}", part, route.path)


def method_of(route: APIRoute) -> str:
    """GET, or what changes something."""
    return sorted(route.methods or {"GET"})[0]


def stage() -> Staged:
    """Everything, in the database of this test."""
    made = Staged()
    for role in Role:
        for where in (HERE, ELSEWHERE):
            with transaction() as session:
                staff = person(session, role, where)
                made.secrets[role, where] = sign_in(session, staff)
                made.tokens[role, where] = sign_in(session, staff, kind=TOKEN)
    make_public([document(id="juniper", service_name=LISTING)])
    referral_id = full_draft()
    reference = submit(referral_id)
    with transaction() as session:
        keep(session, person(session), draft(session, referral_id), today(), SUPPORT)
    _moved(referral_id, Event.authorise, Event.accept)
    group_id = _group()
    booked = _booked(group_id)
    with transaction() as session:
        alerts.take_in(session, _alert())
        session.flush()
        letter = Letter("email", f"alert:{secrets.token_hex(4)}", {"to": "a@b.example"})
        post(session, letter, site=HERE)
    made.records = {
        "reference": reference,
        "referral": referral_id,
        "booked": booked,
        "booked_reference": _reference(booked),
        "group_id": group_id,
        "alert_id": "alert-of-hampshire",
        "message_id": _unclear(),
        "listing_id": "juniper",
        "row_id": _letter(referral_id),
        "handle": _handle(),
        "event": "safeguarding_flag",
        "part": "a",
        "purpose": "after",
        "form": "md",
    }
    return made


Ask = Callable[..., Awaitable[httpx.Response]]


def asking(every: Callable[[Ask], Awaitable[None]]) -> None:
    """Ask this process many times over one connection."""

    async def run() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://example.org", timeout=60
        ) as client:

            async def ask(
                method: str, path: str, secret: str = "", token: str = "", **form: str
            ) -> httpx.Response:
                held = secrets.token_urlsafe(32)
                cookies = f"{forms.COOKIE}={held}" + (f"; {COOKIE}={secret}" if secret else "")
                headers = {"cookie": cookies, "x-role": "coordinator", "x-site": HERE}
                if token:
                    headers["authorization"] = f"Bearer {token}"
                data = {forms.FIELD: forms.token_for(held), **FORGED, **form}
                return await client.request(
                    method,
                    path,
                    params=FORGED,
                    headers=headers,
                    data=data if method != "GET" else None,
                )

            await every(ask)

    asyncio.run(run())


def somebody_else(role: Role, where: str = HERE) -> tuple[str, str]:
    """Another person of this role; gives their id and the secret of their session."""
    with transaction() as session:
        made = add_staff(
            session,
            username=f"{role}.{secrets.token_hex(3)}",
            password=secrets.token_urlsafe(24),
            role=role,
            site=where,
            name="Toni Fairfax",
            rank="PC",
        )
        return made.id, sign_in(session, made)


def _moved(referral_id: str, *events: Event) -> None:
    for event in events:
        role = Role.authoriser if event is Event.authorise else Role.coordinator
        with transaction() as session:
            found = session.get_one(Referral, referral_id)
            move(session, person(session, role), found, event, key=event)


def _group() -> str:
    first = today() + timedelta(days=7)
    asked = NewGroup(Dates(first, first + timedelta(days=28)), 8, VENUE, "18:00", "20:00", "", "en")
    with transaction() as session:
        return booking.make_group(session, person(session, Role.coordinator), asked).id


def _booked(group_id: str) -> str:
    referral_id = full_draft()
    submit(referral_id)
    _moved(referral_id, Event.authorise, Event.accept)
    with transaction() as session:
        who, found = person(session, Role.coordinator), session.get_one(Referral, referral_id)
        group = booking.group_for(session, who, group_id)
        assert group is not None
        booking.book(session, who, found, group, Need(date.max, date.max), "b")
    return referral_id


def _reference(referral_id: str) -> str:
    with transaction() as session:
        return session.get_one(Referral, referral_id).reference or ""


def _alert() -> dict[str, object]:
    return {
        "id": "alert-of-hampshire",
        "site": HERE,
        "kind": "suicide",
        "level": "alarm",
        "why": "said",
        "audience": "participant",
        "channel": "web",
        "conversation": "nobody",
        "said": SAID,
        "reach": {},
        "at": now().isoformat(),
    }


def _unclear() -> str:
    with transaction() as session:
        somebody = Conversation(
            id="one", site=HERE, audience="participant", language="en", context={},
            started_at=now(), seen_at=now(),
        )  # fmt: skip
        kept = keeping.keep(session, somebody, UNCLEAR, Why.not_understood)
        assert kept is not None
        return kept.id


def _letter(referral_id: str) -> str:
    with transaction() as session:
        key = f"hand_over:{referral_id}:"
        row = session.scalars(select(Outgoing).where(Outgoing.key.startswith(key))).first()
        assert row is not None
        return row.id


def _handle() -> str:
    with transaction() as session:
        staff = person(session, Role.approver)
        found = select(StaffSession.handle).where(StaffSession.staff_id == staff.id)
        return session.scalars(found).first() or ""


def people(*, but: str = "") -> Iterator[tuple[Role, str]]:
    """Everybody who was staged."""
    yield from ((role, where) for role in Role for where in (HERE, ELSEWHERE) if role != but)


def staff_of(session_of: tuple[str, str]) -> Staff:
    """The member of staff of a role at a site."""
    with transaction() as session:
        return person(session, Role(session_of[0]), session_of[1])
