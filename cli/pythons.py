"""Finds the interpreters that both runtimes need; one counts only if running it proves it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

# 3.11 first: the requirement files are compiled for it and tested with it.
APPLICATION = ("3.11", "3.12", "3.13")
RASA = ("3.10",)

# The real path, past shims, and past an environment that happens to be active.
_PROBE = (
    "import os, sys; "
    "print('%d.%d' % sys.version_info[:2]); "
    "print(os.path.realpath(getattr(sys, '_base_executable', '') or sys.executable))"
)
_PATIENCE = 20


def probe(candidate: Path) -> tuple[str, Path] | None:
    """The version and the real path that this candidate prints; None where it is no Python."""
    try:
        answer = subprocess.run(  # noqa: S603
            [candidate, "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            check=True,
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return (answer[0], Path(answer[1])) if len(answer) == 2 else None


def candidates(version: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a Python of this version may be, nearest first: the path, then pyenv's versions."""
    folders = [Path(part) for part in environment.get("PATH", "").split(os.pathsep) if part]
    for name in (f"python{version}", "python3", "python"):
        yield from (folder / name for folder in folders if (folder / name).is_file())
    pyenv = Path(environment.get("PYENV_ROOT") or Path(environment.get("HOME", "/")) / ".pyenv")
    versions = sorted((pyenv / "versions").glob(f"{version}.*"), key=_patch, reverse=True)
    yield from (folder / f"bin/python{version}" for folder in versions)


def find(versions: Sequence[str], environment: Mapping[str, str]) -> Path | None:
    """The real path of the first Python that proves to be one of these versions, in their order."""
    for version in versions:
        if found := _first(version, candidates(version, environment)):
            return found
    return None


def _first(version: str, places: Iterable[Path]) -> Path | None:
    for place in places:
        answer = probe(place)
        if answer and answer[0] == version:
            return answer[1]
    return None


def _patch(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.split(".") if part.isdigit())
