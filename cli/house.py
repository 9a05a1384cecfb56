"""Where everything of one clone lies; set-up uses it before anything is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class Trouble(Exception):  # noqa: N818 - a state of affairs, told to people as it is
    """What keeps us from going on, in one plain line, with the end of the output that showed it."""

    def __init__(self, line: str, output: str = "") -> None:
        super().__init__(line)
        self.output = output


@dataclass(frozen=True)
class House:
    """One clone of the project, by its root."""

    root: Path

    @property
    def build(self) -> Path:
        """What set-up makes out of the sources; may be removed at any time."""
        return self.root / ".build"

    @property
    def assets(self) -> Path:
        """The compiled front-end files that the web process serves."""
        return self.build / "assets"

    @property
    def models(self) -> Path:
        """Trained models, each named by the digest of what it was trained from."""
        return self.build / "models"

    @property
    def app(self) -> Path:
        """The application's Python."""
        return self.root / ".venv/bin/python"

    @property
    def rasa(self) -> Path:
        """Rasa's Python."""
        return self.root / ".venv-rasa/bin/python"

    def requirements(self, name: str) -> Path:
        """The pinned and hashed requirement file of this name."""
        return self.root / "requirements" / f"{name}.txt"


ROOT = House(Path(__file__).resolve().parent.parent)


def files_under(*places: Path, suffix: str = "") -> list[Path]:
    """Every file of these files and folders, sorted, without what tools leave behind."""
    found = [
        path
        for place in places
        for path in ([place] if place.is_file() else place.rglob(f"*{suffix}"))
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    ]
    return sorted(found)


def digest(root: Path, files: Iterable[Path]) -> str:
    """One SHA-256 over names and contents, so that a moved file counts as a change too."""
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
