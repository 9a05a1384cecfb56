"""The first door: set up what is missing, then run, test or check.

Started with whatever `python3` is there, so standard library only.
What is in step with its sources is not made again.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - an older one must be told, not met by a traceback
    sys.exit("Python 3.10 or later must be the `python3` of the path. Install it and try again.")

import errno
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cli import artefacts, children, environments, quarantine, requirement_files
from cli.computing import computing
from cli.house import ROOT, House, Trouble
from cli.place import asked_for, check_port, sole_copy
from cli.progress import Progress

MADE_HERE = (
    ".venv", ".venv-rasa", ".bootstrap", ".build", ".rasa", "node_modules", ".mypy_cache",
    ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One thing that set-up makes: what it was made from is kept as its stamp."""

    title: str
    stamp: Path
    state: Callable[[], str]
    product: Callable[[], Path]
    work: Callable[[Progress], None]

    def due(self) -> bool:
        """Whether its product is missing or was made from something else."""
        try:
            made_from = self.stamp.read_text()
        except OSError:
            return True
        return made_from != self.state() or not self.product().exists()

    def take(self, progress: Progress) -> None:
        """Do it, and note what it was made from only once it is done."""
        self.stamp.unlink(missing_ok=True)
        with progress.step(self.title):
            self.work(progress)
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.state())


def steps(house: House, kind: str) -> list[Step]:
    """Everything that a copy needs before it starts, in order; ``kind`` is app or dev."""
    stamps = house.build / "stamps"
    # Tools for tests that are already there stay: `make run` takes nothing away.
    kind = "dev" if _stamped(stamps / "app").startswith("dev ") else kind
    return [
        Step(
            "The application's Python packages",
            stamps / "app",
            partial(environments.app_state, house, kind),
            lambda: house.app.with_name("cara"),
            partial(environments.make_app, house, kind),
        ),
        Step(
            "Rasa's own Python 3.10 and its packages",
            stamps / "rasa",
            partial(environments.rasa_state, house),
            lambda: house.rasa,
            partial(environments.make_rasa, house),
        ),
        Step(
            "The front-end packages",
            stamps / "packages",
            partial(artefacts.packages_state, house),
            lambda: house.root / "node_modules/.bin/sass",
            partial(artefacts.install_packages, house),
        ),
        Step(
            "The styles and scripts of the pages",
            stamps / "assets",
            partial(artefacts.assets_state, house),
            lambda: house.assets,
            partial(artefacts.build_assets, house),
        ),
        Step(
            "The list of places and postcodes",
            stamps / "places",
            partial(artefacts.places_state, house),
            lambda: house.build / "places.csv",
            partial(artefacts.build_places, house),
        ),
        Step(
            "The classifier of the safety screen",
            stamps / "classifier",
            partial(artefacts.classifier_state, house),
            lambda: artefacts.signed(artefacts.classifier_path(house)),
            partial(artefacts.train_classifier, house),
        ),
        Step(
            "The model that understands messages",
            stamps / "model",
            partial(artefacts.model_state, house),
            lambda: artefacts.signed(artefacts.model_path(house)),
            partial(artefacts.train, house),
        ),
    ]


def take(wanted: Sequence[Step]) -> None:
    """Take the steps that are due, each with its line; silent where none is."""
    due = [step for step in wanted if step.due()]
    progress = Progress(len(due))
    for step in due:
        step.take(progress)


def run(house: House, _words: Sequence[str]) -> None:
    """Set up, then become the supervisor, which starts everything."""
    # Told before the minutes that a first set-up takes, not after.
    place = asked_for(house, os.environ)
    with sole_copy(place):
        check_port(place.port)
    with _alone(house):
        take(steps(house, "app"))
    children.die_with_parent(signal.SIGTERM)
    os.execv(house.app, [str(house.app), "-m", "cli.supervisor"])  # noqa: S606


def test(house: House, words: Sequence[str]) -> None:
    """Set up with the tools for tests, then become pytest; without words, run everything."""
    with _alone(house):
        take(steps(house, "dev"))
    # What is measured is measured as it is served.
    os.environ.update({**computing(), **os.environ})
    pytest = [str(house.app), "-m", "pytest"]
    if words:
        os.execv(house.app, [*pytest, *words])  # noqa: S606
    # The faults stop parts and time what is answered meanwhile: nothing else may run beside them.
    alone = subprocess.call([*pytest, "tests/faults"])  # noqa: S603
    beside = subprocess.call([*pytest, "-n2", "--dist=loadfile", "--ignore=tests/faults"])  # noqa: S603
    sys.exit(alone or beside)


def lint(house: House, words: Sequence[str]) -> None:
    """Set up the two runtimes, then become the checks."""
    with _alone(house):
        take(steps(house, "dev")[:2])
    os.execv(house.app, [str(house.app), "-m", "cli.checks", *words])  # noqa: S606


def setup(house: House, _words: Sequence[str]) -> None:
    """Set up everything and start nothing."""
    with _alone(house):
        take(steps(house, "app"))
    print("Everything is set up. Next: make run")


def train(house: House, _words: Sequence[str]) -> None:
    """Train again, whatever models are there."""
    with _alone(house):
        for name in ("classifier", "model"):
            (house.build / "stamps" / name).unlink(missing_ok=True)
        take(steps(house, "app"))


def nlu_report(house: House, words: Sequence[str]) -> None:
    """Set up the runtimes, then become the report, in Rasa's Python."""
    with _alone(house):
        take(steps(house, "app")[:2])
    environment = os.environ | quarantine.RASA_ENVIRONMENT | {"PYTHONPATH": str(house.root)}
    os.execve(house.rasa, [str(house.rasa), "-m", "measures.report", *words], environment)  # noqa: S606


def bench(house: House, words: Sequence[str]) -> None:
    """Set up with the tools for tests, then become the measuring of ours beside its peers."""
    with _alone(house):
        take(steps(house, "dev"))
    os.execv(house.app, [str(house.app), "-m", "tests.bench", *words])  # noqa: S606


def soak(house: House, words: Sequence[str]) -> None:
    """Set up with the tools for tests, then become the long day at one copy."""
    with _alone(house):
        take(steps(house, "dev"))
    os.execv(house.app, [str(house.app), "-m", "tests.soak", *words])  # noqa: S606


def load(house: House, words: Sequence[str]) -> None:
    """Set up with the tools for tests, then become more and more people at one copy."""
    with _alone(house):
        take(steps(house, "dev"))
    os.execv(house.app, [str(house.app), "-m", "tests.load", *words])  # noqa: S606


def audit(house: House, words: Sequence[str]) -> None:
    """Set up the tools, then ask what is known against the packages that we use."""
    with _alone(house):
        take(steps(house, "dev")[:1])
    os.execv(house.app, [str(house.app), "-m", "cli.supply", "audit", *words])  # noqa: S606


def sbom(house: House, words: Sequence[str]) -> None:
    """Set up the tools, then list what each runtime is made of."""
    with _alone(house):
        take(steps(house, "dev")[:1])
    os.execv(house.app, [str(house.app), "-m", "cli.supply", "sbom", *words])  # noqa: S606


def requirements(house: House, words: Sequence[str]) -> None:
    """Pin and hash again what our requirement sources ask for."""
    with _alone(house):
        progress = Progress(len(requirement_files.COMPILED) + 1)
        for name in requirement_files.COMPILED:
            with progress.step(f"requirements/{name}.txt"):
                uv = environments.find_uv(house, progress)
                requirement_files.compile_file(house, uv, name, words, progress)
        with progress.step("package-lock.json"):
            requirement_files.lock_packages(house, words, progress)


def clean(house: House, _words: Sequence[str]) -> None:
    """Remove what set-up made; what people entered (DATA_DIR) is never touched."""
    for path in [*(house.root / name for name in MADE_HERE), *house.root.glob("*.egg-info")]:
        shutil.rmtree(path, ignore_errors=True)


TASKS: tuple[Callable[[House, Sequence[str]], None], ...] = (
    run, test, nlu_report, lint, bench, load, soak, setup, train, requirements, audit, sbom, clean,
)  # fmt: skip
COMMANDS = {each.__name__: each for each in TASKS}


@contextmanager
def _alone(house: House) -> Iterator[None]:
    """Two set-ups of one clone at the same time wait for each other."""
    house.build.mkdir(parents=True, exist_ok=True)
    with (house.build / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another set-up of this folder is at work; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamped(stamp: Path) -> str:
    try:
        return stamp.read_text()
    except OSError:
        return ""


def main(arguments: Sequence[str], house: House = ROOT) -> int:
    """Run one command; whatever is missing is told in one plain line. Returns the exit status."""
    if not arguments or arguments[0] not in COMMANDS:
        print(f"Usage: python3 cli/bootstrap.py {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    children.stop_on_signals()
    try:
        COMMANDS[arguments[0]](house, arguments[1:])
    except Trouble as trouble:
        print("\n".join(filter(None, (trouble.output, str(trouble)))), file=sys.stderr)
        return 1
    except OSError as error:
        print(_plain(error), file=sys.stderr)
        return 1
    except children.Stopped:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def _plain(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full. Make room and try again."
    return f"{error.filename}: {error.strerror}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
