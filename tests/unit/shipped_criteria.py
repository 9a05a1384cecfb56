"""What the trained model has learned of officers' messages, read from its archive."""

from __future__ import annotations

import tarfile
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.runtime.criteria_learned import Learned
from bot.runtime.linear import Linear
from cli.artefacts import model_path
from cli.house import ROOT


@lru_cache(maxsize=1)
def learned() -> Learned:
    """The weights that the assistant serves with; fails where no model fits the data."""
    with tarfile.open(model_path(ROOT)) as archive, TemporaryDirectory() as folder:
        [kept] = [
            member
            for member in archive.getmembers()
            if "CriteriaReader" in member.name and member.isfile()
        ]
        archive.extract(kept, folder, filter="data")
        return Learned(Linear.load(Path(folder) / kept.name))
