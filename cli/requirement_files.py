"""The requirement files: how they are pinned, and what it means that they are in step."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from cli.house import House, Trouble
from cli.progress import Progress

# In order: the pins of an earlier file bind a later one.
COMPILED: dict[str, tuple[str, ...]] = {
    "bootstrap": ("--universal", "--python-version", "3.10"),
    "app": ("--universal", "--python-version", "3.11"),
    "dev": ("--universal", "--python-version", "3.11", "--constraints", "requirements/app.txt"),
    "rasa": ("--python-version", "3.10"),
}

_STAMP = "# of "
_OPTION = re.compile(r"^--requirement\s+(\S+)|^-r\s+(\S+)")


def sources(house: House, name: str) -> list[Path]:
    """The .in file of this name and those it takes in, in reading order."""
    return _with_included(house.root / "requirements" / f"{name}.in")


def _with_included(path: Path) -> list[Path]:
    found = [path]
    for line in path.read_text().splitlines():
        if match := _OPTION.match(line):
            found += _with_included(path.parent / (match[1] or match[2]))
    return found


def wanted(house: House, name: str) -> list[str]:
    """The requirements that the sources of this name ask for, as written."""
    lines = (
        line.partition(" #")[0].strip()
        for path in sources(house, name)
        for line in path.read_text().splitlines()
    )
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def stamp(house: House, name: str) -> str:
    """The first line of the pinned file: the digest of the sources it was compiled from."""
    joined = b"\0".join(path.read_bytes() for path in sources(house, name))
    return _STAMP + hashlib.sha256(joined).hexdigest()


def compile_file(
    house: House, uv: Path, name: str, words: Sequence[str], progress: Progress
) -> None:
    """Pin and hash one file; pins that still fit stay, unless ``words`` hold ``--upgrade``."""
    target = house.requirements(name)
    draft = target.with_suffix(".new")
    if target.exists():
        draft.write_text(target.read_text())
    try:
        progress.run(
            [uv, "pip", "compile", f"requirements/{name}.in", "--output-file", draft,
             "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
             *COMPILED[name], *words],
            cwd=house.root,
            failure=f"requirements/{name}.in cannot be resolved. The lines above say why.",
        )  # fmt: skip
        draft.write_text(f"{stamp(house, name)}\n{_without_comments(draft.read_text())}")
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def lock_packages(house: House, words: Sequence[str], progress: Progress) -> None:
    """Lock what package.json asks for, without the hosts that npm writes beside it."""
    lock = house.root / "package-lock.json"
    if "--upgrade" in words:
        lock.unlink(missing_ok=True)
    progress.run(
        ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=house.root,
        failure="package.json cannot be resolved. The lines above say why.",
    )
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        # An address to give money to is of no use to an installer.
        package.pop("funding", None)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if "://" in text:
        raise Trouble("package-lock.json names a host. Look for :// in it.")
    lock.write_text(text)
