"""What an operator can run about a part, in the words of whatever tends it here.

A demonstration is tended by `make run`. Production is tended by systemd or by containers
(``deploy/``), and a process cannot tell by which, so its operator is told of both.
"""

from __future__ import annotations

from core.settings import settings

# No unit of ours: it is Debian's own.
_UNITS = {"database": "postgresql*"}


def start() -> str:
    """How what does not run is started; what runs already is left as it is."""
    if settings().demo:
        return "Start: make run."
    return "Start: systemctl start cara.target (in containers: docker compose up --detach)."


def read(part: str) -> str:
    """Where a part says what is wrong; ``part`` as ``/readyz`` names it."""
    if settings().demo:
        return f"Read {settings().data_dir / 'logs' / part}.log."
    kind = part.partition("-")[0]
    unit = _UNITS.get(kind, f"cara-{kind}@*")
    return f"Read: journalctl --unit='{unit}' (in containers: docker compose logs)."


def set_up() -> str:
    """How models are made that fit the data."""
    if settings().demo:
        return "Run: make setup."
    return "Run make setup where it is installed, or build the images: docs/how-to/deploying.md."


def folder() -> str:
    """How the folder of the data comes to be."""
    if settings().demo:
        return "Start a copy: make run."
    return "Make it, for the user of the service alone, or mend DATA_DIR: docs/how-to/deploying.md."
