"""Child processes that never outlive us, each in a process group of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Limits:
    """What a process may use, and all it starts: ``memory`` in bytes of its own (not shared, not
    read from files), open ``files``, and ``processors`` at a time."""

    memory: int
    files: int
    processors: int


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
    limits: Limits | None = None,
    ends: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command that writes to ``output``, reads nothing, and cannot live on without us.

    With ``limits`` it can neither go past them nor gain rights. ``ends`` are what else it has open.

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
        pass_fds=ends,
        # Nothing here starts a thread, which is what makes code between fork and exec unsafe.
        preexec_fn=partial(_prepare, os.getpid(), limits),
    )


def _prepare(parent: int, limits: Limits | None) -> None:
    _tie_to(parent)
    if limits:
        limit(limits)


def limit(limits: Limits) -> None:
    """Hold this process to ``limits``, and whatever it becomes or starts."""
    # Private memory rather than addresses, of which Rasa's libraries reserve what they never use.
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.files, limits.files))
    # A core file would hold what people said.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ours = sorted(os.sched_getaffinity(0))
        # Which of them differs by process, so that two copies do not share one.
        first = os.getpid() % len(ours)
        os.sched_setaffinity(0, (ours + ours)[first : first + limits.processors])
    if _libc is not None:
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


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


def kill(process: subprocess.Popen[bytes]) -> None:
    """End this process and all it started at once; for one that does not listen."""
    _signal_group(process, signal.SIGKILL)


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
