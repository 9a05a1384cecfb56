"""A part that hangs: who tends it hears no sign of life, ends it and starts it again."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from core.pulse import HUNG_AFTER
from tests.unit.test_supervisor import Watched, steady, wait_for  # noqa: F401 - a fixture

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

SIGNS = """
import os, time
while True:
    os.write(int(os.environ["CARA_PULSE"]), b".")
    print("a sign", flush=True)
    time.sleep(0.01)
"""


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def read(log: Path) -> bool:
    return log.exists() and "a sign" in log.read_text()


def test_a_part_that_gives_no_sign_of_life_any_more_is_ended_and_starts_again(
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path, sys.executable, "-c", SIGNS)
    first = watched.pid()
    assert first
    try:
        wait_for(lambda: read(watched.log))
        os.kill(first, signal.SIGSTOP)
        wait_for(lambda: stopped(first))
        watched.supervisor.tick()
        watched.let_pass(HUNG_AFTER)
        watched.see_it_end()
        assert watched.said == [
            "part gives no sign of life and is ended.",
            f"part ended (SIGKILL) and starts again in 1 s. Its log: {watched.log}",
        ]
        watched.let_pass(1)
        # Nobody expects a sign before its first.
        watched.let_pass(HUNG_AFTER)
        assert watched.pid() not in (None, first)
    finally:
        watched.supervisor.stop()


def test_a_part_that_gives_none_at_all_goes_on(steady: Watched) -> None:
    first = steady.pid()
    steady.let_pass(HUNG_AFTER)
    steady.let_pass(HUNG_AFTER)
    assert (steady.pid(), steady.said) == (first, [])
