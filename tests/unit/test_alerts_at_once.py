"""Alerts that many touch at once, and what must not be counted, listed or told wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.tables import Role
from core.database import transaction
from core.settings import settings
from outreach import alerts
from outreach.alerts import TakenError, take_in
from outreach.sending import work
from outreach.tables import Alert, AlertStatus
from tests.unit import alarms
from tests.unit.alarms import MINUTES, Clock, tell

pytestmark = pytest.mark.usefixtures("database", "site")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hampshire tells Ash, and after seven minutes Ren too."""
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        yield


def test_two_who_take_it_on_at_once_are_not_both_told_that_they_have_it() -> None:
    """Both have read it as open before either has written."""
    tell()
    with transaction() as late:
        seen_open = late.get_one(Alert, "a1")
        alarms.acknowledge()
        somebody = alarms.staff(late, Role.facilitator)
        with pytest.raises(TakenError):
            alerts.acknowledge(late, somebody, seen_open)


def test_two_who_close_it_at_once_do_not_overwrite_each_other() -> None:
    tell()
    alarms.acknowledge()
    with transaction() as late:
        seen_taken = late.get_one(Alert, "a1")
        alarms.close(outcome="could_not_reach")
        with pytest.raises(TakenError):
            alerts.close(late, alarms.staff(late), seen_taken, "no_risk_found")


def test_what_is_taken_on_in_the_last_moment_is_not_told_to_more_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the worker's look at what is late and its writing, somebody takes it on."""
    clock = Clock(monkeypatch)
    tell()
    clock.move(minutes=MINUTES)
    with alarms.meanwhile("UPDATE alert SET status", alarms.acknowledge):
        work()
    assert alarms.alert().status == AlertStatus.acknowledged
    assert alarms.REN["email"] not in alarms.told()


def test_what_waits_is_listed_however_much_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SHOWN", 2)
    clock = Clock(monkeypatch)
    for at, name in enumerate(("waits", "waits too", "a", "b", "c")):
        clock.move(minutes=at)
        tell(name)
    for name in ("a", "b", "c"):
        alarms.acknowledge(name)
    with transaction() as session:
        listed = [each.id for each in alerts.alerts_of(session, alarms.staff(session))]
    assert listed == ["waits", "waits too", "c", "b"]


def test_a_message_that_was_counted_is_not_counted_again() -> None:
    """The worker may die between the commit and the removal from the spool."""
    first, again = (alarms.entry(each, conversation="one chat") for each in ("a1", "a2"))
    for entry in (first, again, again):
        with transaction() as session:
            take_in(session, entry)
    assert alarms.alert().repeats == 1


def test_nor_does_it_become_an_alert_of_its_own_once_the_first_is_taken_on() -> None:
    first, again = (alarms.entry(each, conversation="one chat") for each in ("a1", "a2"))
    for entry in (first, again):
        with transaction() as session:
            take_in(session, entry)
    alarms.acknowledge()
    with transaction() as session:
        take_in(session, again)
    assert alarms.count_alerts() == 1


def test_no_alert_is_called_by_a_character_that_postgresql_refuses() -> None:
    with transaction() as session:
        assert alerts.alert_for(session, alarms.staff(session), "a\x00") is None


def test_in_production_the_demonstrations_people_are_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They may not sign in there, and their addresses are nobody's."""
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    tell()
    assert alarms.told() == [alarms.ASH["email"]]
