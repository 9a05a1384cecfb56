"""Subject access and erasure of one person in one command, with somebody in every table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import disclosing, traces
from cli import rekeying
from cli.database import TABLES
from core.audit import AuditRow
from core.clock import now
from core.database import engine, transaction
from core.outbox import HELD, Outgoing
from core.retention import declared
from outreach.tables import Alert, AlertStatus
from outreach.texts import contacts
from referrals.tables import Referral
from tests.unit.conftest import RunCara
from tests.unit.everywhere import SITE, Somebody, everything, place
from tests.unit.rasas import said_in, say

ALEX = Somebody("Wrenfield", "+447700900461", 1)
BO = Somebody("Larkspur", "+447700900462", 2)
# Rows that tell of no one person: staff, the directory, what was not understood.
OF_NOBODY = {
    *("staff", "staff_session", "staff_code", "sign_in_request", "unclear_message", "text_arrived"),
    *("workshop_group", "workshop_facilitator", "referral_rule_set", "study_salt"),
    *("audit", "audit_chain"),
    *(name for name in TABLES.tables if name.startswith("directory_")),
}

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def two_people(database: str) -> None:
    """Alex and Bo in every table, and in Rasa's tracker."""
    with transaction() as session:
        for each in (ALEX, BO):
            each.keys.clear()
            place(session, each, now())
    for each in (ALEX, BO):
        event = {"event": "user", "text": f"{each.name} drinks"}
        say(contacts.chat_of(SITE, each.phone), json.dumps(event), now())


def rows_of(somebody: Somebody) -> dict[str, list[dict[str, Any]]]:
    """What stands anywhere of somebody, decrypted."""
    with transaction() as session:
        held = everything(session)
    told = (*somebody.canaries, f"-{somebody.number}-")
    return {
        name: found
        for name, rows in held.items()
        if (found := [row for row in rows if any(each in str(row) for each in told)])
    }


def test_somebody_is_looked_for_in_every_table_that_may_hold_them() -> None:
    with transaction() as session:
        looked_in = set(traces.where(traces.by_phone(session, ALEX.phone)))
    assert looked_in | OF_NOBODY == set(TABLES.tables)
    assert not looked_in & OF_NOBODY


@pytest.mark.parametrize("way", ["--reference", "--phone"])
def test_everything_that_is_theirs_is_found_by_either(way: str, run_cara: RunCara) -> None:
    value = ALEX.reference[:12] if way == "--reference" else "07700 900461"
    done = run_cara("person", "export", way, value, "--by", "dpo-1")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    held = document["held"]
    assert held["referral_detail"][0]["full_name"]["value"] == "Wrenfield full_name"
    assert held["chat_message"][0]["body"]["value"] == {"text": "Wrenfield said"}
    assert held["contact"][0]["phone"]["value"] == ALEX.phone
    assert document["held_by_the_dialogue"] == ["Wrenfield drinks"]
    assert not any(canary in done.stdout for canary in BO.canaries)


def test_nothing_of_others_is_disclosed(run_cara: RunCara) -> None:
    told = run_cara("person", "export", "--phone", ALEX.phone, "--by", "dpo-1").stdout
    for third in ("Officer Example", "officer@example.org", "second_contact", "consulted_on"):
        assert third not in json.dumps(json.loads(told)["held"])
    back = json.loads(told)["held_back_for_review"]
    assert back["referral_detail.second_contact"] == 1
    assert back["referral_detail.override_reason"] == 1
    assert back["referral_victim.view"] == 1


def test_what_somebody_has_reviewed_is_let_go_by_name(run_cara: RunCara) -> None:
    name = "referral_detail.override_reason"
    asked = ("person", "export", "--phone", ALEX.phone, "--by", "dpo-1", "--release", name)
    document = json.loads(run_cara(*asked).stdout)
    assert "override_reason" in document["held"]["referral_detail"][0]
    assert name not in document["held_back_for_review"]
    with transaction() as session:
        acts = sa.select(AuditRow.why).where(AuditRow.act == "person.export")
        assert set(session.scalars(acts)) == {"released"}


def test_no_column_about_a_victim_is_ever_disclosed_unasked() -> None:
    with transaction() as session:
        made = disclosing.disclose(session, traces.by_phone(session, ALEX.phone))
    for table, rows in made.tables.items():
        for name in {each for row in rows for each in row}:
            row = declared()[table][name]
            assert row[0] not in ("V", "P1"), f"{table}.{name}"


def test_it_is_written_as_json_and_as_a_page(run_cara: RunCara, tmp_path: Path) -> None:
    out = tmp_path / "alex"
    done = run_cara("person", "export", "--phone", ALEX.phone, "--by", "dpo-1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    page = out.with_suffix(".html")
    assert "<h1>What is held about you</h1>" in page.read_text()
    assert "Wrenfield full_name" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert json.loads(out.with_suffix(".json").read_text())["held"]


def test_nobody_is_found_for_a_stranger(run_cara: RunCara) -> None:
    done = run_cara("person", "export", "--phone", "07700 900999", "--by", "dpo-1")
    assert done.returncode == 1
    assert "Nobody is known by that" in done.stderr


# Erasure


def erased(run_cara: RunCara, *more: str) -> str:
    """What the command says."""
    done = run_cara("person", "erase", "--reference", ALEX.reference[:12], "--by", "dpo-1", *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_yes_it_is_only_said(run_cara: RunCara) -> None:
    before = rows_of(ALEX)
    told = erased(run_cara, "--referral")
    assert "would go: 1 referral_detail" in told
    assert "stays: STOP stays" in told
    assert rows_of(ALEX) == before


def test_after_it_nothing_is_left_anywhere_and_others_are_untouched(
    run_cara: RunCara, data_dir: Path
) -> None:
    bos, sealed = rows_of(BO), _sealed_of(ALEX)
    assert len(sealed) > 15
    told = erased(run_cara, "--referral", "--yes")
    assert "gone: 1 referral_detail" in told
    left = set(rows_of(ALEX))
    # Accounts, groups and listings are named after the test's people; they are about nobody.
    assert left - OF_NOBODY == {"text_stop"}
    with transaction() as session:
        assert contacts.stopped(session, SITE, ALEX.phone)
    assert rows_of(BO) == bos
    assert said_in(contacts.chat_of(SITE, ALEX.phone)) == []
    assert len(said_in(contacts.chat_of(SITE, BO.phone))) == 1
    _no_byte_of(sealed, data_dir)


def _sealed_of(somebody: Somebody) -> list[bytes]:
    """Every encrypted value of somebody as it is stored, but that of their STOP."""
    found = []
    with transaction() as session:
        theirs = traces.where(traces.by_phone(session, somebody.phone))
        for keyed in rekeying.keyed_tables():
            if keyed.name in theirs and keyed.name != "text_stop":
                key = TABLES.tables[keyed.name].primary_key.columns.values()[0]
                ids = session.scalars(sa.select(key).where(theirs[keyed.name])).all()
                rows = session.execute(sa.select(keyed.raw).where(keyed.raw.c[key.name].in_(ids)))
                found += [row._mapping[name] for row in rows for name in keyed.sealed]
    return [each for each in found if each]


def _no_byte_of(sealed: list[bytes], data_dir: Path) -> None:
    """Neither what was encrypted nor what was said stands in a file."""
    engine().dispose()
    for path in [*data_dir.glob("cara.db*"), *data_dir.glob("rasa.db*")]:
        content = path.read_bytes()
        assert not any(each in content for each in sealed), path
        assert b"Wrenfield" not in content, path


def test_a_referral_that_has_not_ended_stays_and_so_does_one_without_agreement(
    run_cara: RunCara,
) -> None:
    told = erased(run_cara, "--yes")
    assert "With --referral it goes too" in told
    with transaction() as session:
        session.execute(sa.update(Referral).values(status="booked"))
    told = erased(run_cara, "--referral", "--yes")
    assert "A referral has not ended" in told
    with transaction() as session:
        assert session.scalars(sa.select(Referral.reference)).all()


def test_an_open_alert_keeps_its_chat(run_cara: RunCara) -> None:
    with transaction() as session:
        session.execute(sa.update(Alert).values(status=AlertStatus.open))
    told = erased(run_cara, "--referral", "--yes")
    assert "An alert is not closed" in told
    assert "conversation" in rows_of(ALEX)


def test_what_nobody_has_fetched_yet_is_not_lost(run_cara: RunCara) -> None:
    with transaction() as session:
        session.execute(sa.update(Outgoing).values(status=HELD))
    told = erased(run_cara, "--referral", "--yes")
    assert "Something waits to leave" in told
    assert "outbox" in rows_of(ALEX)


def test_every_record_that_went_is_named_in_the_audit(run_cara: RunCara) -> None:
    erased(run_cara, "--referral", "--yes")
    with transaction() as session:
        acts = sa.select(AuditRow.record).where(AuditRow.act == "person.erase")
        kinds = {each.partition(":")[0] for each in session.scalars(acts)}
    assert kinds == {"referral", "contact", "conversation"}
