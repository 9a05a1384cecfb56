"""How long until both answer, what they hold in memory, and what their training takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from cli import artefacts
from cli.house import ROOT
from tests.bench.figures import Figure, paired
from tests.bench.stock import running, training
from tests.bench.stock.training import WHOLE, Say, Took
from tests.bench.turn.peers import Ours, Peer, Stock, memory_of
from tests.journeys.running import READY, environment, free_port

START, MEMORY, TRAINING = 0.4, 0.8, 0.3
END_S = 30


def starts(ours: Path, model: Path, stock: Path, rounds: int, say: Say) -> Figure:
    """Seconds until each answers, on data that is there already; one after the other."""
    found = []
    for at in range(rounds):
        say(f"start {at + 1} of {rounds}: `make run`")
        one = _ours_ready(ours)
        say(f"{one:.1f} s; start {at + 1} of {rounds}: the peer")
        since = time.monotonic()
        with running.running(model, stock):
            found.append((one, time.monotonic() - since))
        say(f"{found[-1][1]:.1f} s")
    note = "make run to Ready; rasa run and its action server to a first answer"
    return paired("start", "second start until it answers", found, unit="s", times=START, note=note)


def _ours_ready(data_dir: Path) -> float:
    since = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "cli/bootstrap.py", "run"],
        cwd=ROOT.root,
        env=environment(data_dir, free_port()),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    try:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith(READY):
                return time.monotonic() - since
    finally:
        process.terminate()
        process.wait(END_S)
        if process.stdout:
            process.stdout.close()
    raise RuntimeError("`make run` never became ready:\n" + "".join(said))


def memories(ours: Ours, stock: Stock) -> tuple[Figure, dict[str, dict[str, float]]]:
    """Megabytes of all processes together; and of each."""
    each = {peer.name: _megabytes(peer) for peer in (ours, stock)}
    one, other = (sum(parts.values()) for parts in each.values())
    figure = Figure(
        "memory", "PSS of all processes together, after the turns", one, other,
        unit="MB", times=MEMORY, note=f"{len(each['ours'])} and {len(each['stock'])} processes",
    )  # fmt: skip
    return figure, each


def _megabytes(peer: Peer) -> dict[str, float]:
    return {name: round(held / 1e6, 1) for name, held in memory_of(peer).items()}


def trainings(folder: Path, stock: Took, say: Say) -> Iterator[Figure]:
    """Ours, trained anew where our data has changed since the last time, beside the peer's."""
    ours = _ours_trained(folder, say)
    note = (
        f"peer EXTRAPOLATED to {WHOLE} epochs of {stock.of:,} texts from {stock.epochs} epochs "
        f"of {stock.texts:,}, which took {stock.cpu:.0f} s"
    )
    yield Figure(
        "training", "processor time", ours.cpu, stock.whole, "s", times=TRAINING, note=note
    )
    held = Figure(
        "training",
        "memory at its highest",
        ours.memory / 1e6,
        stock.memory / 1e6,
        "MB",
        note="the peer's with its sample of the texts",
    )
    yield held


def _ours_trained(folder: Path, say: Say) -> Took:
    note = folder / f"ours-{artefacts.model_state(ROOT)}.json"
    if not note.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="cara-ours-") as out:
            log = Path(out) / "train.log"
            took = training.measured(_our_training(out), ROOT.root, log, say, "training ours")
        note.write_text(json.dumps(asdict(took)))
    return Took(**json.loads(note.read_text()))


def _our_training(out: str) -> Sequence[str | Path]:
    """What `make train` does for the model that understands messages (cli/artefacts.py)."""
    return (
        ROOT.rasa, "-m", "rasa", "train", "--config", "config.yml", "--domain", "bot/domain",
        "--data", "data/nlu", "data/stories", "--out", out, "--fixed-model-name", "ours",
    )  # fmt: skip


def load() -> str:
    """How busy the machine is."""
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())
