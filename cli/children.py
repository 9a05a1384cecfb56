"""Child processes that never outlive us, each in a process group of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Stopped(BaseException):
    """Somebody asked us to end; not an ``Exception``, so that no handler on the way swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send us this signal when our parent ends, however it ends (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, number)


def start(
    command: Sequence[str | Path],
    output: IO[bytes],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command that writes to ``output``, reads nothing, and cannot live on without us.

    Raises ``OSError`` where the command cannot be run.
    """
    return subprocess.Popen(  # noqa: S603
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=environment,
        start_new_session=True,
        # Nothing here starts a thread, which is what makes code between fork and exec unsafe.
        preexec_fn=partial(_tie_to, os.getpid()),
    )


def _tie_to(parent: int) -> None:
    die_with_parent()
    if os.getppid() != parent:
        # It ended before we asked to be told.
        os._exit(1)


def end(processes: Sequence[subprocess.Popen[bytes]], grace: float = 5.0) -> None:
    """End these processes and all they started: asked first, after ``grace`` seconds killed."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + grace
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        # Also where the leader has ended: what it started may still be there.
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def stop_on_signals() -> None:
    """From now on Ctrl-C, TERM and a closed terminal raise ``Stopped`` in the main thread."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup a closed terminal is ignored on purpose.
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, _stop)


def ignore_signals() -> None:
    """From now on an impatient second Ctrl-C does not interrupt the tidying-up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)
