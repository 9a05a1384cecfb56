"""The processes that make up a copy: their commands, and what each is told of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.artefacts import RASA_ENVIRONMENT
from cli.house import House
from cli.place import LOOPBACK, Place
from sites import all_sites

# What opens our tables and queues; Rasa is never given it (design D1).
KEPT_FROM_RASA = (
    "CARA_SECRET_KEY",
    "CARA_DATABASE_URL",
    "CARA_REDIS_URL",
    "CARA_SMTP_URL",
    "CARA_WEBHOOK_SECRET",
    "CARA_TEXTS_SECRET",
)


@dataclass(frozen=True)
class Part:
    """One process of a copy, and the environment that it is given."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def shared_environment(
    place: Place, ports: Mapping[str, int], outer: Mapping[str, str]
) -> dict[str, str]:
    """What every part is told: where the data and the other parts are."""
    return {
        "CARA_MODE": "demo",
        **outer,
        "DATA_DIR": str(place.data_dir),
        "PORT": str(place.port),
        "CARA_RASA_URL": f"http://{LOOPBACK}:{ports['rasa']}",
        "CARA_ACTIONS_URL": f"http://{LOOPBACK}:{ports['actions']}/webhook",
        "CARA_TRACKER_DB": str(place.data_dir / "rasa.db"),
    }


def web_part(house: House, place: Place, environment: Mapping[str, str]) -> Part:
    """What people reach; it answers them, and screens, before any other part is there."""
    return Part("web", _served(house, "bot.web.app:app", place.port), environment)


def inner_parts(
    house: House, ports: Mapping[str, int], model: Path, environment: Mapping[str, str]
) -> list[Part]:
    """What only the other parts reach; ``environment`` holds the keys of the wires between them."""
    return [
        Part("worker", (str(house.app), "-m", "cli.worker"), environment),
        Part("actions", _served(house, "actions.server:app", ports["actions"]), environment),
        Part(
            "rasa",
            rasa_command(house, model, ports["rasa"]),
            rasa_environment(house, environment),
        ),
    ]


def rasa_command(house: House, model: Path, port: int) -> tuple[str, ...]:
    """How Rasa is started: our endpoints and our one channel, on loopback."""
    return (
        str(house.rasa), "-m", "rasa", "run", "--model", str(model),
        "--endpoints", "bot/runtime/endpoints.yml",
        "--credentials", "bot/runtime/credentials.yml",
        "--interface", LOOPBACK, "--port", str(port),
    )  # fmt: skip


def rasa_environment(house: House, environment: Mapping[str, str]) -> dict[str, str]:
    """What Rasa may know of ``environment``: never the secret, our database or our queues."""
    kept_from_it = {*KEPT_FROM_RASA, *_secrets_of_sites()}
    known = {name: value for name, value in environment.items() if name not in kept_from_it}
    return {**known, **RASA_ENVIRONMENT, "PYTHONPATH": str(house.root)}


def _secrets_of_sites() -> set[str]:
    """The names under which the sites' receivers' secrets stand in the environment."""
    ways = [site.hand_over for site in all_sites().values()]
    return {way.secret_env for way in ways if way and way.secret_env}


def _served(house: House, application: str, port: int) -> tuple[str, ...]:
    return (
        str(house.app), "-m", "uvicorn", application, "--host", LOOPBACK, "--port", str(port),
        "--no-access-log", "--no-server-header",
    )  # fmt: skip
