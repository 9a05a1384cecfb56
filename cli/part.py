"""`cara part`: one process of a copy by itself, as units and containers (``deploy/``) start it.

`make run` starts and tends all of them; in production that is done by systemd or by containers, and
each part is told by its environment where the others are. The process becomes the part, so whoever
started it sees that one's end. Rasa has the same walls as under `make run` (docs/decisions/0023).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

import click
from pydantic import ValidationError

from cli import children, parts, quarantine, wires
from cli.computing import computing
from cli.house import ROOT, House, Trouble
from cli.place import LOOPBACK
from cli.shelf import Shelf
from core.pulse import with_systemds_end

# What production has to say to each; a demonstration falls back to what `make run` would.
OURS = ("CARA_SECRET_KEY", "CARA_DATABASE_URL", "CARA_REDIS_URL", "CARA_PUBLIC_URL")
KEYS = ("CARA_CLAIMS_KEY", "CARA_ACTIONS_KEY")
NEEDS = {
    "web": (*OURS, "CARA_RASA_URL", "CARA_ACTIONS_URL", "CARA_TRACKER_URL"),
    "actions": OURS,
    "worker": (*OURS, "CARA_TRACKER_URL"),
    "rasa": (*KEYS, "CARA_ACTIONS_URL", "CARA_TRACKER_URL"),
}

port_option = click.option("--port", type=click.IntRange(1, 65535), required=True)
address_option = click.option(
    "--address", default=LOOPBACK, show_default=True, help="a number of this machine's own"
)


@click.group("part")
def part_command() -> None:
    """One process of a copy by itself (docs/how-to/deploying.md)."""


@part_command.command("web")
@port_option
@address_option
def web(port: int, address: str) -> None:
    """What people reach, by way of the proxy in front."""
    _refuse_unless_told("web")
    _check_settings()
    command = parts.served(ROOT, parts.WEB, port, _own(address))
    _become(command, {**computing(), **os.environ})


@part_command.command("actions")
@port_option
@address_option
def actions(port: int, address: str) -> None:
    """What Rasa asks; several on one machine share one port, and outlive each other."""
    _refuse_unless_told("actions")
    _check_settings()
    listening = _listening(_own(address), port)
    command = (*parts.served(ROOT, parts.ACTIONS, port), "--fd", str(listening.detach()))
    _become(command, {**os.environ, "CARA_ACTIONS_KEY": _keys(os.environ)["CARA_ACTIONS_KEY"]})


@part_command.command("worker")
def worker() -> None:
    """What leaves, and what ends: any number may run, and every machine with web needs one."""
    _refuse_unless_told("worker")
    _check_settings()
    _become((str(ROOT.app), "-m", "cli.worker"), os.environ)


@part_command.command("rasa")
@port_option
@address_option
def rasa(port: int, address: str) -> None:
    """Rasa in its quarantine; it hears none of our secrets but the keys of its own wires."""
    _refuse_unless_told("rasa")
    try:
        command, environment = rasa_command(ROOT, port, _own(address), os.environ)
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from trouble
    children.limit(quarantine.LIMITS)
    _become(command, environment)


@part_command.command("keys")
def keys() -> None:
    """Print the keys of Rasa's wires, made from CARA_SECRET_KEY, for the environment of Rasa."""
    _check_settings()
    for name, value in _keys({}).items():
        click.echo(f"{name}={value}")


def rasa_command(
    house: House, port: int, address: str, outer: Mapping[str, str]
) -> tuple[Sequence[str], Mapping[str, str]]:
    """How Rasa is started and in what; raises ``Trouble`` where it must not be."""
    data_dir = Path(outer.get("DATA_DIR") or house.root / "var").resolve()
    model, note = Shelf.of(data_dir).chosen(house)
    if note:
        click.echo(note)
    if reason := quarantine.refusal(house, model):
        raise Trouble(reason)
    room = quarantine.room(data_dir)
    told = {
        **outer,
        **_keys(outer),
        "CARA_ACTIONS_URL": wires.by_number(outer["CARA_ACTIONS_URL"]),
        "CARA_TRACKER_DB": wires.tracker(outer.get("CARA_TRACKER_URL", ""), room / "rasa.db"),
        "CARA_RASA_INTERFACE": address,
    }
    return (
        quarantine.command(house, model, port, address),
        quarantine.environment(house, model, port, room, told),
    )


def _missing(part: str, outer: Mapping[str, str]) -> list[str]:
    """What production does not say; a demonstration needs only what cannot be guessed."""
    if outer.get("CARA_MODE") == "production":
        needed: Sequence[str] = NEEDS[part]
    else:
        needed = [name for name in NEEDS[part] if name in ("CARA_RASA_URL", "CARA_ACTIONS_URL")]
    return [name for name in needed if not outer.get(name)]


def _refuse_unless_told(part: str) -> None:
    if missing := _missing(part, os.environ):
        example = "rasa" if part == "rasa" else "cara"
        told = f"Set {' and '.join(missing)} (deploy/{example}.env.example)."
        raise click.ClickException(told)


def _keys(outer: Mapping[str, str]) -> dict[str, str]:
    """The keys of Rasa's wires: as they are given, else made from our secret."""
    if all(outer.get(name) for name in KEYS):
        return {name: outer[name] for name in KEYS}
    from core.keys import derived_key

    made = {
        "CARA_CLAIMS_KEY": derived_key("rasa claims").hex(),
        "CARA_ACTIONS_KEY": derived_key("actions").hex(),
    }
    return {name: outer.get(name) or value for name, value in made.items()}


def _own(address: str) -> str:
    """A number: a name could come to mean another machine, and "all" means too many."""
    try:
        found = ip_address(address)
    except ValueError:
        raise click.ClickException(f"--address takes a number, not {address!r}.") from None
    if found.is_unspecified:
        raise click.ClickException("--address names one address: 0.0.0.0 would face everybody.")
    return str(found)


def _listening(address: str, port: int) -> socket.socket:
    """A socket at a port that the others of its kind share; the kernel spreads what comes."""
    version = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(version, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((address, port))
    except OSError as error:
        raise click.ClickException(f"{address}:{port}: {error.strerror}.") from error
    made.set_inheritable(True)
    return made


def _check_settings() -> None:
    """As the `cara` command does for every other; Rasa's part must not need our secret."""
    from core.settings import settings

    try:
        settings()
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise click.ClickException(told) from error


def _become(command: Sequence[str], environment: Mapping[str, str]) -> None:
    os.chdir(ROOT.root)
    try:
        environment = with_systemds_end(environment)
    except OSError as error:
        raise click.ClickException(f"NOTIFY_SOCKET: {error.strerror}.") from error
    try:
        os.execve(command[0], [*command], environment)  # noqa: S606
    except OSError as error:
        raise click.ClickException(f"{command[0]}: {error.strerror}. Run: make setup") from error
