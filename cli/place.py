"""Where one copy runs: its data, its ports, its lock on DATA_DIR, and ``run.json``."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.house import House, Trouble

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Place:
    """The data and the public port of one copy."""

    data_dir: Path
    port: int

    @property
    def url(self) -> str:
        """The address that a person types."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def run_file(self) -> Path:
        """What other commands read to find the inner ports of this copy."""
        return self.data_dir / "run.json"


def asked_for(house: House, environment: Mapping[str, str]) -> Place:
    """Where the copy that this environment asks for runs; raises ``Trouble`` at a bad PORT."""
    port = environment.get("PORT") or "8000"
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= HIGHEST_PORT):
        raise Trouble(f"PORT must be a number from 1 to {HIGHEST_PORT}, not {port!r}.")
    data_dir = Path(environment.get("DATA_DIR") or house.root / "var").resolve()
    return Place(data_dir, int(port))


def check_port(port: int) -> None:
    """Raises ``Trouble`` where something else listens on the public port."""
    with socket.socket() as probe:
        # As the server does, so that connections of the last copy still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            # Two may bind a port that nobody listens on yet; only one may listen.
            probe.listen()
        except PermissionError as error:
            raise Trouble(f"Port {port} is not allowed here. {_choose(8000)}") from error
        except OSError as error:
            raise Trouble(f"Port {port} is taken. {_choose(port + 1)}") from error


def _choose(port: int) -> str:
    return f"Choose another: make run PORT={port if port <= HIGHEST_PORT else 8000}"


def rasa_names(processes: int) -> list[str]:
    """What the Rasa processes of a copy are called: rasa, rasa-2 and so on."""
    return ["rasa", *(f"rasa-{number}" for number in range(2, processes + 1))]


def inner_ports(rasa: int = 1) -> dict[str, int]:
    """A free loopback port for each part that nobody outside may reach, all different.

    ``rasa`` is how many Rasa processes there are.
    """
    names = ["actions", *rasa_names(rasa)]
    with contextlib.ExitStack() as held:
        sockets = {name: held.enter_context(socket.socket()) for name in names}
        for each in sockets.values():
            each.bind((LOOPBACK, 0))
        return {name: each.getsockname()[1] for name, each in sockets.items()}


@contextmanager
def sole_copy(place: Place) -> Iterator[None]:
    """Hold this DATA_DIR for one copy; the kernel lets go of it however that copy ends.

    Raises ``Trouble`` where another living copy has it, or where it cannot be written.
    """
    try:
        place.data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(place.data_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Trouble(f"{place.data_dir} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Trouble(_already(place)) from error
    finally:
        os.close(lock)


def _already(place: Place) -> str:
    try:
        at = f" at {json.loads(place.run_file.read_text())['url']}"
    except (OSError, ValueError, KeyError):
        at = ""
    return (
        f"A copy that uses {place.data_dir} is already running{at}. "
        f"For a second one: make run DATA_DIR=./var2 PORT={place.port + 1}"
    )


def write_run_file(place: Place, ports: Mapping[str, int], model: Path) -> None:
    """Tell other commands of this user where the parts are; whole or not at all."""
    content = {"url": place.url, "pid": os.getpid(), "ports": dict(ports), "model": str(model)}
    draft = place.run_file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    draft.rename(place.run_file)
