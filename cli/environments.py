"""Makes the two runtimes: uv, an interpreter for each, and exactly the pinned packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cli import pythons
from cli.house import House, Trouble, digest
from cli.progress import Progress

NO_UV = "uv could not be installed with pip. Install uv, or Python's venv and pip, and try again."


def version_of(environment: Path) -> str:
    """The interpreter's version as the environment records it; empty where there is none."""
    try:
        lines = (environment / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return ""
    fields = {key.strip(): value.strip() for key, _, value in (ln.partition("=") for ln in lines)}
    return fields.get("version_info", fields.get("version", ""))


def app_state(house: House, kind: str) -> str:
    """What the application's environment holds when it is in step with its sources."""
    sources = [house.requirements(kind), house.root / "pyproject.toml"]
    return f"{kind} {version_of(house.root / '.venv')} {digest(house.root, sources)}"


def rasa_state(house: House) -> str:
    """What Rasa's environment holds when it is in step with its sources."""
    total = digest(house.root, [house.requirements("rasa")])
    return f"rasa {version_of(house.root / '.venv-rasa')} {total}"


def make_app(house: House, kind: str, progress: Progress) -> None:
    """The application's packages (``kind`` is app or dev), and the project so that `cara` runs."""
    uv = find_uv(house, progress)
    _make(house, uv, house.app, pythons.APPLICATION, house.requirements(kind), progress)
    progress.run(
        [uv, "pip", "install", "--python", house.app, "--no-deps", "--no-build-isolation",
         "--editable", house.root],
        cwd=house.root,
        failure="The `cara` command could not be installed. The lines above say why.",
    )  # fmt: skip


def make_rasa(house: House, progress: Progress) -> None:
    """Rasa's packages in a Python 3.10 of their own."""
    uv = find_uv(house, progress)
    _make(house, uv, house.rasa, pythons.RASA, house.requirements("rasa"), progress)


def find_uv(house: House, progress: Progress) -> Path:
    """The uv of the path, or ours, which pip installs once into ``.bootstrap``.

    Raises ``Trouble`` where neither can be had.
    """
    bootstrap = house.root / ".bootstrap"
    ours = bootstrap / "bin/uv"
    for candidate in (shutil.which("uv"), ours):
        if candidate and _runs(candidate):
            return Path(candidate)
    progress.run(
        [sys.executable, "-m", "venv", "--clear", bootstrap], cwd=house.root, failure=NO_UV
    )
    progress.run(
        [bootstrap / "bin/python", "-m", "pip", "install", "--require-hashes", "--no-deps",
         "--requirement", house.requirements("bootstrap")],
        cwd=house.root,
        failure=NO_UV,
    )  # fmt: skip
    return ours


def find_python(uv: Path, versions: Sequence[str], home: Path, progress: Progress) -> Path:
    """An interpreter of one of these versions, fetched by uv where this machine has none.

    Raises ``Trouble`` with one line that says where it was looked for.
    """
    if found := pythons.find(versions, os.environ):
        return found
    version = versions[0]
    missing = (
        f"No Python {version} was found: not on the path, not among pyenv's versions, and "
        f"`uv python install {version}` failed. Install Python {version} and try again."
    )
    try:
        progress.run([uv, "python", "install", version], cwd=home, failure=missing)
        printed = progress.run(
            [uv, "python", "find", "--managed-python", version], cwd=home, failure=missing
        )
    except Trouble as trouble:
        raise Trouble(missing) from trouble
    answer = pythons.probe(Path(printed.strip().splitlines()[-1]))
    if not answer or answer[0] != version:
        raise Trouble(missing)
    return answer[1]


def _make(
    house: House,
    uv: Path,
    python: Path,
    versions: Sequence[str],
    requirements: Path,
    progress: Progress,
) -> None:
    present = pythons.probe(python) if python.exists() else None
    if not present or present[0] not in versions:
        base = find_python(uv, versions, house.root, progress)
        progress.run(
            [uv, "venv", "--clear", "--python", base, python.parent.parent],
            cwd=house.root,
            failure=f"No environment could be made with {base}. The lines above say why.",
        )
    progress.run(
        [uv, "pip", "sync", "--python", python, "--require-hashes", requirements],
        cwd=house.root,
        failure=f"The packages of {requirements.name} could not be installed. "
        "The lines above say why.",
    )


def _runs(candidate: str | Path) -> bool:
    try:
        done = subprocess.run([candidate, "--version"], capture_output=True, timeout=20)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
