"""Each test has a folder, settings and, where it asks, a migrated database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from cli.database import upgrade
from core import limiting
from core.database import engine
from core.occasion import WORKER, process_is
from core.redis_waits import left_alone
from core.settings import ROOT, settings
from outreach.texts.providers import pace

SECRET = "a secret of thirty-two characters or more"
OURS = ("CARA_MODE", "CARA_DATABASE_URL", "CARA_REDIS_URL", "CARA_SECRET_KEY", "PORT")
# The server that was configured, else the one on this machine.
SERVERS = [
    url.replace("+psycopg", "")
    for url in (
        os.environ.get("CARA_DATABASE_URL", ""),
        "postgresql://postgres@127.0.0.1:5432/postgres",
        "postgresql://root@127.0.0.1:5432/postgres",
    )
    if url.startswith("postgresql")
]

# What one test spent of a limit is not missing in the next.
COUNTING = (limiting.limiter, limiting._of_this_process, pace._limiter)

if TYPE_CHECKING:
    from tests.unit.by_role import Staged

RunCara = Callable[..., subprocess.CompletedProcess[str]]


def forget() -> None:
    """What a process reads once is read again."""
    if engine.cache_info().currsize:
        engine().dispose()
    for remembered in (settings, engine, *COUNTING):
        remembered.cache_clear()
    left_alone.end()
    # A command that a test ran in this process had said so of the whole process.
    process_is(WORKER)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of this test's own, whatever the terminal that started it has set."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    forget()
    yield tmp_path / "data"
    forget()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file after the real migrations, with the people of the demonstration."""
    path = tmp_path_factory.mktemp("migrated") / "cara.db"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def server() -> str:
    """A PostgreSQL server on which databases may be made."""
    for url in SERVERS:
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return url
    if os.environ.get("CARA_REQUIRE_SERVICES") == "1":
        pytest.fail("CARA_REQUIRE_SERVICES=1, and no PostgreSQL answers")
    pytest.skip("no PostgreSQL answers")


@pytest.fixture(scope="session")
def migrated_server(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database after the real migrations."""
    name = f"cara_test_{uuid.uuid4().hex}"
    _administer(server, "CREATE DATABASE {}", name)
    _migrate(_url(server, name), tmp_path_factory.mktemp("migrated"))
    yield name
    _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def sqlite(migrated_file: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A migrated SQLite file of this test's own; gives its path."""
    # Whole from its first moment: what an earlier test left running may open it at any time.
    made = data_dir.with_name("made")
    made.mkdir()
    shutil.copy(migrated_file, made / "cara.db")
    made.rename(data_dir)
    monkeypatch.setenv("CARA_SECRET_KEY", SECRET)
    return data_dir / "cara.db"


@pytest.fixture(scope="session")
def kinds_file(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Staged]:
    """A SQLite file with one record of each kind and people of every role, and what they are."""
    from tests.unit.by_role import stage

    folder = tmp_path_factory.mktemp("kinds")
    shutil.copy(migrated_file, folder / "cara.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(folder))
        patch.setenv("CARA_SECRET_KEY", SECRET)
        forget()
        staged = stage()
        forget()
    return folder / "cara.db", staged


@pytest.fixture
def staged(
    kinds_file: tuple[Path, Staged], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Staged:
    """One record of each kind, in a SQLite file of this test's own."""
    data_dir.mkdir()
    shutil.copy(kinds_file[0], data_dir / "cara.db")
    monkeypatch.setenv("CARA_SECRET_KEY", SECRET)
    forget()
    return kinds_file[1]


@pytest.fixture
def empty_postgresql(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own; gives its address."""
    yield from _lent(server, "CREATE DATABASE {}", [], monkeypatch)


@pytest.fixture
def postgresql(server: str, migrated_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own; gives its address."""
    yield from _lent(server, "CREATE DATABASE {} TEMPLATE {}", [migrated_server], monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """A migrated database of either engine; gives the engine's name."""
    request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture
def run_cara() -> RunCara:
    """The `cara` command as an operator runs it, in a process of its own."""
    installed = Path(sys.executable).with_name("cara")
    entry = [sys.executable, "-c", "from cli.main import cara; cara(prog_name='cara')"]
    start = [str(installed)] if installed.exists() else entry

    def run(*arguments: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
        given = stdin if isinstance(stdin, bytes) else stdin.encode("utf-8", "surrogatepass")
        done = subprocess.run(
            [*start, *arguments], input=given, capture_output=True, cwd=ROOT, timeout=120
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


def _migrate(url: str, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARA_DATABASE_URL", url)
        patch.setenv("CARA_SECRET_KEY", SECRET)
        patch.setenv("DATA_DIR", str(folder))
        forget()
        upgrade()
        forget()


def _lent(
    server: str, make: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    name = f"cara_test_{uuid.uuid4().hex}"
    _administer(server, make, name, *names)
    monkeypatch.setenv("CARA_DATABASE_URL", _url(server, name))
    monkeypatch.setenv("CARA_SECRET_KEY", SECRET)
    # A thread that an earlier test left may have opened the file while the server was busy.
    forget()
    yield _url(server, name)
    forget()
    _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"
