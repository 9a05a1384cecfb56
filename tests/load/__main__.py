"""`make load`: more and more people at one copy, and where it is full; a table and var/load.json.

Two mixtures at once, as on a bad evening: a shift change in eight custody suites, and the people of
a workshop who text within ten minutes. A step holds where nothing failed, no more than one turn in
a hundred was told "busy", and 95 of 100 turns took less than two seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.pulse import HUNG_AFTER
from core.settings import ROOT
from tests.journeys import running

STEPS = (20, 40, 80, 160, 320)
LONGEST = 2_000.0
MOST_BUSY = 0.01
FACTS = "# users | turns a second | median | 95 of 100 | busy | failed | danger: 99 of 100"


@dataclass(frozen=True)
class Step:
    """So many people at once; milliseconds, and shares of the turns."""

    users: int
    turns_per_second: float
    median: float
    p95: float
    busy: float
    failed: int
    danger_p99: float

    @property
    def held(self) -> bool:
        """Whether everybody was served as they should be."""
        return not self.failed and self.busy <= MOST_BUSY and self.p95 <= LONGEST


def run_step(copy: running.Copy, token: str, users: int, seconds: int, folder: Path) -> Step:
    """Locust for so many seconds."""
    prefix = folder / f"step{users}"
    command = [
        sys.executable, "-m", "locust", "-f", "tests/load/locustfile.py", "--headless",
        "--host", copy.url, "-u", str(users), "-r", str(max(users // 8, 1)), "-t", f"{seconds}s",
        "--csv", str(prefix), "--only-summary", "--loglevel", "ERROR", "--exit-code-on-error", "0",
    ]  # fmt: skip
    subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"CARA_LOAD_OFFICER": token, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=seconds * 3 + 60,
    )
    with Path(f"{prefix}_stats.csv").open(encoding="utf-8", newline="") as rows:
        return read_step(users, list(csv.DictReader(rows)))


def read_step(users: int, rows: Sequence[dict[str, str]]) -> Step:
    """What locust's table says of one step."""
    total = next(row for row in rows if row["Name"] == "Aggregated")
    counted = int(total["Request Count"])
    busy = sum(int(row["Request Count"]) for row in rows if row["Name"].endswith(": busy"))
    danger = next((row for row in rows if row["Name"] == "danger"), None)
    return Step(
        users=users,
        turns_per_second=round(float(total["Requests/s"]), 1),
        median=float(total["50%"]),
        p95=float(total["95%"]),
        busy=round(busy / counted, 4) if counted else 0.0,
        failed=int(total["Failure Count"]),
        danger_p99=float(danger["99%"]) if danger else 0.0,
    )


def line(step: Step) -> str:
    """A step as a line of the table."""
    return (
        f"{step.users:7} | {step.turns_per_second:14} | {step.median:5.0f} ms | {step.p95:6.0f} ms"
        f" | {step.busy:5.1%} | {step.failed:6} | {step.danger_p99:.0f} ms"
        f"{'' if step.held else '   <- full'}"
    )


def main() -> int:
    """Steps until one does not hold, then one more to see that nothing collapses."""
    asked = argparse.ArgumentParser(prog="make load", description=__doc__)
    asked.add_argument("--steps", type=int, nargs="+", default=list(STEPS), help="people at once")
    asked.add_argument("--seconds", type=int, default=40, help="how long each step lasts")
    given = asked.parse_args()
    with TemporaryDirectory(prefix="cara-load-") as folder:
        copy = running.start(Path(folder) / "data", hung_after=HUNG_AFTER)
        try:
            steps = _steps(copy, given.steps, given.seconds, Path(folder))
        finally:
            running.stop(copy)
    held = [step for step in steps if step.held]
    full = f"held {held[-1].users} people at once" if held else "held not even the first step"
    print(
        f"{full}; a failure or an unanswered danger at no step: {not any(s.failed for s in steps)}"
    )
    out = ROOT / "var" / "load.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps([asdict(step) for step in steps], indent=1), encoding="utf-8")
    return 1 if any(step.failed for step in steps) else 0


def _steps(copy: running.Copy, users: Sequence[int], seconds: int, folder: Path) -> list[Step]:
    token = copy.staff_token()
    made: list[Step] = []
    print(FACTS, flush=True)
    for count in users:
        made.append(run_step(copy, token, count, seconds, folder))
        print(line(made[-1]), flush=True)
        if len(made) > 1 and not made[-1].held and not made[-2].held:
            break
    return made


if __name__ == "__main__":
    raise SystemExit(main())
