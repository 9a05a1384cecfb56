"""The figures as a file and a picture: what is measured anew takes the place of what was there.

A whole run is long and a run of one part is short, so the short one leaves the other parts as they
are. Each figure says when it was measured and of which version; the picture shows one version only.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.settings import ROOT
from tests.bench.figures import Figure, as_json
from tests.bench.plot import drawn
from tests.bench.together import Found

NAME, PICTURE = "bench.json", "bench.png"
Row = dict[str, Any]


def keep(folder: Path, facts: Row, found: Found, commit: str | None = None) -> None:
    """Write the figures among those that are there, and draw all of this version.

    ``commit`` is the version where it is not the one that git names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    measured = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
    measured["commit"] = _version() if commit is None else commit
    known = _known(folder / NAME)
    figures = [each | measured for each in as_json(found.figures)]
    sizes = [asdict(each) | measured for each in found.sizes]
    kept = {
        "machine": facts | measured,
        "figures": _merged(known.get("figures", []), figures, lambda each: each["part"]),
        "memory": found.memory or known.get("memory", {}),
        "sizes": _merged(
            known.get("sizes", []), sizes, lambda each: (each["engine"], each["places"])
        ),
    }
    (folder / NAME).write_text(json.dumps(kept, indent=1) + "\n")
    same = [each for each in kept["figures"] if each.get("commit") == measured["commit"]]
    drawn([_figure(each) for each in same], folder / PICTURE)


def _merged(old: Iterable[Row], new: Iterable[Row], which: Callable[[Row], object]) -> list[Row]:
    """The old ones but for those of which some are new, and the new ones."""
    anew = [*new]
    replaced = {which(each) for each in anew}
    return [*(each for each in old if which(each) not in replaced), *anew]


def _known(path: Path) -> Row:
    """What was kept before; nothing where that cannot be read: an hour's figures hang on it."""
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _figure(row: Row) -> Figure:
    return Figure(**{each.name: row[each.name] for each in fields(Figure)})


def _version() -> str:
    """What git calls this version, with a mark where files were changed since; "" without git."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
