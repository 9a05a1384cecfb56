"""The quarantine of Rasa: what it is told, what it may use, and what it may load.

Its libraries are past their end of life (docs/decisions/0023), so it is told little and given
little. Set-up reads this too, so standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cli.children import Limits
from cli.computing import computing
from cli.house import House
from core.signing import UntrustedError, trusted

LOOPBACK = "127.0.0.1"
GUARD = Path(__file__).with_name("guard")

# Rasa's noise and its calls home, off wherever we start it.
RASA_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    "OMP_NUM_THREADS": "1",
    # It asks one thing of its tracker's database after the other.
    "SQL_POOL_SIZE": "2",
    "SQL_MAX_OVERFLOW": "2",
}

# All that Rasa hears of ours: what a program needs to run here, and its own wires.
HEARS = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE",
    # On some processors numbers are wrong without these.
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
    "CARA_CLAIMS_KEY", "CARA_ACTIONS_URL", "CARA_ACTIONS_KEY", "CARA_TRACKER_DB",
    "CARA_RASA_INTERFACE",
)  # fmt: skip

# All that it reads of this clone, beside its model.
READS = ("bot/__init__.py", "bot/runtime", "data/nlu")

# Measured with our model: 0.4 GiB of private memory, 0.55 GiB of addresses, 9 open files. One
# processor, since Rasa computes in one thread: the others stay with what answers danger.
LIMITS = Limits(memory=3 * 2**30, files=1024, processors=1)


def told(outer: Mapping[str, str]) -> dict[str, str]:
    """What Rasa may know of an environment: named here or not at all."""
    heard = {name: outer[name] for name in HEARS if name in outer}
    return computing() | heard | RASA_ENVIRONMENT


def room(data_dir: Path) -> Path:
    """The one folder that Rasa writes to, with its tracker; made where it is missing."""
    made = data_dir / "rasa"
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Where the tracker lay before it had a room of its own.
    for old in data_dir.glob("rasa.db*"):
        old.replace(made / old.name)
    return made


def environment(
    house: House, model: Path, port: int, room: Path, outer: Mapping[str, str]
) -> dict[str, str]:
    """What Rasa runs in: what it may know, with our guard ahead of everything of its own."""
    reads = [*(str(house.root / name) for name in READS), str(model)]
    return told(outer) | {
        "PYTHONPATH": f"{GUARD}{os.pathsep}{house.root}",
        "HOME": str(room),
        "TMPDIR": str(room),
        "CARA_RASA_PORT": str(port),
        "CARA_RASA_READS": os.pathsep.join(reads),
    }


def command(house: House, model: Path, port: int, interface: str = LOOPBACK) -> tuple[str, ...]:
    """How Rasa is started: our endpoints and our one channel, on loopback if nothing is said."""
    return (
        str(house.rasa), "-m", "rasa", "run", "--model", str(model),
        "--endpoints", "bot/runtime/endpoints.yml",
        "--credentials", "bot/runtime/credentials.yml",
        "--interface", interface, "--port", str(port),
    )  # fmt: skip


def refusal(house: House, model: Path) -> str:
    """Why Rasa must not load this model; empty where this installation trained it."""
    try:
        trusted(model, house.root)
    except UntrustedError as error:
        return str(error)
    except OSError as error:
        return f"{model} cannot be read: {error.strerror}."
    return ""
