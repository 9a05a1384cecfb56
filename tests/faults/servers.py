"""A PostgreSQL server of a test's own, which it may stop and restart."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.conftest import absent
from tests.journeys.running import free_port

OURS, TRACKER, ROLE = "cara", "rasa", "cara"
# PostgreSQL refuses to run as root, which tests may be.
USERS = ("postgres", "nobody")


@contextmanager
def own_server() -> Iterator[Server]:
    """One that runs and has the two databases of a copy; at the end nothing of it is left."""
    # Not among the folders of pytest, which root alone may enter.
    with tempfile.TemporaryDirectory(prefix="cara-server-") as folder:
        if who := as_somebody():
            os.chown(folder, who["user"], who["group"])
        made = Server(Path(folder))
        try:
            made.make()
            yield made
        finally:
            made.stop("immediate")


@dataclass
class Server:
    """A PostgreSQL server on loopback, in a folder of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    restarts: int = 0

    def control(self, *words: str) -> None:
        """``pg_ctl``, which gives control when the server is up, or gone."""
        self.program("pg_ctl", "-D", self.data, "-l", f"{self.folder}/log", "-w", "-s", *words)

    def program(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [binaries() / name, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            **as_somebody(),
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{self.said()}"

    @property
    def data(self) -> str:
        return f"{self.folder}/data"

    def said(self) -> str:
        """The end of its log."""
        with suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")[-2000:]
        return ""

    def make(self) -> None:
        """The files of the server, and the two databases of a copy."""
        self.program(
            "initdb", "-D", self.data, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        self.start()
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for name in (OURS, TRACKER):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def start(self) -> None:
        self.control("-o", f"-p {self.port} -h 127.0.0.1 -k ''", "start")

    def stop(self, way: str) -> None:
        self.control("-m", way, "stop")

    def restart(self, way: str) -> None:
        self.restarts += 1
        self.control("-m", way, "restart")

    @contextmanager
    def away(self, way: str) -> Iterator[None]:
        """It is gone for a while."""
        self.stop(way)
        try:
            yield
        finally:
            self.start()

    def url(self, name: str) -> str:
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{name}"

    def ask(self, question: str, *given: object) -> Any:
        """One number or word of ours."""
        with psycopg.connect(self.url(OURS)) as connection:
            return (connection.execute(question.encode(), given).fetchone() or [None])[0]


def binaries() -> Path:
    """Where the server's programs are; skips where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    other = shutil.which("initdb")
    if not found and not other:
        absent("no PostgreSQL server is installed")
    return found[-1].parent if found else Path(str(other)).parent


def as_somebody() -> dict[str, Any]:
    """How a program is started by somebody who is not root."""
    if os.geteuid() != 0:
        return {}
    who = unprivileged()
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def unprivileged() -> pwd.struct_passwd:
    for name in USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    absent("nobody here but root")
    raise AssertionError("unreachable")
