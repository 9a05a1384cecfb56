"""The audit only grows: who changes, removes, puts in or moves a row at the database is found."""

from __future__ import annotations

import json
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cli.rekeying import rekey
from core import audit, verifying
from core.audit import SYSTEM, AuditChain, AuditRow, record
from core.chain import CHANGED, CUT, HEAD, MISSING, UNANCHORED
from core.clock import now
from core.database import engine, transaction
from core.settings import settings
from core.verifying import purge, remember, remembered, verify
from tests.unit.audit_writing import ACTS, AT_ONCE, OFFICER, write_together
from tests.unit.conftest import SECRET, RunCara

both_engines = pytest.mark.usefixtures("database")
WRITERS = 16


def act(number: int = 1) -> None:
    """So many acts, each in a transaction of its own."""
    for each in range(number):
        with transaction() as session:
            record(session, OFFICER, "referral.answer", f"referral:{each}")


def faults(*, keep: bool = False) -> list[tuple[int, str]]:
    """What a verification finds, as row and fault."""
    with transaction() as session:
        found = verify(session, kept=remembered().sound)
    if keep:
        remember(found)
    return [(each.row, each.fault) for each in found.breaks]


def last() -> int:
    """The last row of the audit."""
    with transaction() as session:
        return session.scalars(sa.select(AuditChain.length)).one()


@pytest.fixture
def unguarded(database: str) -> None:
    """Somebody who owns the tables, and so can take the triggers away."""
    with engine().begin() as connection:
        if database == "sqlite":
            names = connection.execute(
                sa.text(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
                )
            ).scalars()
            for name in list(names):
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))


def tamper(statement: str, **values: object) -> None:
    """A change straight at the database."""
    with engine().begin() as connection:
        connection.execute(sa.text(statement), values)


@both_engines
def test_what_was_written_holds_from_the_first_row_to_the_last() -> None:
    act(5)
    assert faults() == []
    with transaction() as session:
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).all()
    assert [row.id for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].act == "audit.verify"
    assert not rows[-1].refused


@both_engines
@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_id", "somebody else"),
        ("act", "referral.view"),
        ("record", "referral:other"),
        ("refused", True),
        ("why", "mistake"),
        ("source", "cli"),
        ("request", "ABCDE-FGHJK"),
        ("site", "north_yorkshire"),
        ("actor_kind", "system"),
        ("at", "2020-01-01 00:00:00.000000"),
        ("hash", "0" * 64),
    ],
)
def test_a_row_that_was_changed_is_found(column: str, value: object) -> None:
    act(5)
    row = last() - 2
    tamper(f"UPDATE audit SET {column} = :value WHERE id = :row", value=value, row=row)
    assert (row, CHANGED) in faults()


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_a_row_that_was_removed_is_found() -> None:
    act(5)
    tamper("DELETE FROM audit WHERE id = :row", row=last() - 2)
    assert faults() == [(last() - 2, MISSING)]


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_rows_that_changed_places_are_found() -> None:
    act(5)
    one, other = last() - 3, last() - 2
    for row, place in ((one, -1), (other, one), (-1, other)):
        tamper("UPDATE audit SET id = :place WHERE id = :row", row=row, place=place)
    assert [(one, CHANGED), (other, CHANGED)] == faults()[:2]


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_a_row_that_was_put_in_is_found_wherever_it_stands() -> None:
    act(5)
    row = last() - 1
    for place in (row + 1, row):
        tamper("UPDATE audit SET id = :new WHERE id = :old", new=place + 1, old=place)
    copied = "actor_kind, actor_id, site, act, record, refused, source, request, why, hash"
    tamper(
        f"INSERT INTO audit (id, at, {copied}) SELECT :row, at, {copied} FROM audit WHERE id = 1",
        row=row,
    )
    tamper("UPDATE audit_chain SET length = length + 1")
    assert (row, CHANGED) in faults()


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_a_row_that_was_put_behind_the_last_is_found() -> None:
    act(2)
    end = last()
    copied = "at, actor_kind, actor_id, site, act, record, refused, source, request, why, hash"
    tamper(
        f"INSERT INTO audit (id, {copied}) SELECT id + 1, {copied} FROM audit WHERE id = :end",
        end=end,
    )
    with Session(engine()) as session:
        found = verify(session, kept=None)
        session.rollback()
    assert [(each.row, each.fault) for each in found.breaks] == [(end + 1, HEAD)]


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_an_end_that_was_cut_off_is_found_by_what_the_chain_says_of_itself() -> None:
    act(5)
    end = last()
    tamper("DELETE FROM audit WHERE id > :row", row=end - 3)
    with Session(engine()) as session:
        found = verify(session, kept=None)
        session.rollback()
    assert [(each.row, each.fault) for each in found.breaks] == [(end - 3, HEAD)]


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_an_end_that_was_cut_off_with_care_is_found_by_what_was_kept_elsewhere() -> None:
    act(5)
    assert faults(keep=True) == []
    seen = remembered().sound
    assert seen is not None
    tamper("DELETE FROM audit WHERE id > :row", row=seen.length - 3)
    tamper(
        "UPDATE audit_chain SET length = :row, head = (SELECT hash FROM audit WHERE id = :row)",
        row=seen.length - 3,
    )
    assert faults() == [(seen.length, CUT)]
    # The chain grows past the place, and fits itself: what was there has still gone.
    act(9)
    assert faults() == [(seen.length, CUT)]


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_a_beginning_that_no_purge_took_is_missed() -> None:
    act(5)
    tamper("DELETE FROM audit WHERE id <= 2")
    assert faults() == [(3, UNANCHORED)]


@both_engines
def test_nobody_puts_another_key_in_the_place_of_the_chains() -> None:
    act(1)
    sealed = audit.box("columns").encrypt(b"a name that somebody typed")
    tamper("UPDATE audit_chain SET key = :key", key=sealed)
    with pytest.raises(InvalidToken):
        act(1)


@both_engines
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET why = 'mistake' WHERE id = 1",
        "DELETE FROM audit WHERE id = 1",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_row(statement: str) -> None:
    act(1)
    with pytest.raises(DBAPIError, match="append-only"):
        tamper(statement)
    assert faults() == []


@pytest.mark.usefixtures("postgresql")
def test_the_database_refuses_to_empty_the_table() -> None:
    act(1)
    with pytest.raises(DBAPIError, match="append-only"):
        tamper("TRUNCATE audit")


# What is past its time


@both_engines
def test_a_purge_takes_the_oldest_and_the_rest_is_verified_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act(3)
    long_ago = last()
    assert faults(keep=True) == []
    moved = now() + timedelta(days=1)
    monkeypatch.setattr(audit, "now", lambda: moved)
    act(3)
    with transaction() as session:
        assert purge(session, moved) == long_ago + 1
    with transaction() as session:
        first = session.scalars(sa.select(AuditRow).order_by(AuditRow.id).limit(1)).one()
        assert first.id == long_ago + 2
        assert purge(session, moved) == 0
    assert faults() == []
    act(2)
    assert faults() == []


@both_engines
def test_nothing_but_the_purge_is_left_where_everything_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act(3)
    moved = now() + timedelta(days=3_000)
    monkeypatch.setattr(audit, "now", lambda: moved)
    with transaction() as session:
        purge(session, moved)
    assert faults() == []


@both_engines
def test_a_purge_that_is_none_of_ours_opens_no_hidden_way() -> None:
    act(5)
    row = last() - 2
    tamper(
        "INSERT INTO audit SELECT 1000, at, actor_kind, actor_id, site, 'audit.purge', :what, "
        "refused, source, request, hash, hash FROM audit WHERE id = :row"
        if engine().dialect.name == "sqlite"
        else "INSERT INTO audit (id, at, actor_kind, actor_id, site, act, record, refused, source, "
        "request, why, hash) SELECT 1000, at, actor_kind, actor_id, site, 'audit.purge', :what, "
        "refused, source, request, hash, hash FROM audit WHERE id = :row",
        what=f"audit:{row}",
        row=row,
    )
    tamper("DELETE FROM audit WHERE id <= :row", row=row)
    assert (row + 1, UNANCHORED) in faults()


# One transaction with the act


@both_engines
def test_an_act_that_is_undone_leaves_no_row_and_no_gap() -> None:
    act(1)
    before = last()
    with transaction() as session:
        record(session, OFFICER, "referral.answer", "referral:1")
        session.rollback()
    act(1)
    assert last() == before + 1
    assert faults() == []


@both_engines
def test_a_part_that_is_undone_leaves_the_rows_of_the_rest() -> None:
    before = last()
    with transaction() as session:
        record(session, OFFICER, "kept", "referral:1")
        with session.begin_nested() as part:
            record(session, OFFICER, "undone", "referral:2")
            part.rollback()
        with session.begin_nested():
            record(session, OFFICER, "kept too", "referral:3")
    with transaction() as session:
        new = sa.select(AuditRow.act).where(AuditRow.id > before).order_by(AuditRow.id)
        assert list(session.scalars(new)) == ["kept", "kept too"]


@both_engines
def test_where_the_chain_is_gone_no_act_happens() -> None:
    tamper("DELETE FROM audit_chain")
    with pytest.raises(LookupError), transaction() as session:
        record(session, OFFICER, "referral.answer", "referral:1")


# Many at once


@both_engines
def test_sixteen_writers_at_once_make_one_unbroken_chain() -> None:
    before = last()
    with get_context("spawn").Pool(WRITERS // AT_ONCE) as pool:
        pool.map(write_together, range(WRITERS // AT_ONCE))
    assert last() == before + 2 * WRITERS * ACTS
    assert faults() == []
    with transaction() as session:
        told = sa.select(AuditRow.record).where(
            AuditRow.id > before, AuditRow.act == "referral.view"
        )
        found = list(session.scalars(told))
    assert len(set(found)) == WRITERS * ACTS


# The command


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_the_command_says_which_rows_do_not_hold(run_cara: RunCara) -> None:
    act(3)
    sound = run_cara("audit", "verify")
    assert sound.returncode == 0, sound.stderr
    row = last() - 2
    tamper("UPDATE audit SET act = 'referral.view' WHERE id = :row", row=row)
    broken = run_cara("audit", "verify")
    assert broken.returncode == 1
    assert f"Row {row}: it is not what was written" in broken.stderr


@both_engines
@pytest.mark.usefixtures("unguarded")
def test_after_a_restored_back_up_the_operator_accepts_the_shorter_record(
    run_cara: RunCara,
) -> None:
    act(5)
    assert run_cara("audit", "verify").returncode == 0
    tamper("DELETE FROM audit WHERE id > 2")
    tamper("UPDATE audit_chain SET length = 2, head = (SELECT hash FROM audit WHERE id = 2)")
    assert run_cara("audit", "verify").returncode == 1
    accepted = run_cara("audit", "accept", "--why", "restored")
    assert accepted.returncode == 0, accepted.stderr
    assert run_cara("audit", "verify").returncode == 0
    with transaction() as session:
        row = session.scalars(sa.select(AuditRow).where(AuditRow.act == "audit.accept")).one()
    assert (row.actor_kind, row.source, row.why) == ("operator", "cli", "restored")


def test_what_is_kept_beside_the_database_is_private(sqlite: Path) -> None:
    act(1)
    faults(keep=True)
    assert verifying.place().stat().st_mode & 0o077 == 0
    assert set(json.loads(verifying.place().read_text())) == {"sound", "looked_at"}
    assert SYSTEM.kind == "system"


@both_engines
def test_a_change_of_the_secret_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    act(3)
    monkeypatch.setenv("CARA_PREVIOUS_SECRET_KEYS", SECRET)
    monkeypatch.setenv("CARA_SECRET_KEY", "another secret of thirty-two characters or more")
    settings.cache_clear()
    assert rekey() == 0
    monkeypatch.delenv("CARA_PREVIOUS_SECRET_KEYS")
    settings.cache_clear()
    act(3)
    assert faults() == []
