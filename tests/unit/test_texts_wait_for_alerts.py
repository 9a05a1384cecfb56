"""While somebody may be in danger nothing that we begin goes, as the page of alerts says."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import LONDON, now
from core.database import transaction
from outreach.entries import ASKED
from outreach.tables import Alert, AlertStatus
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, Asked, Reach, chat_of
from outreach.texts.delivery import Case, send_due
from outreach.texts.journey import HELLO, Planned, plan
from outreach.texts.tables import Message
from tests.unit.text_clock import MovedClock, Postbox

pytestmark = pytest.mark.usefixtures("sqlite")

PHONE, OTHER = "+447700900461", "+447700900462"
NOON = datetime.combine(date(2026, 12, 4), time(12), LONDON)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    return MovedClock(monkeypatch, NOON)


def finished(_session: Session, _case_id: str) -> Case:
    return Case(known=True, done=True)


def greeted_at_noon() -> None:
    yes = Asked(AFTER, agreed=True, words="May we?", language="en", asked_by="staff-1")
    with transaction() as session:
        reach = Reach("hampshire", "case-1", PHONE, "private", "en")
        contact = contacts.keep(session, reach, [yes], key="1")
        plan(session, contact, [Planned(HELLO, "1", NOON, NOON + timedelta(days=3))])


def alert(kind: str = "suicide", phone: str = PHONE) -> str:
    told = dict.fromkeys(("level", "why", "audience", "channel"), "text")
    moments = dict.fromkeys(("raised_at", "said_last", "escalate_at"), now())
    with transaction() as session:
        made = Alert(
            id=str(uuid.uuid4()),
            site="hampshire",
            kind=kind,
            conversation=chat_of("hampshire", phone),
            said="",
            reach={},
            status=AlertStatus.acknowledged,
            **told,
            **moments,
        )
        session.add(made)
        return made.id


def close(alert_id: str) -> None:
    with transaction() as session:
        session.get_one(Alert, alert_id).status = AlertStatus.closed


def test_a_text_waits_until_the_alert_is_closed_and_then_goes(clock: MovedClock) -> None:
    greeted_at_noon()
    alert_id, post = alert(), Postbox()
    for _ in range(3):
        assert send_due(post, finished) == 0
        clock.moment += timedelta(hours=1)
    close(alert_id)
    assert send_due(post, finished) == 1


def test_it_goes_no_more_where_its_time_passes_meanwhile(clock: MovedClock) -> None:
    greeted_at_noon()
    alert_id, post = alert(), Postbox()
    while clock.moment < NOON + timedelta(days=3):
        send_due(post, finished)
        clock.moment += timedelta(hours=1)
    close(alert_id)
    send_due(post, finished)
    with transaction() as session:
        message = session.scalars(select(Message)).one()
        assert (message.standing, message.why, post.arrived) == ("out_of_date", "late", [])


@pytest.mark.parametrize(("kind", "phone"), [(ASKED, PHONE), ("suicide", OTHER)])
def test_a_wish_for_a_person_and_an_alert_about_another_hold_nothing_back(
    kind: str, phone: str, clock: MovedClock
) -> None:
    greeted_at_noon()
    alert(kind, phone)
    assert send_due(Postbox(), finished) == 1
