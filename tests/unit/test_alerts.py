"""Alerts: one a person in danger, taken by one of us, told to more where nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from accounts.tables import Role
from core.audit import AuditRow
from core.database import transaction
from core.outbox import SENT
from core.spool import alerts as alert_spool
from outreach import alerts
from outreach.alerts import OUTCOMES, READ_WORDS, SEE, TakenError, paused, take_in
from outreach.entries import raise_alarm
from outreach.sending import work
from outreach.tables import Alert, AlertStatus
from tests.unit import alarms
from tests.unit.alarms import ASH, COORDINATOR, MINUTES, REN, SAID, Clock, tell

SEEING = sorted(SEE)
NOT_SEEING = sorted(set(Role) - SEE)
FIRST = [ASH["email"], COORDINATOR]
MORE = sorted([ASH["email"], COORDINATOR, REN["email"]])

pytestmark = pytest.mark.usefixtures("database", "site")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hampshire tells Ash, and after seven minutes Ren too."""
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def listed(role: Role = Role.coordinator, site: str = "hampshire") -> list[str]:
    with transaction() as session:
        return [each.id for each in alerts.alerts_of(session, alarms.staff(session, role, site))]


def seen(
    alarm_id: str = "a1", role: Role = Role.coordinator, site: str = "hampshire"
) -> Alert | None:
    with transaction() as session:
        return alerts.alert_for(session, alarms.staff(session, role, site), alarm_id)


def waiting(role: Role = Role.coordinator, site: str = "hampshire") -> int:
    with transaction() as session:
        return alerts.waiting_count(session, alarms.staff(session, role, site))


# Taking in


def test_an_alarm_becomes_an_alert_with_all_that_is_known(clock: Clock) -> None:
    tell(channel="web", audience="officer", reach={}, why="answered_yes", kind="self_harm")
    found = alarms.alert()
    assert (found.site, found.kind, found.level, found.why) == (
        "hampshire",
        "self_harm",
        "alarm",
        "answered_yes",
    )
    assert (found.audience, found.channel, found.reach) == ("officer", "web", {})
    assert (found.said, found.conversation) == (SAID, "chat of a1")
    assert (found.status, found.raised_at, found.repeats) == (AlertStatus.open, clock.moment, 0)
    assert alert_spool().waiting() == []


def test_the_database_never_sees_the_words_nor_the_number() -> None:
    tell()
    with transaction() as session:
        said, reach = session.execute(text("SELECT said, reach FROM alert")).one()
    assert SAID.encode() not in bytes(said)
    assert b"to die" not in bytes(said)
    assert b"7700900461" not in bytes(reach)


def test_the_people_of_the_site_and_its_coordinators_are_told() -> None:
    tell()
    assert alarms.told() == FIRST
    assert {each.status for each in alarms.letters()} == {SENT}


def test_only_the_people_of_that_site_are_told() -> None:
    tell(site="north_yorkshire")
    assert alarms.told() == ["coordinator@north-yorkshire.example"]


def test_a_coordinator_who_has_left_is_not_told(clock: Clock) -> None:
    with transaction() as session:
        alarms.staff(session).disabled_at = clock.moment
    tell()
    assert alarms.told() == [ASH["email"]]


def test_somebody_named_twice_gets_one_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"people": [ASH, {"name": "Jo Winterbourne", "email": COORDINATOR}]}
    with alarms.site_that_tells(tmp_path / "again", monkeypatch, both):
        tell()
    assert alarms.told() == FIRST


def test_an_entry_taken_in_twice_is_one_alert_and_no_second_letter() -> None:
    entry = alarms.entry()
    for _ in range(2):
        with transaction() as session:
            take_in(session, entry)
    work()
    work()
    assert alarms.count_alerts() == 1
    assert alarms.alert().repeats == 0
    assert alarms.told() == FIRST
    assert alarms.audited("alert.") == [("alert.raise", "alert:a1")]


def test_an_alert_and_its_letters_come_together_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = alarms.entry()

    def broken(*_about: object) -> None:
        raise RuntimeError("the letters fail")

    monkeypatch.setattr(alerts, "letters", broken)
    with pytest.raises(RuntimeError), transaction() as session:
        take_in(session, entry)
    assert alarms.count_alerts() == 0
    assert alarms.audited("alert.") == []


# The same person again


def test_ten_messages_of_one_person_are_one_alert_and_one_letter_each(clock: Clock) -> None:
    for at in range(10):
        clock.move(minutes=at / 10)
        tell(f"a{at}", conversation="one chat")
    assert alarms.count_alerts() == 1
    assert alarms.told() == FIRST
    found = alarms.alert("a0")
    assert (found.repeats, found.said_last) == (9, clock.moment)
    assert alarms.audited("alert.again") == [("alert.again", "alert:a0")] * 9


def test_what_is_said_again_does_not_put_off_the_escalation(clock: Clock) -> None:
    tell("a1", conversation="one chat")
    before = alarms.alert().escalate_at
    clock.move(minutes=5)
    tell("a2", conversation="one chat")
    assert alarms.alert().escalate_at == before


def test_after_more_people_were_told_it_is_still_the_same_alert(clock: Clock) -> None:
    tell("a1", conversation="one chat")
    clock.move(minutes=MINUTES)
    work()
    tell("a2", conversation="one chat")
    assert alarms.count_alerts() == 1
    assert alarms.alert().repeats == 1


@pytest.mark.parametrize("ended", [False, True])
def test_once_somebody_has_taken_it_on_it_is_a_new_alert(ended: bool) -> None:
    tell("a1", conversation="one chat")
    alarms.acknowledge()
    if ended:
        alarms.close()
    tell("a2", conversation="one chat")
    assert alarms.alert("a2").status == AlertStatus.open
    assert alarms.told() == sorted(FIRST * 2)


def test_another_danger_of_the_same_person_is_another_alert() -> None:
    tell("a1", conversation="one chat")
    tell("a2", conversation="one chat", kind="child_at_risk")
    assert alarms.count_alerts() == 2
    assert alarms.told() == sorted(FIRST * 2)


def test_the_same_danger_of_another_person_is_another_alert() -> None:
    tell("a1")
    tell("a2")
    assert alarms.count_alerts() == 2


# Nobody takes it on


def test_more_people_are_told_exactly_at_the_minute_that_the_site_set(clock: Clock) -> None:
    tell()
    clock.move(minutes=MINUTES, microseconds=-1)
    work()
    assert alarms.alert().status == AlertStatus.open
    assert alarms.told() == FIRST
    clock.move(minutes=MINUTES)
    work()
    found = alarms.alert()
    assert (found.status, found.escalated_at) == (AlertStatus.escalated, clock.moment)
    assert alarms.told() == sorted(FIRST + MORE)
    assert ("alert.escalate", "alert:a1") in alarms.audited()


def test_more_people_are_told_once(clock: Clock) -> None:
    tell()
    for minutes in (MINUTES, MINUTES + 1, MINUTES * 10):
        clock.move(minutes=minutes)
        work()
    assert alarms.told() == sorted(FIRST + MORE)
    assert len(alarms.audited("alert.escalate")) == 1


def test_the_clock_runs_from_when_it_was_said_not_from_when_the_database_came_back(
    clock: Clock,
) -> None:
    raise_alarm(alarms.alarm())
    clock.move(minutes=MINUTES + 3)
    work()
    assert alarms.alert().status == AlertStatus.escalated
    assert alarms.told() == sorted(FIRST + MORE)


@pytest.mark.parametrize("ended", [False, True])
def test_what_somebody_took_on_is_told_to_nobody_else(clock: Clock, ended: bool) -> None:
    tell()
    alarms.acknowledge()
    if ended:
        alarms.close()
    clock.move(hours=5)
    work()
    assert alarms.told() == FIRST


def test_a_site_that_sets_no_time_has_ten_minutes(clock: Clock) -> None:
    tell(site="west_midlands")
    clock.move(minutes=10, microseconds=-1)
    work()
    assert alarms.alert().status == AlertStatus.open
    clock.move(minutes=10)
    work()
    assert alarms.told() == ["coordinator@west-midlands.example"] * 2


# Who sees it


@pytest.mark.parametrize("role", SEEING)
def test_those_who_look_after_participants_see_the_alerts_of_their_site(role: Role) -> None:
    tell("ours")
    tell("theirs", site="north_yorkshire")
    assert listed(role) == ["ours"]
    assert seen("ours", role) is not None
    assert waiting(role) == 1
    assert seen("theirs", role) is None


@pytest.mark.parametrize("role", NOT_SEEING)
def test_nobody_else_sees_any(role: Role) -> None:
    tell()
    assert listed(role) == []
    assert seen("a1", role) is None
    assert waiting(role) == 0
    # What was not shown was not read.
    assert alarms.audited("alert.") == [("alert.raise", "alert:a1")]


def test_only_the_coordinator_and_the_administrator_read_the_words() -> None:
    assert {Role.coordinator, Role.site_admin} == READ_WORDS


def test_what_waits_comes_first_and_of_that_the_oldest(clock: Clock) -> None:
    for at, name in enumerate(("done old", "open old", "taken", "escalated", "done", "open")):
        clock.move(minutes=at)
        raise_alarm(alarms.alarm(name))
    clock.move(minutes=1 + MINUTES, seconds=-1)
    work()
    for name in ("done old", "taken", "done"):
        with transaction() as session:
            alerts.acknowledge(session, alarms.staff(session), session.get_one(Alert, name))
    for name in ("done old", "done"):
        alarms.close(name)
    clock.move(minutes=3 + MINUTES)
    work()
    assert listed() == ["open old", "escalated", "open", "done", "taken", "done old"]
    assert waiting() == 3


def test_every_read_is_in_the_audit_with_who_read() -> None:
    tell()
    listed(Role.facilitator)
    seen("a1", Role.site_admin)
    assert alarms.audited("alert.")[1:] == [("alert.list", "alert:*"), ("alert.read", "alert:a1")]
    with transaction() as session:
        admin = alarms.staff(session, Role.site_admin)
        row = session.scalars(select(AuditRow).where(AuditRow.act == "alert.read")).one()
        assert (row.actor_kind, row.actor_id, row.site) == ("staff", admin.id, "hampshire")


def test_there_is_no_alert_of_another_name() -> None:
    tell()
    assert seen("nothing of that name") is None


# Who takes it on


def test_one_person_takes_it_on_and_the_next_is_told(clock: Clock) -> None:
    tell()
    clock.move(minutes=1)
    alarms.acknowledge()
    with pytest.raises(TakenError):
        alarms.acknowledge(role=Role.facilitator)
    found = alarms.alert()
    with transaction() as session:
        assert found.acknowledged_by == alarms.staff(session).id
    assert (found.status, found.acknowledged_at) == (AlertStatus.acknowledged, clock.moment)
    assert alarms.audited("alert.acknowledge") == [("alert.acknowledge", "alert:a1")]


def test_one_that_was_told_to_more_people_can_be_taken_on(clock: Clock) -> None:
    tell()
    clock.move(minutes=MINUTES)
    work()
    alarms.acknowledge()
    assert alarms.alert().status == AlertStatus.acknowledged
    assert waiting() == 0


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_it_is_closed_with_how_it_ended(outcome: str, clock: Clock) -> None:
    tell()
    alarms.acknowledge()
    clock.move(hours=1)
    alarms.close(outcome=outcome)
    found = alarms.alert()
    assert (found.status, found.closed_as, found.closed_at) == (
        AlertStatus.closed,
        outcome,
        clock.moment,
    )
    with pytest.raises(TakenError):
        alarms.close(outcome=outcome)
    with pytest.raises(TakenError):
        alarms.acknowledge()


def test_nobody_closes_what_nobody_has_taken_on() -> None:
    tell()
    with pytest.raises(TakenError):
        alarms.close()


@pytest.mark.parametrize("outcome", ["", "open", "Reached", "reached "])
def test_an_outcome_that_is_none_closes_nothing(outcome: str) -> None:
    tell()
    alarms.acknowledge()
    with pytest.raises(ValueError, match=outcome or "^$"):
        alarms.close(outcome=outcome)
    assert alarms.alert().status == AlertStatus.acknowledged


def test_messages_that_we_begin_wait_until_it_is_closed(clock: Clock) -> None:
    def held_back(chat: str = "one chat") -> bool:
        with transaction() as session:
            return paused(session, chat)

    assert not held_back()
    tell("a1", conversation="one chat")
    assert held_back()
    assert not held_back("another chat")
    clock.move(minutes=MINUTES)
    work()
    assert held_back()
    alarms.acknowledge()
    assert held_back()
    tell("a2", conversation="one chat")
    alarms.close()
    assert held_back()
    alarms.acknowledge("a2")
    alarms.close("a2")
    assert not held_back()
