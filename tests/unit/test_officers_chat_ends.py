"""An officer's chat over the interface ends with the officer's sign-in, whatever its token says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from accounts import changing
from accounts.staff import TOKEN, sign_in
from accounts.tables import Role, Staff, StaffSession
from bot.channels import chat
from bot.channels.journal import journal
from bot.web.app import app
from core.clock import now
from core.database import transaction
from tests.unit.by_role import HERE
from tests.unit.drafts import person

API = "/api/v1/conversations"
PATIENCE = 30
DANGER = "I want to kill myself"


def disabled(staff: Staff) -> None:
    with transaction() as session:
        changing.disable(session, session.get_one(Staff, staff.id))


def of_another_role(staff: Staff) -> None:
    with transaction() as session:
        found = session.get_one(Staff, staff.id)
        changing.change(session, found, Role.navigator, HERE)


def after_twelve_hours(staff: Staff) -> None:
    with transaction() as session:
        ended = {"ends_at": now() - timedelta(seconds=1)}
        session.execute(update(StaffSession).values(**ended))


def only_the_flag(staff: Staff) -> None:
    """The account alone is disabled, by whatever way; its session row is still there."""
    with transaction() as session:
        session.get_one(Staff, staff.id).disabled_at = now()


ENDS = (disabled, of_another_role, after_twelve_hours, only_the_flag)


class Talk:
    """One officer's conversation over the interface of this process."""

    def __init__(self) -> None:
        with transaction() as session:
            self.staff = person(session)
            held = sign_in(session, self.staff, kind=TOKEN)
        begun = self._ask("POST", "", held, {"site": HERE, "audience": "officer"})
        assert begun.status_code == 201
        self.id, self.token = begun.json()["id"], begun.json()["token"]

    def said(self, text: str) -> httpx.Response:
        return self._ask("POST", f"/{self.id}/messages", self.token, {"text": text})

    def read(self) -> httpx.Response:
        return self._ask("GET", f"/{self.id}/messages", self.token)

    def _ask(self, method: str, path: str, token: str, body: object = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
                held = {"authorization": f"Bearer {token}"}
                return await client.request(method, API + path, headers=held, json=body)

        return asyncio.run(asked())


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("ends", ENDS, ids=lambda each: each.__name__)
def test_it_says_and_shows_nothing_more(
    ends: Callable[[Staff], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "BEHIND", 0)
    talk = Talk()
    assert talk.read().json()["messages"]
    ends(talk.staff)
    assert (talk.said("hello").status_code, talk.read().status_code) == (404, 404)


@pytest.mark.usefixtures("sqlite")
def test_danger_is_answered_all_the_same() -> None:
    talk = Talk()
    disabled(talk.staff)
    answer = talk.said(DANGER)
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["kind"] == "crisis"
    journal.wait(PATIENCE)
