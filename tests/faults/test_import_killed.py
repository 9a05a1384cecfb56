"""An import that is killed at any moment: all of the file is there or none, and again is enough."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.unit.conftest import data_dir, migrated_file, sqlite  # noqa: F401 - fixtures
from tests.unit.directory import document
from tests.unit.exchanging import counts, csv_file

pytestmark = pytest.mark.usefixtures("sqlite")

ROWS = 300
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
