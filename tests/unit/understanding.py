"""What the assistant makes of the texts of the blind sets, asked on the command line."""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from core.settings import ROOT
from tests.journeys.running import environment

Found = dict[str, Any]
Pairs = list[tuple[Found, Found]]
OUTSIDE = "out_of_scope"


def sets(pattern: str) -> list[Path]:
    """The files of development texts whose names fit."""
    return sorted((ROOT / "data/dev").glob(pattern))


def read(path: Path) -> Pairs:
    """Each text of a set as it is meant, beside what was understood."""
    items: list[Found] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [(item, _understood()[item["text"]]) for item in items]


@lru_cache(maxsize=1)
def _understood() -> dict[str, Found]:
    """Of every blind set at once, for Rasa takes long to start."""
    paths = sets("participant_blind*.yml")
    texts = [each["text"] for path in paths for each in yaml.safe_load(path.read_text("utf-8"))]
    with TemporaryDirectory() as folder:
        ran = subprocess.run(
            [str(ROOT / ".venv/bin/cara"), "understand"],
            input="".join(json.dumps({"text": text}) + "\n" for text in texts),
            capture_output=True,
            text=True,
            env=environment(Path(folder), 0),
            timeout=280,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    return dict(zip(texts, map(json.loads, ran.stdout.splitlines()), strict=True))
