"""An answer by text that did not arrive: somebody is told, for it may have been the only one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.channels import memory
from bot.channels.journal import journal
from bot.channels.texts import Inbound, speaker_texting
from bot.web.app import app
from core import outbox
from core.audit import AuditRow
from core.clock import now
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from outreach import alerts
from outreach.sending import work
from outreach.tables import Alert
from tests.unit import alarms
from tests.unit.text_standins import StandIn, carried_by, notify_error

pytestmark = pytest.mark.usefixtures("sqlite")

PHONE, OURS = "07700900461", "07700900101"
DANGER = "I want to kill myself"
FAILURES = ["temporary-failure", "permanent-failure", "technical-failure"]


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """GOV.UK Notify, which calls back with a token that this copy knows."""
    with carried_by("notify", monkeypatch) as stand_in:
        yield stand_in
        assert journal.wait(10)
        memory.forget(speaker_texting(Inbound("test", "", PHONE, OURS, "")).id)


def called(path: str, **said: str) -> None:
    """Notify calls us."""

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            headers = {"authorization": f"Bearer {settings().notify_callback_token}"}
            return await client.post(f"/texts/notify/{path}", json=said, headers=headers)

    assert asyncio.run(call()).status_code == 200


def texted(text: str = DANGER, text_id: str = "1") -> None:
    """Somebody texts, and the worker sends what answers them."""
    called("inbound", id=text_id, source_number=PHONE, destination_number=OURS, message=text)
    assert journal.wait(10)
    work()


def told(status: str, stand_in: StandIn, at: int = 0) -> None:
    """Notify knows what became of the text that it was given first."""
    called("receipt", id=stand_in.texts[at]["id"], status=status)


def alert() -> Alert:
    with transaction() as session:
        return session.scalars(select(Alert)).one()


def mails() -> int:
    with transaction() as session:
        return len(session.scalars(select(Outgoing).where(Outgoing.kind == "email")).all())


def became() -> list[str]:
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == "text"))
        return [row.became for row in rows]


@pytest.mark.parametrize("status", FAILURES)
def test_people_of_the_site_are_told_once(status: str, notify: StandIn) -> None:
    texted()
    before = mails()
    for _ in range(2):
        told(status, notify)
    assert alert().unreached_at is not None
    assert mails() == before * 2
    assert became()[0] == status.partition("-")[0]
    with transaction() as session:
        done = session.scalars(select(AuditRow.act)).all()
    assert done.count("alert.unreached") == 1


def test_one_that_arrived_is_no_trouble(notify: StandIn) -> None:
    texted()
    before = mails()
    told("delivered", notify)
    told("temporary-failure", notify)
    assert (alert().unreached_at, mails(), became()[0]) == (None, before, "delivered")


def test_a_later_one_that_arrived_ends_it(notify: StandIn) -> None:
    texted()
    told("temporary-failure", notify)
    later = len(notify.texts)
    texted("I will do it tonight", "2")
    told("delivered", notify, at=later)
    assert alert().unreached_at is None


def test_an_earlier_one_that_arrived_does_not(
    notify: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    texted()
    later = len(notify.texts)
    texted("I will do it tonight", "2")
    monkeypatch.setattr(alerts, "now", lambda: now() + timedelta(minutes=1))
    told("permanent-failure", notify, at=later)
    told("delivered", notify)
    assert alert().unreached_at is not None


def test_what_the_provider_refuses_is_told_too(notify: StandIn) -> None:
    notify.replies.append(notify_error(400, "ValidationError", "phone_number is not valid"))
    texted()
    assert alert().unreached_at is not None
    with transaction() as session:
        dead = session.scalars(select(Outgoing).where(Outgoing.status == outbox.DEAD)).one()
    assert dead.kind == "text"


def test_a_closed_alert_is_left_alone(notify: StandIn) -> None:
    texted()
    alarms.acknowledge(alert().id)
    alarms.close(alert().id)
    told("permanent-failure", notify)
    assert alert().unreached_at is None


def test_no_danger_no_alarm(notify: StandIn) -> None:
    texted("hello")
    told("permanent-failure", notify)
    with transaction() as session:
        assert session.scalars(select(Alert)).all() == []
    assert became()[0] == "permanent"


def test_what_is_nobodys_receipt_is_let_go() -> None:
    with transaction() as session:
        assert outbox.settle(session, "notify:nothing", "delivered") is None
