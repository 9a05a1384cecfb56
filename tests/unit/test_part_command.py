"""`cara part`: what it refuses to start, and how a part is told of the others."""

from __future__ import annotations

import socket
import struct
import subprocess
import uuid
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from cli import part, wires
from cli.computing import computing
from cli.house import Trouble
from cli.parts import shared_environment
from cli.place import Place
from core.settings import ROOT
from tests.journeys.coordinator import wait_until
from tests.journeys.running import environment, free_port
from tests.unit.conftest import SECRET, RunCara

COMPLETE = {
    "CARA_MODE": "production",
    "CARA_SECRET_KEY": SECRET,
    "CARA_DATABASE_URL": "postgresql://cara@127.0.0.1:9/cara",
    "CARA_REDIS_URL": "redis://127.0.0.1:9/0",
    "CARA_PUBLIC_URL": "https://cara.example",
    "CARA_RASA_URL": "http://127.0.0.1:9",
    "CARA_ACTIONS_URL": "http://127.0.0.1:9/webhook",
    "CARA_TRACKER_URL": "postgresql://rasa@127.0.0.1:9/rasa",
    "CARA_CLAIMS_KEY": "c" * 64,
    "CARA_ACTIONS_KEY": "a" * 64,
}


@pytest.mark.parametrize(("name", "needed"), part.NEEDS.items())
def test_production_is_refused_what_it_was_not_told(name: str, needed: tuple[str, ...]) -> None:
    told = {**COMPLETE, needed[0]: "", needed[-1]: None}
    port = [] if name == "worker" else ["--port", "9"]
    done = CliRunner(env=told).invoke(part.part_command, [name, *port])
    assert done.exit_code == 1
    file = "rasa" if name == "rasa" else "cara"
    told_of = f"Set {needed[0]} and {needed[-1]} (deploy/{file}.env.example)."
    assert done.output == f"Error: {told_of}\n"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "cara.example"])
def test_a_part_listens_at_one_address_of_this_machine(address: str) -> None:
    asked = ["web", "--port", "9", "--address", address]
    done = CliRunner(env=COMPLETE).invoke(part.part_command, asked)
    assert done.exit_code == 1
    assert "--address" in done.output


def test_a_part_does_not_start_on_a_secret_that_is_too_short(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in (COMPLETE | {"CARA_SECRET_KEY": "short"}).items():
        monkeypatch.setenv(key, value)
    done = run_cara("part", "worker")
    assert (done.returncode, "too short" in done.stderr) == (1, True)


def test_the_keys_of_rasa_s_wires_are_made_from_our_secret(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_SECRET_KEY", SECRET)
    made = dict(line.split("=") for line in run_cara("part", "keys").stdout.splitlines())
    assert set(made) == {"CARA_CLAIMS_KEY", "CARA_ACTIONS_KEY"}
    assert all(len(bytes.fromhex(value)) == 32 for value in made.values())
    assert made["CARA_CLAIMS_KEY"] != made["CARA_ACTIONS_KEY"]


# What Rasa is told, by number


def test_a_tracker_of_its_own_is_told_by_number_and_keeps_its_name() -> None:
    told = wires.tracker("postgresql://r:p%40ss@localhost/rasa?sslmode=verify-full", Path("none"))
    assert told == (
        "postgresql+psycopg2://r:p%40ss@localhost:5432/rasa?sslmode=verify-full&hostaddr=127.0.0.1"
    )


def test_what_a_url_says_of_another_address_is_not_believed() -> None:
    told = wires.tracker("postgresql://r@127.0.0.1:6/rasa?hostaddr=192.0.2.1", Path("none"))
    assert told == "postgresql+psycopg2://r@127.0.0.1:6/rasa?hostaddr=127.0.0.1"


def test_without_one_the_tracker_is_a_file() -> None:
    assert wires.tracker("", Path("/data/rasa/rasa.db")) == "sqlite:////data/rasa/rasa.db"


def test_make_run_tells_rasa_the_same(tmp_path: Path) -> None:
    outer = {"CARA_TRACKER_URL": "postgresql://r@localhost/rasa"}
    told = shared_environment(Place(tmp_path, 8001), {"actions": 1, "rasa": 2}, outer)
    assert told["CARA_TRACKER_DB"].startswith(
        "postgresql+psycopg2://r@localhost:5432/rasa?hostaddr="
    )


def test_a_folder_that_rasa_would_take_for_a_server_is_refused() -> None:
    with pytest.raises(Trouble, match="Choose another DATA_DIR"):
        wires.tracker("", Path("/srv/postgresql/rasa.db"))


@pytest.mark.parametrize("url", ["mysql://r@127.0.0.1/rasa", "postgresql:///rasa", "rasa.db"])
def test_a_tracker_that_the_walls_do_not_know_is_refused(url: str) -> None:
    with pytest.raises(Trouble, match="has to begin with postgresql://"):
        wires.tracker(url, Path("none"))


def test_a_name_that_nobody_knows_is_told_before_rasa_starts() -> None:
    with pytest.raises(Trouble, match=r"not known here: nowhere\.invalid"):
        wires.by_number("http://nowhere.invalid:8100/webhook")


def test_the_actions_are_told_by_number() -> None:
    assert wires.by_number("http://localhost:8100/webhook") == "http://127.0.0.1:8100/webhook"


# Whoever started it hears that it lives


def test_web_is_told_how_to_multiply(tmp_path: Path) -> None:
    command = [str(ROOT / ".venv/bin/cara"), "part", "web", "--port", str(free_port())]
    told = environment(tmp_path, 0) | {
        "CARA_RASA_URL": "http://127.0.0.1:9",
        "CARA_ACTIONS_URL": "http://127.0.0.1:9/webhook",
    }
    with subprocess.Popen(command, env=told, stderr=subprocess.DEVNULL) as part:
        try:
            web = psutil.Process(part.pid)
            wait_until(lambda: "uvicorn" in web.cmdline())
            assert computing().items() <= web.environ().items()
        finally:
            part.terminate()


def test_a_part_tells_systemd_that_it_answers_and_goes_on(tmp_path: Path) -> None:
    address = f"\0cara-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(60)
        systemd.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        told = environment(tmp_path, 0) | {"NOTIFY_SOCKET": address.replace("\0", "@")}
        command = [str(ROOT / ".venv/bin/cara"), "part", "actions", "--port", str(free_port())]
        with subprocess.Popen(command, env=told, stderr=subprocess.DEVNULL) as part:
            try:
                heard = [systemd.recvmsg(100, 100) for _ in range(2)]
            finally:
                part.terminate()
    for said, about, _, _ in heard:
        assert said == b"READY=1\nWATCHDOG=1"
        # Systemd believes the process that it started, and no other.
        assert struct.unpack("iii", about[0][2])[0] == part.pid


def test_where_systemd_is_said_to_listen_and_does_not_that_is_told(tmp_path: Path) -> None:
    told = environment(tmp_path, 0) | {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    command = [str(ROOT / ".venv/bin/cara"), "part", "worker"]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, "NOTIFY_SOCKET: " in done.stderr) == (1, True)
