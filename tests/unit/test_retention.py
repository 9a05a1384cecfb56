"""What docs/data.yml promises: the day before its end a row is there, and at its end it is gone."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import ChatMessage, Conversation
from bot.learning import keeping
from cli import purging
from cli.database import TABLES
from core import retention, spool
from core.audit import Actor, AuditRow, record
from core.database import transaction
from core.settings import ROOT, settings
from outreach.tables import Alert, AlertStatus
from referrals import disposing, expiring
from referrals.disposing import DISPOSE, ReviewError
from referrals.tables import Referral, ReferralDetail, RetentionReview
from services_directory.tables import Live
from tests.unit.clock import move_to
from tests.unit.everywhere import Somebody, everything, place
from tests.unit.rasas import said_in, say

BEGAN = datetime(2027, 3, 1, 12, tzinfo=UTC)
A_DAY, A_MOMENT = timedelta(days=1), timedelta(minutes=1)
OPERATOR = Actor("staff", "operator-1")
LETTERS = {
    (table, row[3])
    for table, columns in retention.declared().items()
    if table not in (retention.PERIODS, retention.ELSEWHERE)
    for row in columns.values()
}
ENDING = sorted((table, letter) for table, letter in LETTERS if letter != "K")

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def alex(monkeypatch: pytest.MonkeyPatch, database: str) -> Somebody:
    """Somebody in every table, all of it from one moment, all of it over."""
    move_to(monkeypatch, BEGAN)
    somebody = Somebody("Wrenfield", "+447700900461", 1)
    with transaction() as session:
        place(session, somebody, BEGAN)
        record(session, OPERATOR, "referral.view", "referral:1")
    return somebody


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The worker's hour strikes."""
    move_to(monkeypatch, moment)
    purging.purge()


@pytest.mark.parametrize(("table", "letter"), ENDING)
def test_every_period_has_a_rule(table: str, letter: str) -> None:
    assert any(rule.letter == letter and table in rule.tables for rule in purging.RULES)


@pytest.mark.parametrize(("table", "letter"), ENDING)
def test_the_day_before_it_is_there_and_at_the_end_it_is_gone(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody, table: str, letter: str
) -> None:
    _prepare(alex, table, letter)
    period = retention.periods()[letter]
    assert period.days is not None
    end = BEGAN + timedelta(days=period.days)
    # What is over as soon as it is written has only a moment before.
    at(monkeypatch, max(end - A_DAY, BEGAN - A_MOMENT))
    assert _held(alex, table, letter)
    at(monkeypatch, end + A_MOMENT)
    if letter == "R":
        assert _held(alex, table, letter), "a person decides first"
        _let_go()
        at(monkeypatch, end + 2 * A_MOMENT)
    assert not _held(alex, table, letter)


def _prepare(alex: Somebody, table: str, letter: str) -> None:
    """What a period is counted from, where one row alone does not say it."""
    with transaction() as session:
        if letter == "D":
            session.execute(sa.update(Referral).values(status="draft"))
        if letter == "R":
            # Its contact went half a year before.
            session.execute(sa.update(ReferralDetail).values(mobile=None))
        session.execute(sa.update(Live).values(revision=2))
        if table in ("directory_verification", "directory_revision"):
            _replace(session, TABLES.tables[table], alex.keys["directory_listing"]["id"])


def _replace(session: Session, table: sa.Table, listing_id: str) -> None:
    """A newer row takes the place of the only one."""
    only = sa.select(table).where(table.c.listing_id == listing_id)
    newer = dict(session.execute(only).one()._mapping)
    newer |= {"n": newer["n"] + 1} if "n" in newer else {}
    newer.pop("id")
    session.execute(sa.insert(table).values(**newer))


def _held(alex: Somebody, table: str, letter: str) -> bool:
    """Whether what the period is about is still there."""
    with transaction() as session:
        if table == "audit":
            read = sa.select(AuditRow.id).where(AuditRow.act == "referral.view")
            return session.scalar(read) is not None
        kept = TABLES.tables[table]
        theirs = sa.select(kept).where(
            *(kept.c[name] == value for name, value in alex.keys[table].items())
        )
        row = session.execute(theirs).one_or_none()
        if row is None:
            return False
        if (table, letter) == ("referral_detail", "C"):
            return row.mobile is not None
        if letter == "D":
            return session.execute(sa.select(ReferralDetail)).scalar_one().full_name is not None
        return table != "staff" or row.name != ""


def _let_go() -> None:
    with transaction() as session:
        for _review, referral in disposing.waiting(session):
            disposing.decide(session, referral.reference or "", OPERATOR, "period over")


def test_nothing_of_a_person_is_left_at_the_end_of_all_periods(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody
) -> None:
    end = BEGAN + timedelta(days=max(each.days or 0 for each in retention.periods().values()))
    at(monkeypatch, end + A_MOMENT)
    _let_go()
    at(monkeypatch, end + 2 * A_MOMENT)
    with transaction() as session:
        held = {name: rows for name, rows in everything(session).items() if name != "text_stop"}
    assert "Wrenfield" not in str(held)
    assert alex.phone not in str(held)


def test_counts_are_told_and_on_record_without_any_content(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "cara.retention"):
        at(monkeypatch, BEGAN + 31 * A_DAY)
    assert "1 chat_message" in caplog.text
    assert not any(canary in caplog.text for canary in alex.canaries)
    with transaction() as session:
        acts = sa.select(AuditRow.record, AuditRow.why).where(AuditRow.act == "retention.purge")
        told = {row.record: row.why for row in session.execute(acts)}
    assert told["chat_message:*"] == told["outbox:*"] == "1"


def test_the_schedule_that_people_read_is_made_from_the_file() -> None:
    page = (ROOT / "docs/how-to/data.md").read_text()
    shown = page.partition("<!-- schedule -->\n")[2].partition("\n<!-- /schedule -->")[0]
    assert shown == retention.schedule(), "python -m core.retention prints it"


def test_what_rules_of_their_own_count_is_what_the_file_says() -> None:
    days = {letter: period.days for letter, period in retention.periods().items()}
    assert keeping.UNREAD_LASTS.days == days["U"]
    assert expiring.KEPT.days == days["D"]


# Messages of a conversation that goes on


def test_messages_age_in_a_conversation_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody
) -> None:
    _speaks_again(BEGAN + 25 * A_DAY)
    at(monkeypatch, BEGAN + 31 * A_DAY)
    with transaction() as session:
        assert session.scalars(sa.select(ChatMessage.n)).all() == [2]
        assert session.scalars(sa.select(Conversation.id)).one()


def test_nothing_of_it_goes_while_somebody_has_to_look(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody
) -> None:
    with transaction() as session:
        session.execute(sa.update(Alert).values(status=AlertStatus.open))
    at(monkeypatch, BEGAN + 400 * A_DAY)
    with transaction() as session:
        assert session.scalars(sa.select(ChatMessage.n)).all() == [1]
        assert session.scalars(sa.select(Alert.id)).one()


def _speaks_again(moment: datetime) -> None:
    with transaction() as session:
        held = session.scalars(sa.select(ChatMessage)).one()
        session.add(
            ChatMessage(
                conversation_id=held.conversation_id, n=2, sender="person", body={}, at=moment
            )
        )
        session.scalars(sa.select(Conversation)).one().seen_at = moment


# Rasa's tracker


@pytest.fixture(params=["beside our data", "on PostgreSQL"])
def tracked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa's tracker, on either engine."""
    if request.param == "on PostgreSQL":
        url = request.getfixturevalue("empty_postgresql")
        monkeypatch.setenv("CARA_TRACKER_URL", url.replace("://", "+psycopg://", 1))
        monkeypatch.delenv("CARA_DATABASE_URL", raising=False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("tracked")
def test_rasas_events_go_by_their_own_age_whoever_said_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.cache_clear()
    say("somebody that we do not know any more", "old", BEGAN)
    say("a conversation that goes on", "old", BEGAN)
    say("a conversation that goes on", "new", BEGAN + 5 * A_DAY)
    move_to(monkeypatch, BEGAN + 30 * A_DAY - A_MOMENT)
    purging.purge()
    assert said_in("somebody that we do not know any more") == ["old"]
    at(monkeypatch, BEGAN + 30 * A_DAY + A_MOMENT)
    assert said_in("somebody that we do not know any more") == []
    assert said_in("a conversation that goes on") == ["new"]


# Review


def test_what_was_kept_comes_up_again(monkeypatch: pytest.MonkeyPatch, alex: Somebody) -> None:
    with transaction() as session:
        session.execute(sa.delete(RetentionReview))
    at(monkeypatch, BEGAN + 364 * A_DAY)
    assert _waiting() == []
    at(monkeypatch, BEGAN + 366 * A_DAY)
    assert _waiting() == [alex.reference]
    with transaction() as session:
        disposing.decide(session, alex.reference, OPERATOR, "civil claim", keep_days=100)
    assert _waiting() == []
    at(monkeypatch, BEGAN + 465 * A_DAY)
    assert _waiting() == []
    at(monkeypatch, BEGAN + 467 * A_DAY)
    assert _waiting() == [alex.reference]


def test_nobody_decides_without_a_reason_or_on_what_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody
) -> None:
    at(monkeypatch, BEGAN + 366 * A_DAY)
    with transaction() as session, pytest.raises(ReviewError, match="Say why"):
        disposing.decide(session, alex.reference, OPERATOR, " ")
    with transaction() as session:
        disposing.decide(session, alex.reference, OPERATOR, "over")
        assert session.scalars(sa.select(RetentionReview.decision)).one() == DISPOSE
    with transaction() as session, pytest.raises(ReviewError, match="does not wait"):
        disposing.decide(session, alex.reference, OPERATOR, "over")


def _waiting() -> list[str | None]:
    with transaction() as session:
        return [referral.reference for _review, referral in disposing.waiting(session)]


# Files


def test_logs_begin_anew_each_day_and_go_after_thirty(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    logs = data_dir / "logs"
    logs.mkdir(parents=True)
    with (logs / "web.log").open("ab") as writer:
        writer.write(b"before\n")
        writer.flush()
        os.utime(logs / "web.log", (BEGAN.timestamp(), BEGAN.timestamp()))
        at(monkeypatch, BEGAN)
        writer.write(b"after\n")
    assert (logs / "web.log").read_bytes() == b"after\n"
    kept = logs / f"web.log.{BEGAN:%Y-%m-%d}"
    assert kept.read_bytes() == b"before\n"
    assert kept.stat().st_mode & 0o077 == 0
    at(monkeypatch, BEGAN + 29 * A_DAY)
    assert kept.exists()
    at(monkeypatch, BEGAN + 31 * A_DAY)
    assert not kept.exists()


def test_what_waits_on_the_spool_never_goes_and_what_was_set_aside_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("waits", "broken"):
        spool.alerts().put(name, {"type": "alert"})
        spool.alerts().note(name, "told")
    spool.alerts().set_aside("broken")
    at(monkeypatch, datetime.now(UTC) + 31 * A_DAY)
    assert spool.alerts().waiting() == ["waits"]
    assert spool.alerts().noted("waits") == ["told"]
    assert [path.name for path in spool.alerts().leavings()] == []


def test_a_rule_that_fails_keeps_no_other_from_its_work(
    monkeypatch: pytest.MonkeyPatch, alex: Somebody
) -> None:
    def broken(_session: Any, _limit: datetime) -> Any:
        raise sa.exc.OperationalError("", {}, Exception())

    rules = [retention.Rule("M", ("outbox",), broken), *purging.RULES]
    move_to(monkeypatch, BEGAN + 31 * A_DAY)
    assert retention.purge(rules)["chat_message"] == 1
