"""A worker and a provider's system as real processes, for the tests of the hand-over."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from core.settings import ROOT, settings
from tests.journeys.running import free_port

SECRET_ENV = "CARA_HAND_OVER_HAMPSHIRE"
SECRET = "a secret between Hampshire and its provider"
PATIENCE = 60


@dataclass
class Receiver:
    """The provider's system: its address stays when it is killed and comes back."""

    file: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """It comes back; gives control when it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.receiver", str(self.port), str(self.file)],
            cwd=ROOT,
            env={**os.environ, "RECEIVER_SECRET": SECRET},
        )
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.TransportError):
                self.state()
                return
            assert time.monotonic() < until, "the receiver does not start"
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)

    def kill(self) -> None:
        """It is gone, in the middle of whatever it did."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def state(self, **until: int) -> dict[str, Any]:
        """What it has, at once or when ``keys`` or ``calls`` are here (``within`` so many s)."""
        found: dict[str, Any] = httpx.get(
            f"{self.url}/state", params=until, timeout=PATIENCE + 10
        ).json()
        return found


@contextmanager
def receiver(folder: Path) -> Iterator[Receiver]:
    """One that is not started yet."""
    made = Receiver(folder / "taken.jsonl")
    try:
        yield made
    finally:
        made.kill()


def start_worker() -> subprocess.Popen[bytes]:
    """The real worker over the database of this test."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.worker"],
        cwd=ROOT,
        env={**os.environ, SECRET_ENV: SECRET},
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def working() -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is asked to end at the end of the block."""
    process = start_worker()
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def asleep(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """It does nothing, and knows nothing of the time that passes.

    Not in the middle of writing: SQLite has one writer, for whom everybody would wait.
    """
    process.send_signal(signal.SIGSTOP)
    while somebody_writes():
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def somebody_writes() -> bool:
    """Whether the file of this test's database has its writer at this moment."""
    path = settings().data_dir / "cara.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as held:
        try:
            held.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        held.execute("ROLLBACK")
    return False
