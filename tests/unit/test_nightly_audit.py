"""Each night the worker looks whether the audit holds; operators hear where it does not."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from accounts.demonstration import demonstration_account
from accounts.staff import add_staff
from accounts.tables import Role
from cli import auditing
from core import verifying
from core.audit import AuditRow
from core.clock import LONDON
from core.database import engine, transaction
from core.outbox import Outgoing
from core.verifying import remembered

pytestmark = pytest.mark.usefixtures("database")
EVENING = datetime(2026, 11, 27, 22, 0, tzinfo=LONDON)


def at(moment: datetime, patch: pytest.MonkeyPatch) -> None:
    """The clock of the nightly look stands here."""
    for module in (auditing, verifying):
        patch.setattr(module, "now", lambda: moment)


def looks() -> list[bool]:
    """Of each look that was made, whether it found the audit sound."""
    with transaction() as session:
        rows = sa.select(AuditRow).where(AuditRow.act == "audit.verify").order_by(AuditRow.id)
        return [not row.refused for row in session.scalars(rows)]


def letters() -> list[Outgoing]:
    """What waits to go to operators."""
    with transaction() as session:
        found = sa.select(Outgoing).where(Outgoing.key.startswith("audit:"))
        return list(session.scalars(found))


def break_it() -> None:
    """Somebody who owns the tables changes a row."""
    sqlite = engine().dialect.name == "sqlite"
    off = "DROP TRIGGER audit_no_update" if sqlite else "ALTER TABLE audit DISABLE TRIGGER USER"
    with engine().begin() as connection:
        connection.execute(sa.text(off))
        connection.execute(sa.text("UPDATE audit SET act = 'referral.view' WHERE id = 1"))


def an_operator() -> str:
    """With an e-mail address; gives it."""
    with transaction() as session:
        staff = add_staff(
            session,
            username="night.operator",
            password="four words nobody guesses 2026",
            role=Role.operator,
            site="hampshire",
            name="Robin Night",
            email="robin.night@example.com",
        )
        demonstration_account(session, Role.operator, "hampshire").email = ""
        return staff.email


def test_the_first_look_is_at_once_and_then_there_is_one_a_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for hours, expected in ((0, 1), (1, 1), (4, 1), (5, 2), (6, 2), (28, 2), (29, 3)):
        at(EVENING + timedelta(hours=hours), monkeypatch)
        auditing.nightly()
        assert looks() == [True] * expected, f"{hours} hours later"
    assert letters() == []


def test_operators_hear_once_of_what_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = an_operator()
    at(EVENING, monkeypatch)
    auditing.nightly()
    sound = remembered().sound
    break_it()
    for night in (1, 2):
        at(EVENING + timedelta(days=night, hours=6), monkeypatch)
        with caplog.at_level(logging.CRITICAL):
            auditing.nightly()
    assert looks() == [True, False, False]
    assert remembered().sound == sound, "what was sound once stays what is looked for"
    [letter] = letters()
    assert letter.payload["to"] == address
    assert "Row 1: it is not what was written" in letter.payload["text"]
    assert [each.levelname for each in caplog.records] == ["CRITICAL"] * 2


def test_a_database_that_is_away_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, OSError())

    monkeypatch.setattr(auditing, "verify", away)
    auditing.nightly()
    assert remembered().looked_at is None
