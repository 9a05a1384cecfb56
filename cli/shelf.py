"""Models that were learned from use, each with its number; which of them serves; and the way back.

Read by what starts a copy before anything else is there, so standard library only. Number 0 is the
model of the project's own data, which set-up trains.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cli import quarantine
from cli.artefacts import model_path, model_state
from cli.house import House, Trouble
from core import signing

OWN = 0
KEPT = 5


@dataclass
class Version:
    """One trained model: from which project data (``base``) and which examples, and its figures."""

    number: int
    made_at: str
    base: str
    lessons: str
    examples: int
    promoted: bool
    measures: list[dict[str, Any]]


@dataclass
class Shelf:
    """The versions of one data folder. ``served`` are those that served, the last one now.

    ``own_measures`` are the figures of number 0, with what they were measured on.
    """

    folder: Path
    versions: list[Version] = field(default_factory=list)
    served: list[int] = field(default_factory=lambda: [OWN])
    own_measures: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, data_dir: Path) -> Shelf:
        """The shelf as it is kept; an empty one where nothing was ever learned."""
        folder = data_dir / "learned"
        try:
            kept = json.loads((folder / "models.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(folder)
        versions = [Version(**each) for each in kept["versions"]]
        return cls(folder, versions, kept["served"], kept["own_measures"])

    @property
    def serving(self) -> int:
        """The number of the model that a copy takes when it starts."""
        return self.served[-1]

    def version(self, number: int) -> Version:
        """Raises ``Trouble`` where there is none of that number."""
        for each in self.versions:
            if each.number == number:
                return each
        raise Trouble(f"There is no version {number}. List them: cara nlu models")

    def path(self, number: int) -> Path:
        """Where the model of a learned version lies."""
        return self.folder / "models" / f"{number:04}.tar.gz"

    @property
    def next_number(self) -> int:
        """Numbers are never used twice."""
        return max((each.number for each in self.versions), default=OWN) + 1

    def add(self, version: Version) -> None:
        """Put it on the shelf; a promoted one serves from the next start on."""
        self.versions.append(version)
        if version.promoted:
            self.served.append(version.number)
        self._forget_old()
        self.save()

    def back(self, house: House, number: int | None = None) -> int:
        """Let an earlier one serve: the one before, or that of ``number``. Gives its number.

        Raises ``Trouble`` where there is none before, or that one cannot serve.
        """
        if number is None:
            if len(self.served) == 1:
                raise Trouble("The project's own model serves already; there is nothing before it.")
            number = self.served[-2]
        if number == self.serving:
            raise Trouble(f"Version {number} serves already.")
        if reason := self._cannot_serve(house, number):
            raise Trouble(reason)
        # From where one went back, one does not go back again: what served before it is left.
        before = self.served[: self.served.index(number)] if number in self.served else self.served
        self.served = [*before, number]
        self.save()
        return number

    def chosen(self, house: House) -> tuple[Path, str]:
        """The model that a copy starts with, and what has to be said about it, if anything."""
        if self.serving == OWN:
            return model_path(house), ""
        reason = self._cannot_serve(house, self.serving)
        if reason:
            return model_path(house), f"{reason} The project's own model serves instead."
        return self.path(self.serving), f"Learned model, version {self.serving}."

    def save(self) -> None:
        """Whole or not at all, for its owner alone."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.folder / "models.json.new"
        draft.unlink(missing_ok=True)
        kept = {key: value for key, value in asdict(self).items() if key != "folder"}
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(kept, file, indent=1)
        draft.replace(self.folder / "models.json")

    def _cannot_serve(self, house: House, number: int) -> str:
        if number == OWN:
            return ""
        version = self.version(number)
        if not version.promoted:
            return f"Version {number} was not promoted, so it cannot serve."
        if version.base != model_state(house):
            return (
                f"Version {number} was learned on top of other project data than there is now. "
                "Learn again: cara nlu learn."
            )
        if not self.path(number).exists():
            return f"The model of version {number} is gone."
        if quarantine.refusal(house, self.path(number)):
            return (
                f"The model of version {number} is not as this installation signed it. "
                "Learn again: cara nlu learn."
            )
        return ""

    def _forget_old(self) -> None:
        kept = {each.number for each in self.versions if each.promoted}
        kept = set(sorted(kept)[-KEPT:]) | {self.serving}
        for path in (self.folder / "models").glob("*.tar.gz"):
            if int(path.name.removesuffix(".tar.gz")) not in kept:
                signing.remove(path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else learns here meanwhile; raises ``Trouble`` where somebody does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Trouble("Somebody else is learning here. Wait until that is done.") from error
        yield
