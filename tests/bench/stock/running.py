"""The peer at work: its Rasa and its action server, until the first turn is answered."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cli import children, quarantine
from cli.house import ROOT
from tests.bench.stock.project import HERE
from tests.bench.turn.peers import Stock
from tests.bench.turn.said import ASKS, HELP
from tests.journeys.running import environment, free_port

PATIENCE_S = 600
PAUSE = 0.2


@contextmanager
def running(model: Path, folder: Path) -> Iterator[Stock]:
    """The peer with this model and its data in ``folder``; it is ready when it is given."""
    ports = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "rasa.log").open("ab") as log, (folder / "actions.log").open("ab") as other:
        processes = [_rasa(model, folder, ports, log), _actions(folder, ports[1], other)]
        try:
            stock = Stock(f"http://127.0.0.1:{ports[0]}", [each.pid for each in processes])
            _wait(stock, processes)
            yield stock
        finally:
            children.end(processes)


def prepare(folder: Path) -> None:
    """The tables and the starter directory, in which the action server searches."""
    command = [str(ROOT.app), "-c", "from cli.database import upgrade; upgrade()"]
    subprocess.run(command, cwd=ROOT.root, env=environment(folder, 0), check=True)


def _rasa(
    model: Path, folder: Path, ports: tuple[int, int], log: object
) -> subprocess.Popen[bytes]:
    told = quarantine.told(os.environ) | {
        "STOCK_ACTIONS_URL": f"http://127.0.0.1:{ports[1]}/webhook",
        "STOCK_TRACKER_DB": str(folder / "tracker.db"),
    }
    # It computes with all the processors that it finds.
    told.pop("OMP_NUM_THREADS")
    command = (
        ROOT.rasa, "-m", "rasa", "run", "--model", model, "--endpoints", HERE / "endpoints.yml",
        "--credentials", HERE / "credentials.yml", "--interface", "127.0.0.1",
        "--port", str(ports[0]),
    )  # fmt: skip
    return children.start(command, log, cwd=folder, environment=told)  # type: ignore[arg-type]


def _actions(folder: Path, port: int, log: object) -> subprocess.Popen[bytes]:
    told = environment(folder, 0) | {"SANIC_HOST": "127.0.0.1", "PYTHONPATH": str(ROOT.root)}
    command = (
        ROOT.app, "-m", "rasa_sdk", "--actions", "tests.bench.stock.actions", "--port", str(port),
    )  # fmt: skip
    return children.start(command, log, cwd=ROOT.root, environment=told)  # type: ignore[arg-type]


def _wait(stock: Stock, processes: list[subprocess.Popen[bytes]]) -> None:
    """Until a turn is answered; raises ``RuntimeError`` where a process ended."""
    until = time.monotonic() + PATIENCE_S
    with stock.client() as http:
        while time.monotonic() < until:
            if any(each.poll() is not None for each in processes):
                raise RuntimeError("The peer ended while it started; read its logs.")
            if _answers(stock, http):
                return
            time.sleep(PAUSE)
    raise RuntimeError("The peer never answered a turn.")


def _answers(stock: Stock, http: httpx.Client) -> bool:
    try:
        return any(stock.begin(http, HELP).turn(text) for text in ASKS)
    except (httpx.HTTPError, ValueError):
        return False
