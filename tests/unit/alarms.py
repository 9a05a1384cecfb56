"""Alarms for the tests of alerts: as the channel raises them, at a site that names whom to tell."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.demonstration import demonstration_account
from accounts.tables import Role, Staff
from core import audit, outbox, spool
from core.audit import AuditRow
from core.database import transaction
from core.outbox import Outgoing
from core.settings import ROOT, settings
from outreach import alerts, entries
from outreach.entries import Alarm, raise_alarm
from outreach.sending import work
from outreach.tables import Alert
from sites import all_sites
from tests.unit.statements import listening

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SAID = "I can't go on, I want to die"
ASH = {"name": "Ash Fenwick", "email": "ash@hampshire.example"}
REN = {"name": "Ren Halloway", "email": "ren@hampshire.example"}
COORDINATOR = "coordinator@hampshire.example"
MINUTES = 7
TOLD = {"people": [ASH], "escalate_after_minutes": MINUTES, "escalate_to": [REN]}


class Clock:
    """The clock of everything that an alert passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = START
        for module in (entries, alerts, outbox, audit):
            monkeypatch.setattr(module, "now", lambda: self.moment)

    def move(self, **after: float) -> None:
        """So long after nine o'clock."""
        self.moment = START + timedelta(**after)


@contextmanager
def site_that_tells(
    folder: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any] | None = None
) -> Iterator[None]:
    """Hampshire names people to tell; every other site is as it is."""
    shutil.copytree(ROOT / "sites", folder)
    path = folder / "hampshire/site.yml"
    site = yaml.safe_load(path.read_text(encoding="utf-8")) | {"alerts": told or TOLD}
    path.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("CARA_SITES_DIR", str(folder))
    settings.cache_clear()
    all_sites.cache_clear()
    yield
    all_sites.cache_clear()


def alarm(alarm_id: str = "a1", **about: Any) -> Alarm:
    """Somebody in Hampshire who writes a text; each alarm is another person's unless it says so."""
    given: dict[str, Any] = {
        "site": "hampshire",
        "kind": "suicide",
        "level": "alarm",
        "why": "said",
        "audience": "participant",
        "channel": "text",
        "conversation": f"chat of {alarm_id}",
        "said": SAID,
        "reach": {"phone": "+447700900461"},
    }
    return Alarm(alarm_id, **(given | about))


def entry(alarm_id: str = "a1", **about: Any) -> dict[str, Any]:
    """The same as it lies on the spool."""
    raise_alarm(alarm(alarm_id, **about))
    kept = spool.alerts().read(alarm_id)
    assert kept is not None
    return kept


def tell(alarm_id: str = "a1", **about: Any) -> None:
    """Raise an alarm, and let the worker do a round."""
    raise_alarm(alarm(alarm_id, **about))
    work()


def alert(alarm_id: str = "a1") -> Alert:
    """The alert as the database has it."""
    with transaction() as session:
        return session.get_one(Alert, alarm_id)


def count_alerts() -> int:
    """How many alerts there are."""
    with transaction() as session:
        return len(session.scalars(select(Alert)).all())


def letters() -> list[Outgoing]:
    """Every letter, in the order of their making."""
    with transaction() as session:
        return list(session.scalars(select(Outgoing).order_by(Outgoing.made_at, Outgoing.key)))


def told() -> list[str]:
    """To whom letters were written, sorted."""
    return sorted(each.payload.get("to") or each.payload["url"] for each in letters())


def staff(session: Session, role: Role = Role.coordinator, site: str = "hampshire") -> Staff:
    """A member of staff of the demonstration, made if need be."""
    return demonstration_account(session, role, site)


def acknowledge(alarm_id: str = "a1", role: Role = Role.coordinator) -> None:
    """Somebody takes it on."""
    with transaction() as session:
        alerts.acknowledge(session, staff(session, role), session.get_one(Alert, alarm_id))


def close(alarm_id: str = "a1", outcome: str = "reached") -> None:
    """And says how it ended."""
    with transaction() as session:
        alerts.close(session, staff(session), session.get_one(Alert, alarm_id), outcome)


@contextmanager
def meanwhile(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Just before the first statement that begins so, somebody else acts."""
    begun: list[str] = []
    acted: list[str] = []

    def interrupt(said: str) -> None:
        if said.startswith(statement) and not begun:
            begun.append(said)
            act()
            acted.append(said)

    with listening(interrupt):
        yield
    assert acted, f"nothing began with {statement}, or the other failed"


def audited(act: str = "") -> list[tuple[str, str]]:
    """The acts and records of the audit, in order; all that begin with ``act``."""
    with transaction() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        return [(row.act, row.record) for row in rows if row.act.startswith(act)]
