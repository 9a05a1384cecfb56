"""Each Rasa process held to a part of a core, as on a machine of its own that is slow.

On two cores with everything else on them one Rasa is not what a turn waits for, so a second shows
little. Held to a part of a core it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.turn.peers import Peer

# Of Linux's control groups, version 1: a folder is a group, and who may make one may set its quota.
GROUPS = Path("/sys/fs/cgroup/cpu")
RASA = "-m rasa run"
PERIOD_US = 20_000


def possible() -> bool:
    """Whether this machine lets us hold a process to a part of a core."""
    return (GROUPS / "cpu.cfs_quota_us").exists() and os.access(GROUPS, os.W_OK)


@contextmanager
def narrowed(peers: Iterable[Peer], share: float) -> Iterator[None]:
    """Every Rasa process of these peers gets ``share`` of a core, until the end of the block."""
    with ExitStack() as stack:
        for peer in peers:
            for each in peer.processes():
                if RASA in " ".join(each.cmdline()):
                    stack.enter_context(_held(each.pid, share))
        yield


@contextmanager
def _held(pid: int, share: float) -> Iterator[None]:
    group = GROUPS / f"cara-bench-{pid}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(round(PERIOD_US * share)))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (GROUPS / "cgroup.procs").write_text(str(pid))
        group.rmdir()
