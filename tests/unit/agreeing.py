"""People who are referred, booked, and asked what they agree to, through everybody's doors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import select

from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.session import COOKIE
from core.database import transaction
from core.web import forms
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING, RESEARCH
from outreach.texts.tables import Consent, Contact, Message, Standing
from referrals.tables import Referral
from referrals.transitions import Event, Status
from tests.unit.drafts import full_draft, give, person, submit
from tests.unit.handing_over import app
from tests.unit.test_moving import do, stands
from tests.unit.test_workshops import group

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")
TOKEN = re.compile(rf'name="{forms.FIELD}" value="([0-9a-f]+)"')
PHONE, OTHER = "07700 900461", "07700 900462"
TOLD: dict[str, Any] = {
    "mobile": PHONE,
    "phone_is_private": "private",
    "text_consent": "yes",
    "ok_hours": "evening",
}
SAID = {"language": "en", "phone": PHONE, "privacy": "private"}
YES = {BOOKING: "yes", AFTER: "yes", RESEARCH: "yes"}
Given = TypeVar("Given")


# The people, through the same doors as everybody


def with_client(
    work: Callable[[httpx.AsyncClient], Awaitable[Given]],
    role: Role = Role.coordinator,
    site: str = "hampshire",
) -> Given:
    """Do something as a signed-in member of staff."""

    async def done() -> Given:
        transport = httpx.ASGITransport(app=app())
        async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
            with transaction() as session:
                client.cookies.set(COOKIE, sign_in(session, person(session, role, site)))
            return await work(client)

    return asyncio.run(done())


def see(path: str, role: Role = Role.coordinator, site: str = "hampshire") -> httpx.Response:
    return with_client(lambda client: client.get(path), role, site)


def send(
    path: str, form: dict[str, str], role: Role = Role.coordinator, site: str = "hampshire"
) -> httpx.Response:
    """Post a form with the token that a page of ours gave."""

    async def sent(client: httpx.AsyncClient) -> httpx.Response:
        found = TOKEN.search((await client.get("/referrals")).text)
        assert found
        return await client.post(path, data={forms.FIELD: found[1], **form}, follow_redirects=True)

    return with_client(sent, role, site)


def accepted(**told: str) -> str:
    """The id of a referral that is to be booked; ``told`` is what the officer was told."""
    referral_id = full_draft()
    for name, raw in told.items():
        give(referral_id, name, raw)
    submit(referral_id)
    do(referral_id, Role.authoriser, Event.authorise)
    do(referral_id, Role.coordinator, Event.accept)
    return referral_id


def booked(days: int = 7, **told: str) -> tuple[str, str]:
    """Somebody whom the coordinator has booked into a new group; gives the two ids."""
    referral_id, group_id = accepted(**told), group(days)
    page = send(f"/referrals/{named(referral_id)}/book", {"group": group_id, "key": "once"})
    assert page.status_code == 200
    assert stands(referral_id) == Status.booked
    return group_id, referral_id


def at_venue(group_id: str, referral_id: str) -> str:
    return f"/groups/{group_id}/agree/{referral_id}"


def named(referral_id: str) -> str:
    with transaction() as session:
        return session.get_one(Referral, referral_id).reference or ""


def kept(referral_id: str) -> tuple[Contact, list[Consent]]:
    with transaction() as session:
        contact = contacts.of_case(session, referral_id)
        assert contact
        return contact, contacts.consents(session, contact)


def agreed(referral_id: str, purpose: str) -> bool:
    with transaction() as session:
        contact = contacts.of_case(session, referral_id)
        assert contact
        return contacts.agreed(session, contact, purpose)


def planned(referral_id: str) -> list[Message]:
    with transaction() as session:
        rows = select(Message).join(Contact).where(Contact.case_id == referral_id)
        waits = Message.standing == Standing.planned.value
        return list(session.scalars(rows.where(waits).order_by(Message.due_at)))
