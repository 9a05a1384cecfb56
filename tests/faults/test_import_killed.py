"""An import is killed or stopped at any moment: all of the file is there or none of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from core.settings import ROOT
from tests.faults.handing import somebody_writes
from tests.unit.conftest import data_dir, migrated_file, sqlite  # noqa: F401 - fixtures
from tests.unit.directory import document
from tests.unit.exchanging import counts, csv_file

pytestmark = pytest.mark.usefixtures("sqlite")

ROWS, FEW = 300, 100
TICK = 0.005
# Of the time that a whole import takes, after which it is killed.
MOMENTS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def started(path: Path) -> subprocess.Popen[bytes]:
    """`cara directory import` as an operator runs it."""
    return subprocess.Popen(
        [str(ROOT / ".venv/bin/cara"), "directory", "import", str(path)],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(path: Path, after: float) -> None:
    """One that is killed after so many seconds, unless it is done by then."""
    process = started(path)
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
    process.kill()
    process.wait(10)


@contextmanager
def asleep_as_it_writes(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that is stopped while it holds the writer of the file, with what it wrote in hand."""
    process = started(path)
    while not somebody_writes():
        assert process.poll() is None, "it has ended, and was never seen to write"
        Event().wait(TICK)
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_a_file_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    rehearsal = [document(id=f"r-{n}", service_name=f"Rehearsed {n}") for n in range(ROWS)]
    begun = time.monotonic()
    assert started(csv_file(tmp_path / "rehearsal.csv", rehearsal)).wait(120) == 0
    whole = time.monotonic() - begun
    before = counts()[0]
    path = csv_file(
        tmp_path / "real.csv",
        [document(id=f"x-{n}", service_name=f"Service {n}") for n in range(ROWS)],
    )
    for moment in MOMENTS:
        killed(path, whole * moment)
        assert counts()[0] in (before, before + ROWS)
    assert started(path).wait(120) == 0
    assert counts()[0] == before + ROWS
    print(f"import of {ROWS} killed {len(MOMENTS)} times: whole or not at all, whole in the end")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGCONT], ids=["killed", "woken"])
def test_nothing_is_seen_of_a_file_whose_import_sleeps_as_it_writes(
    tmp_path: Path, end: signal.Signals
) -> None:
    path = csv_file(tmp_path / "file.csv", [document(id=f"x-{n}") for n in range(FEW)])
    before = counts()[0]
    with asleep_as_it_writes(path) as sleeper:
        assert somebody_writes()
        assert counts()[0] == before
        sleeper.send_signal(end)
        assert (sleeper.wait(120) == 0) == (end == signal.SIGCONT)
    assert counts()[0] == before + (FEW if end == signal.SIGCONT else 0)
