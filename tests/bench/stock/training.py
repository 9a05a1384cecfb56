"""Trains the peer, once for each state of our data; what it took is kept beside the model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cli import quarantine
from cli.house import ROOT, digest, files_under
from tests.bench.stock.project import HERE, write

WHOLE = 100
SAY_EVERY = 15.0
_BAR = re.compile(r"Epochs: 100%\|[^|]*\| *(\d+)/\1 \[(?:(\d+):)?(\d+):(\d+)<")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Took:
    """What a training took: seconds of the clock and of processors, and bytes at its highest.

    ``epochs`` are those of each learner, and ``in_epochs`` the seconds that all learners spent in
    them; ``texts`` of ``of`` were learned.
    """

    seconds: float
    cpu: float
    memory: int
    texts: int = 0
    of: int = 0
    epochs: int = 0
    in_epochs: float = 0.0

    @property
    def whole(self) -> float:
        """Processor seconds with all epochs of all texts: as measured, or extrapolated from fewer.

        What is not in the epochs counts as it was: it grows with the texts too, but little.
        """
        if not self.epochs:
            return self.cpu
        learning = self.cpu * self.in_epochs / self.seconds
        all_epochs = learning * (WHOLE / self.epochs) * (self.of / self.texts)
        return self.cpu - learning + all_epochs


def trained(folder: Path, epochs: int, most: int, say: Say) -> tuple[Path, Took]:
    """The peer's model, from ``folder`` where it was trained before from the same sources."""
    model = folder / f"stock-{_state(epochs, most)}.tar.gz"
    note = model.with_suffix(".json")
    if not (model.exists() and note.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="cara-stock-") as project:
            say("writing the peer's project from our texts")
            texts, whole = write(Path(project), epochs, most)
            took = replace(_train(Path(project), texts, epochs, say), of=whole)
            (Path(project) / "models/stock.tar.gz").replace(model)
        note.write_text(json.dumps(asdict(took)))
    return model, Took(**json.loads(note.read_text()))


def measured(command: Sequence[str | Path], cwd: Path, log: Path, say: Say, what: str) -> Took:
    """Run a training to its end; raises ``RuntimeError`` with its last lines where it fails."""
    since = time.monotonic()
    environment = quarantine.told(os.environ) | {
        "PYTHONPATH": str(ROOT.root), "PYTHONHASHSEED": "0", "RASA_MAX_CACHE_SIZE": "0",
    }  # fmt: skip
    # The peer computes with all the processors that it finds, as it would anywhere.
    environment.pop("OMP_NUM_THREADS")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env=environment, stdout=out, stderr=out
        )
        said, usage = since, None
        while usage is None:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            usage = used if ended else None
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                say(f"{what}: {said - since:.0f} s")
            time.sleep(0.2)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{what} failed:\n{log.read_text(errors='replace')[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Took(time.monotonic() - since, cpu, usage.ru_maxrss * 1024)


def in_epochs(log: str) -> int:
    """Seconds that the learners spent in their epochs, by the bars that they drew."""
    total = 0
    for line in log.split("\n"):
        # A bar is drawn over itself in one line, its end more than once.
        for _, hours, minutes, seconds in _BAR.findall(line)[-1:]:
            total += int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return total


def _train(project: Path, texts: int, epochs: int, say: Say) -> Took:
    command = (
        ROOT.rasa, "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml",
        "--data", "data", "--out", "models", "--fixed-model-name", "stock",
    )  # fmt: skip
    log = project / "train.log"
    took = measured(command, project, log, say, f"training the peer on {texts:,} texts")
    # As bytes: reading text would turn what redraws a line into its end.
    spent = in_epochs(log.read_bytes().decode(errors="replace"))
    return replace(took, texts=texts, of=texts, epochs=epochs, in_epochs=spent)


def _state(epochs: int, most: int) -> str:
    root = ROOT.root
    makers = [root / "bot/runtime" / f"{name}.py" for name in ("needs", "phrases", "text")]
    ours = [HERE / name for name in ("config.yml", "domain.yml", "stories.yml", "project.py")]
    sources = files_under(root / "data/nlu", *ours, *makers, root / "requirements/rasa.txt")
    return f"{digest(root, sources)[:12]}-{epochs}-{most}"
