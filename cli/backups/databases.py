"""A whole database into one file and back, while it is in use: SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from cli.backups.sealing import BackupError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
MISSING = (
    "{tool} is not on the path. It comes with PostgreSQL's client programs (on Debian: apt install "
    "postgresql-client); it has to be as new as the server or newer."
)
_SIDES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Database:
    """One database; ``engine`` is SQLITE or POSTGRESQL."""

    url: URL

    @classmethod
    def at(cls, address: str) -> Database:
        """By its address; raises :class:`BackupError` for an engine that is neither."""
        found = cls(make_url(address))
        if found.engine not in (SQLITE, POSTGRESQL) or found.url.database in (None, ":memory:"):
            raise BackupError(f"A database of the kind {found.engine} cannot be backed up.")
        return found

    @property
    def engine(self) -> str:
        """SQLITE or POSTGRESQL, whatever the driver."""
        name = self.url.get_backend_name()
        return POSTGRESQL if name == "postgres" else name

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.database or "")

    def holds_anything(self) -> bool:
        """Whether there is a database with tables."""
        if self.engine == SQLITE:
            return self.path.exists() and self.path.stat().st_size > 0
        with self._connected() as connection:
            asked = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            found = connection.execute(asked).fetchone()
        return bool(found and found[0])

    def copy_to(self, target: Path) -> None:
        """Write all of it as of one moment, while others use it; raises :class:`BackupError`."""
        if self.engine == SQLITE:
            with (
                closing(sqlite3.connect(self.path)) as ours,
                closing(sqlite3.connect(target)) as to,
            ):
                ours.backup(to)
                # One file, without a log beside it.
                to.execute("PRAGMA journal_mode=DELETE")
            return
        self._run("pg_dump", ["--format=custom", "--compress=0", f"--file={target}"])

    def fill_from(self, source: Path) -> None:
        """Put what :meth:`copy_to` has written in the place of whatever is there."""
        if self.engine == SQLITE:
            self.empty()
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(source, _private(self.path))
            return
        self.empty()
        how = ["--exit-on-error", "--single-transaction"]
        self._run("pg_restore", [*how, f"--dbname={self._address()}"], str(source))

    def empty(self) -> None:
        """Remove whatever is there."""
        if self.engine == SQLITE:
            for end in ("", *_SIDES):
                self.path.with_name(self.path.name + end).unlink(missing_ok=True)
            return
        with self._connected() as connection:
            for statement in ("DROP SCHEMA IF EXISTS public CASCADE", "CREATE SCHEMA public"):
                connection.execute(sql.SQL(statement))

    def _connected(self) -> psycopg.Connection:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            return psycopg.connect(plain, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise BackupError("The database does not answer.") from error

    def _address(self) -> str:
        """Without the password, which every program of this machine could read."""
        # Its `set` takes None for "as it was".
        return self.url._replace(drivername="postgresql", password=None).render_as_string()

    def _run(self, tool: str, how: Sequence[str], *files: str) -> None:
        found = shutil.which(tool)
        if found is None:
            raise BackupError(MISSING.format(tool=tool))
        about = [*how, "--no-owner", "--no-privileges", "--no-password"]
        if tool == "pg_dump":
            about.append(f"--dbname={self._address()}")
        secret = {"PGPASSWORD": str(self.url.password)} if self.url.password else {}
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, with our own address
            [found, *about, *files], env=os.environ | secret, capture_output=True, text=True
        )
        if done.returncode:
            told = done.stderr.strip().splitlines()
            raise BackupError(f"{tool} did not succeed: {told[0] if told else 'it says not why'}")


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path
