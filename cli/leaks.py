"""Looks for secrets in everything that is committed, and for names of package registries."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from cli.house import House

ACCEPTED = "docs/no-secrets.yml"
# Hashes by the thousand, and texts that people might say.
NOT_READ = ("data/", "requirements/", "package-lock.json")
PICTURES = (".png", ".svg")
# ruff (S105 to S107) sees words like "password"; an address is no secret.
NOT_ASKED = ("KeywordDetector", "IPPublicDetector")
# Written so that this file names none.
REGISTRIES = re.compile(
    r"registry\.npmjs\.org|registry\.yarnpkg\.com|pypi\.org|pythonhosted\.org|deb\.debian\.org"
)


def committed(house: House) -> list[str]:
    """What is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=house.root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (house.root / name).is_file()]


def leaks(house: House) -> list[str]:
    """A line for each secret, or what looks like one, that nobody has said is none."""
    names = [
        name
        for name in committed(house)
        if not (name.startswith(NOT_READ) or name.endswith(PICTURES))
    ]
    known = {(each["file"], each["kind"]) for each in _accepted(house)}
    return [
        f"{file}:{line}: {kind}. If it is no secret, say so in {ACCEPTED}"
        for file, line, kind in _found(house.root, names)
        if (file, kind) not in known
    ]


def registries(house: House) -> list[str]:
    """Where a package registry is named: what is installed comes from wherever one is set up."""
    return [
        f"{name} names a package registry"
        for name in committed(house)
        if REGISTRIES.search(_text(house.root / name))
    ]


def _accepted(house: House) -> list[dict[str, str]]:
    read = yaml.safe_load((house.root / ACCEPTED).read_text(encoding="utf-8"))
    return list(read["no_secrets"])


def _found(root: Path, names: list[str]) -> Iterator[tuple[str, int, str]]:
    known: dict[str, Any] = get_mapping_from_secret_type_to_class()
    every = [each.__name__ for each in known.values()]
    plugins = [{"name": name} for name in every if name not in NOT_ASKED]
    found = SecretsCollection(root=str(root))
    with transient_settings({"plugins_used": plugins, "filters_used": []}):
        for name in names:
            found.scan_file(name)
    secrets: Iterator[tuple[str, PotentialSecret]] = iter(found)
    for file, secret in secrets:
        yield file, secret.line_number, secret.type


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
