"""Each Rasa process held to a part of a core, as on a machine of its own that is slow.

On two cores with everything else on them one Rasa is not what a turn waits for, so a second shows
little. Held to a part of a core it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

# Of Linux's control groups a folder is a group, and who may make one may set its quota. Version 2
# has one tree for everything, which has to share out processors to groups; version 1 one of theirs.
FIRST, SECOND = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
RASA = "-m rasa run"
PERIOD_US = 20_000


def possible() -> bool:
    """Whether this machine lets us hold a process to a part of a core."""
    groups = _groups()
    return groups is not None and os.access(groups, os.W_OK)


def _groups() -> Path | None:
    """The group of everybody, in the version that this machine has."""
    if (FIRST / "cpu.cfs_quota_us").exists():
        return FIRST
    shared = SECOND / "cgroup.subtree_control"
    return SECOND if shared.exists() and "cpu" in shared.read_text().split() else None


@contextmanager
def narrowed(processes: Iterable[psutil.Process], share: float) -> Iterator[None]:
    """Every Rasa among these processes gets ``share`` of a core, until the end of the block."""
    with ExitStack() as stack:
        for each in processes:
            if RASA in " ".join(each.cmdline()):
                stack.enter_context(_held(each.pid, share))
        yield


@contextmanager
def _held(pid: int, share: float) -> Iterator[None]:
    groups = _groups()
    if groups is None:
        raise RuntimeError("No process may be held to a part of a core here.")
    group = groups / f"cara-bench-{pid}"
    group.mkdir()
    try:
        for name, value in limits(share, second=groups == SECOND).items():
            (group / name).write_text(value)
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        # One that was killed meanwhile is in no group any more.
        with suppress(ProcessLookupError):
            (groups / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def limits(share: float, *, second: bool) -> dict[str, str]:
    """The files of a group that gets ``share`` of a core, in either version."""
    quota = round(PERIOD_US * share)
    if second:
        return {"cpu.max": f"{quota} {PERIOD_US}"}
    return {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": str(quota)}
