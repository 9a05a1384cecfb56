"""The processes that make up a copy: their commands, and what each is told of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cli import quarantine, wires
from cli.children import Limits
from cli.computing import computing
from cli.house import House
from cli.place import LOOPBACK, Place

WEB, ACTIONS = "bot.web.app:app", "actions.server:app"


@dataclass(frozen=True)
class Part:
    """One process of a copy, and what it is given.

    ``refusal`` is asked before each start: the reason why it must not start, or nothing.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    limits: Limits | None = None
    refusal: Callable[[], str] = str


def shared_environment(
    place: Place, ports: Mapping[str, int], outer: Mapping[str, str]
) -> dict[str, str]:
    """What every part is told: where the data and the other parts are."""
    return {
        "CARA_MODE": "demo",
        **computing(),
        **outer,
        "DATA_DIR": str(place.data_dir),
        "PORT": str(place.port),
        "CARA_RASA_URL": ",".join(
            f"http://{LOOPBACK}:{port}" for name, port in ports.items() if is_rasa(name)
        ),
        "CARA_ACTIONS_URL": f"http://{LOOPBACK}:{ports['actions']}/webhook",
        "CARA_TRACKER_DB": wires.tracker(
            outer.get("CARA_TRACKER_URL", ""), place.data_dir / "rasa/rasa.db"
        ),
    }


def web_part(house: House, place: Place, environment: Mapping[str, str]) -> Part:
    """What people reach; it answers them, and screens, before any other part is there."""
    return Part("web", served(house, WEB, place.port), environment)


def inner_parts(
    house: House, ports: Mapping[str, int], model: Path, environment: Mapping[str, str]
) -> list[Part]:
    """What only the other parts reach; ``environment`` holds the keys of the wires between them."""
    return [
        Part("worker", (str(house.app), "-m", "cli.worker"), environment),
        Part("actions", served(house, ACTIONS, ports["actions"]), environment),
        *(
            _rasa_part(house, name, port, model, environment)
            for name, port in ports.items()
            if is_rasa(name)
        ),
    ]


def is_rasa(name: str) -> bool:
    """Whether a part is one of the Rasa processes."""
    return name.partition("-")[0] == "rasa"


def _rasa_part(
    house: House, name: str, port: int, model: Path, environment: Mapping[str, str]
) -> Part:
    folder = quarantine.room(Path(environment["DATA_DIR"]))
    return Part(
        name,
        quarantine.command(house, model, port),
        quarantine.environment(house, model, port, folder, environment),
        quarantine.LIMITS,
        partial(quarantine.refusal, house, model),
    )


def served(house: House, application: str, port: int, address: str = LOOPBACK) -> tuple[str, ...]:
    """How one of our applications is served at an address of this machine.

    A connection is kept for longer than those who ask keep theirs: else it closes under a message.
    """
    return (
        str(house.app), "-m", "uvicorn", application, "--host", address, "--port", str(port),
        "--timeout-keep-alive", "75", "--no-access-log", "--no-server-header",
        "--log-config", "core/logging.yml",
    )  # fmt: skip
