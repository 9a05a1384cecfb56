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
from core.crypto import derived_key
from core.settings import BUILD, ROOT, settings

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
def rasa_alone() -> Iterator[str]:
    """Rasa by itself on a free port, with the newest model, ended at the end of the block."""
    port = _free_port()
    environment = rasa_environment(port_of_actions=9) | {"CARA_TRACKER_DB": ":memory:"}
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    log = (settings().data_dir / "understand.log").open("ab")
    process = subprocess.Popen(  # noqa: S603 - our own command
        rasa_command(newest_model(), port), env=environment, cwd=ROOT, stdout=log, stderr=log
    )
    try:
        _wait_until_alive(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def newest_model() -> Path:
    """The model trained last; raises ``SystemExit`` with a plain line when there is none."""
    models = sorted((BUILD / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise SystemExit("There is no trained model yet. Run: make setup")
    return models[-1]


def rasa_command(model: Path, port: int) -> list[str]:
    """How Rasa is started: our endpoints and our one channel, on loopback."""
    python = ROOT / ".venv-rasa" / "bin" / "python"
    parts = [
        "--endpoints",
        "bot/runtime/endpoints.yml",
        "--credentials",
        "bot/runtime/credentials.yml",
    ]
    where = ["--interface", "127.0.0.1", "--port", str(port)]
    return [str(python), "-m", "rasa", "run", "--model", str(model), *parts, *where]


def rasa_environment(port_of_actions: int) -> dict[str, str]:
    """What Rasa may know: keys of its two wires, never the secret nor our database."""
    hidden = ("CARA_SECRET_KEY", "CARA_DATABASE_URL", "CARA_REDIS_URL")
    return {key: value for key, value in os.environ.items() if key not in hidden} | {
        "CARA_CLAIMS_KEY": derived_key(CLAIMS).hex(),
        "CARA_ACTIONS_KEY": derived_key("actions").hex(),
        "CARA_ACTIONS_URL": f"http://127.0.0.1:{port_of_actions}/webhook",
        "CARA_TRACKER_DB": str(settings().data_dir / "rasa.db"),
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "OMP_NUM_THREADS": "1",
    }


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
