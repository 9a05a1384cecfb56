"""Finding the running copy of a data folder, or starting Rasa alone for a report."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.channels.rasa_client import CLAIMS, RasaClient
from cli import children, quarantine
from cli.house import ROOT
from cli.shelf import Shelf
from core.crypto import derived_key
from core.settings import settings

LONGEST_START = 90.0


def url_of_running_rasa(data_dir: Path) -> str | None:
    """The address of Rasa in the running copy of ``data_dir``, if one answers."""
    try:
        running = json.loads((data_dir / "run.json").read_text())
        url = f"http://127.0.0.1:{running['ports']['rasa']}"
    except (OSError, ValueError, KeyError):
        return None
    return url if RasaClient(url).alive() else None


@contextmanager
def rasa_alone(model: Path | None = None) -> Iterator[str]:
    """Rasa by itself on a free port, ended at the end of the block.

    With the model that a copy of this data folder would start with, unless another is named.
    """
    house, port = ROOT, _free_port()
    model = model or Shelf.of(settings().data_dir).chosen(house)[0]
    if not model.exists():
        raise SystemExit("There is no model that fits the data yet. Run: make setup")
    keys = {"CARA_CLAIMS_KEY": derived_key(CLAIMS).hex(), "CARA_ACTIONS_KEY": "none"}
    wires = {"CARA_ACTIONS_URL": "http://127.0.0.1:9/webhook", "CARA_TRACKER_DB": "sqlite://"}
    if reason := quarantine.refusal(house, model):
        raise SystemExit(reason)
    room = quarantine.room(settings().data_dir)
    log = (settings().data_dir / "understand.log").open("ab")
    process = children.start(
        quarantine.command(house, model, port),
        log,
        cwd=house.root,
        environment=quarantine.environment(
            house, model, port, room, {**os.environ, **keys, **wires}
        ),
        limits=quarantine.LIMITS,
    )
    try:
        _wait_until_alive(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        children.end([process])
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_alive(url: str, process: subprocess.Popen[bytes]) -> None:
    client, until = RasaClient(url), time.monotonic() + LONGEST_START
    while not client.alive():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit("Rasa did not start; see understand.log in the data folder.")
        time.sleep(0.2)
