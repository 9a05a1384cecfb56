"""A worker whose day has no night: what begins a text runs at any hour, and texts do not go at any.

No clock is moved. The rule looks at the hour of each text as it does always, and finds it in hours.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.settings import ROOT
from tests.faults.handing import PATIENCE

WORKER = """
from datetime import time
from outreach.texts import journey
journey.HOURS["day"] = (time.min, time.max)
from cli.worker import main
main()
"""


@contextmanager
def working() -> Iterator[subprocess.Popen[bytes]]:
    """The worker of this process's copy, until the end of the block."""
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)
