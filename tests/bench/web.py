"""One web process, as a copy runs it, over the directory that is measured."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from core.settings import ROOT
from tests.journeys.running import environment, free_port

# Seconds: the safety screen is loaded first, which takes long on a machine that is busy.
PATIENCE_S = 60


@contextmanager
def serving(data_dir: Path, extra: Mapping[str, str]) -> Iterator[str]:
    """The process on a free port, without Rasa; gives its address once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bot.web.app:app", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log", "--log-level", "warning"],
        cwd=ROOT,
        env={**environment(data_dir, port), **extra},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            httpx.get(f"{url}/healthz", timeout=PATIENCE_S).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
