"""Finds where the pinned requirement files have drifted from what their sources ask for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cli.house import House
from cli.requirement_files import COMPILED, stamp, wanted

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)$",
    re.MULTILINE,
)
_PLACE = re.compile(r"://|^\s*-(?!-hash=)|\s@\s", re.MULTILINE)

Pins = dict[str, list[Version]]


def faults(house: House) -> list[str]:
    """A line for each thing that is wrong with the requirement files."""
    texts = {name: house.requirements(name).read_text() for name in COMPILED}
    found = [fault for name, text in texts.items() for fault in _of_file(house, name, text)]
    return found + disagreements(pins(texts["app"]), pins(texts["dev"]))


def _of_file(house: House, name: str, text: str) -> Iterator[str]:
    file = f"requirements/{name}.txt"
    first, _, body = text.partition("\n")
    if first != stamp(house, name):
        yield f"{file} was not compiled from the sources as they are now: make requirements"
    if _PLACE.search(body):
        yield f"{file} names a host, an index or a file"
    for match in _PIN.finditer(body):
        if "--hash=sha256:" not in match["rest"]:
            yield f"{file}: {match['name']} has no hash"
    yield from (f"{file}: {fault}" for fault in unmet(wanted(house, name), pins(body)))


def pins(text: str) -> Pins:
    """The pinned versions by package; several where markers tell them apart."""
    found: Pins = defaultdict(list)
    for match in _PIN.finditer(text):
        found[canonicalize_name(match["name"])].append(Version(match["version"]))
    return dict(found)


def unmet(asked: list[str], pinned: Pins) -> list[str]:
    """The requirements that no pin satisfies."""
    requirements = [Requirement(line) for line in asked]
    return [
        f"no pin satisfies {requirement}"
        for requirement in requirements
        if not any(
            requirement.specifier.contains(version, prereleases=True)
            for version in pinned.get(canonicalize_name(requirement.name), [])
        )
    ]


def disagreements(app: Pins, dev: Pins) -> list[str]:
    """Where tests would run on another version than the application."""
    return [
        f"{name} differs between requirements/app.txt and requirements/dev.txt"
        for name, versions in app.items()
        if dev.get(name) != versions
    ]
