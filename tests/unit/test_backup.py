"""`cara backup`: everything into one file while it is used, and back elsewhere: the drill."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url, select, update

from cli.backups.databases import MISSING, Database
from cli.backups.sealing import BackupError
from cli.main import cara
from cli.place import Place, sole_copy
from core.audit import AuditRow
from core.clock import now
from core.database import transaction
from core.settings import settings
from core.spool import alerts
from outreach.entries import raise_alarm
from outreach.sending import work
from outreach.tables import Alert, AlertStatus
from outreach.texts import contacts
from outreach.texts.tables import Stopped
from referrals.tables import Referral
from tests.unit import drafts
from tests.unit.alarms import alarm
from tests.unit.conftest import RunCara, forget
from tests.unit.directory import document, make_public
from tests.unit.everywhere import SITE, Somebody, everything, place
from tests.unit.rasas import said_in, say

ALEX = Somebody("Wrenfield", "+447700900461", 1)
BO = Somebody("Larkspur", "+447700900462", 2)
CHAT = contacts.chat_of(SITE, ALEX.phone)
# What a restore writes or ends itself.
CHANGED = {"audit", "audit_chain", "staff_session", "sign_in_request"}
Destroy = Callable[[], None]


@pytest.fixture
def kept(database: str, data_dir: Path, tmp_path: Path) -> Path:
    """A copy with a referral that was sent, a listing, an alert that waits and one in the spool;
    gives where its backup will lie."""
    drafts.submit(drafts.full_draft(), "sent")
    make_public([document(id="harbour-1")])
    raise_alarm(alarm("taken in"))
    work()
    raise_alarm(alarm("in the spool"))
    say(CHAT, json.dumps({"event": "user", "text": "Wrenfield drinks"}), now())
    (data_dir / "learned/models").mkdir(parents=True)
    (data_dir / "learned/models.json").write_text("{}")
    (data_dir / "learned/models/0001.tar.gz").write_bytes(os.urandom(3_000_000))
    return tmp_path / "copy.backup"


@pytest.fixture
def destroy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Destroy:
    """The machine burns down; a new one has a folder of its own, and the same empty server."""

    def gone() -> None:
        url = settings().database_url
        forget()
        shutil.rmtree(tmp_path / "data")
        if url.startswith("postgresql"):
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("DROP SCHEMA public CASCADE")
                connection.execute("CREATE SCHEMA public")
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
        forget()

    return gone


def run(*arguments: str | Path) -> Result:
    """A command in this process, which then knows nothing of before."""
    forget()
    told = CliRunner().invoke(cara, [*map(str, arguments)], prog_name="cara")
    forget()
    return told


def done(*arguments: str | Path) -> str:
    """What a command that succeeds says."""
    told = run("backup", *arguments)
    assert told.exit_code == 0, told.output
    return told.stdout


def refused(*arguments: str | Path) -> str:
    """What a command that refuses says."""
    told = run("backup", *arguments)
    assert told.exit_code == 1, told.output
    return told.stderr


def held() -> dict[str, list[dict[str, Any]]]:
    """Every row but those that a restore itself changes."""
    with transaction() as session:
        rows = everything(session)
    return {name: found for name, found in rows.items() if name not in CHANGED}


def names_of(somebody: Somebody) -> set[str]:
    """The tables in which anything of theirs stands."""
    rows = held()
    return {name for name in rows if any(each in str(rows[name]) for each in somebody.canaries)}


def acts(name: str) -> int:
    with transaction() as session:
        return len(session.scalars(select(AuditRow).where(AuditRow.act == name)).all())


def test_the_drill_a_copy_comes_back_elsewhere(
    kept: Path, destroy: Destroy, run_cara: RunCara
) -> None:
    told = run_cara("backup", "create", str(kept)).stdout
    assert ", whole." in told
    assert acts("backup.create") == 1
    assert kept.stat().st_mode & 0o777 == 0o600
    before, model = held(), (settings().data_dir / "learned/models/0001.tar.gz").read_bytes()
    destroy()
    assert done("check", kept) == told
    assert "Restored what was there on" in done("restore", kept)
    assert held() == before
    with transaction() as session:
        (referral,) = session.scalars(select(Referral))
        (waiting,) = session.scalars(select(Alert))
    assert (referral.status, waiting.status) == ("awaiting_authority", AlertStatus.open)
    assert said_in(CHAT) == ['{"event": "user", "text": "Wrenfield drinks"}']
    assert (settings().data_dir / "learned/models/0001.tar.gz").read_bytes() == model
    assert run("audit", "verify").exit_code == 0
    assert acts("backup.restore") == 1
    assert alerts().waiting() == ["in the spool"]
    work()
    with transaction() as session:
        assert {each.id for each in session.scalars(select(Alert))} == {"taken in", "in the spool"}


@pytest.mark.usefixtures("database")
def test_who_was_erased_since_does_not_come_back(tmp_path: Path, destroy: Destroy) -> None:
    with transaction() as session:
        for each in (ALEX, BO):
            each.keys.clear()
            place(session, each, now(), but=("text_stop",))
    done("create", tmp_path / "copy")
    erased = ("person", "erase", "--phone", ALEX.phone, "--by", "dpo-1", "--referral", "--yes")
    assert run(*erased).exit_code == 0
    left, bos = names_of(ALEX), names_of(BO)
    assert len(left) < len(bos)
    with transaction() as session:
        contacts.stop(session, SITE, BO.phone)
    since = done("erasures")
    assert not any(each in since for each in (*ALEX.canaries, *BO.canaries))
    (tmp_path / "erasures").write_text(since)
    destroy()
    told = done("restore", tmp_path / "copy", "--erasures", tmp_path / "erasures")
    assert "gone again: 1 referral\n" in told
    assert names_of(ALEX) == left
    assert names_of(BO) == bos, "of the STOP the hash alone"
    with transaction() as session:
        assert contacts.stopped(session, SITE, BO.phone)


@pytest.mark.usefixtures("sqlite")
def test_what_is_past_its_time_goes_with_the_restore(tmp_path: Path, destroy: Destroy) -> None:
    raise_alarm(alarm("a1"))
    work()
    with transaction() as session:
        ended = {"status": AlertStatus.closed, "closed_at": now().replace(year=now().year - 2)}
        session.execute(update(Alert).values(ended))
    done("create", tmp_path / "copy")
    destroy()
    assert "gone again: 1 alert\n" in done("restore", tmp_path / "copy")


@pytest.mark.usefixtures("sqlite")
def test_over_a_copy_that_still_answers_its_own_erasures_count(tmp_path: Path) -> None:
    with transaction() as session:
        ALEX.keys.clear()
        place(session, ALEX, now())
    done("create", tmp_path / "copy")
    run("person", "erase", "--phone", ALEX.phone, "--by", "dpo-1", "--referral", "--yes")
    alerts().put("newer", {"type": "alert"})
    assert "is not empty" in refused("restore", tmp_path / "copy")
    assert "gone again: 1 contact\n" in done("restore", tmp_path / "copy", "--over")
    with transaction() as session:
        assert not session.scalars(select(Stopped).where(Stopped.phone.is_(None))).all()
        assert session.get(Referral, "id-1-referral") is None
    assert alerts().waiting() == ["newer"], "what waits here is newer than the backup"


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("fault", ["cut off", "changed", "another file", "another secret"])
def test_what_is_not_whole_is_refused_in_plain_words(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    done("create", copy)
    content = bytearray(copy.read_bytes())
    said = {
        "cut off": "It is no backup of ours, or its end is missing.",
        "changed": "It is not as it was made: database was changed or cut off.",
        "another file": "It is no backup of ours, or its end is missing.",
        "another secret": "It was made under another secret",
    }
    if fault == "cut off":
        del content[len(content) // 2 :]
    elif fault == "changed":
        content[len(content) // 2] ^= 1
    elif fault == "another file":
        content[:] = b"SQLite format 3"
    else:
        monkeypatch.setenv("CARA_SECRET_KEY", "another secret of thirty-two characters")
    copy.write_bytes(content)
    for command in ("check", "restore"):
        assert said[fault] in refused(command, copy)


@pytest.mark.usefixtures("sqlite")
def test_no_backup_is_written_over_and_none_is_half_made(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    assert "is there already" in refused("create", tmp_path / "there")
    assert "No such file" in refused("create", tmp_path / "nowhere/copy")
    assert (tmp_path / "there").read_text() == "mine"
    assert acts("backup.create") == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "there"]
    assert not list(settings().data_dir.glob(".backup-*"))


def test_a_copy_is_of_one_moment_while_somebody_writes(sqlite: Path, tmp_path: Path) -> None:
    with sqlite3.connect(sqlite) as writing:
        writing.execute("CREATE TABLE beside (n)")
        writing.commit()
        writing.execute("INSERT INTO beside VALUES (1)")
        Database.at(f"sqlite:///{sqlite}").copy_to(tmp_path / "copied")
    with sqlite3.connect(tmp_path / "copied") as copied:
        assert copied.execute("SELECT count(*) FROM beside").fetchall() == [(0,)]
        assert copied.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    writing.close()
    copied.close()


def test_without_the_programs_of_postgresql_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not on the path"):
        Database.at("postgresql+psycopg://nobody@127.0.0.1:9/none").copy_to(tmp_path / "copied")
    assert "postgresql-client" in MISSING


@pytest.mark.parametrize("tool", ["pg_dump", "pg_restore"])
def test_the_programs_of_postgresql_are_told_the_password_where_nobody_else_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    """A server of tests trusts everybody, so a stand-in of the program says what it was told."""
    stand_in = tmp_path / tool
    stand_in.write_text('#!/bin/sh\necho "$PGPASSWORD $*" >&2\nexit 1\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    address = make_url("postgresql+psycopg://somebody@127.0.0.1:9/cara").set(password="a-word")
    database = Database(address)
    monkeypatch.setattr(Database, "empty", lambda _self: None)
    act = database.copy_to if tool == "pg_dump" else database.fill_from
    with pytest.raises(BackupError, match=r"a-word .*--dbname=postgresql://somebody@127.0.0.1:9/"):
        act(tmp_path / "copied")


@pytest.mark.usefixtures("sqlite")
def test_a_backup_of_the_other_engine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("create", tmp_path / "copy")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setenv("CARA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    told = refused("restore", tmp_path / "copy")
    assert "holds a sqlite database and CARA_DATABASE_URL names a postgresql one" in told


@pytest.mark.usefixtures("sqlite")
def test_a_copy_that_runs_is_not_restored_over(tmp_path: Path) -> None:
    done("create", tmp_path / "copy")
    with sole_copy(Place(settings().data_dir, 8000)):
        told = refused("restore", tmp_path / "copy", "--over")
    assert "is already running" in told
