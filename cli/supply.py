"""`make audit` and `make sbom`: what is known against the packages that we use, and which they are.

Run in the application's environment: ``python -m cli.supply audit|sbom``. A service that does not
answer is never taken for one that knows of nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from cli.house import ROOT, House, Trouble
from cli.requirement_faults import pins
from core.clock import today
from core.settings import settings

ACCEPTED = "docs/accepted-findings.yml"
# The tools of our tests stand on the application's own pins, so its lock need not be asked about.
LOCKS = ("dev", "rasa", "bootstrap")
FRONT_END = "npm"
CLEAN, FOUND, NOT_CHECKED = 0, 1, 2
PATIENCE = 600


@dataclass(frozen=True)
class Finding:
    """Something known against one version of a package that a runtime of ours has."""

    runtime: str
    package: str
    version: str
    ids: frozenset[str]
    about: str

    def __str__(self) -> str:
        """One line of the report."""
        return f"{self.runtime}: {self.package} {self.version}: {', '.join(sorted(self.ids))}"


class Accepted(BaseModel):
    """Findings in one package that we live with: the way in, why that is contained, until when.

    ``read_in`` says how we know of them: a run of `make audit`, or advisories that somebody read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    runtime: str
    ids: list[str]
    vector: str
    why: str
    read_in: Literal["audit", "advisories"]
    reviewed: date
    next_review: date

    def covers(self, finding: Finding) -> bool:
        """Whether this is about that finding, under any of its ids."""
        ours = (self.runtime, self.package) == (finding.runtime, finding.package)
        return ours and not finding.ids.isdisjoint(self.ids)


class Register(BaseModel):
    """The file of accepted findings. ``vectors`` say what contains each way in, and by which tests
    one sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vectors: dict[str, str]
    findings: list[Accepted]

    @model_validator(mode="after")
    def _every_way_is_told(self) -> Self:
        unknown = {each.vector for each in self.findings} - set(self.vectors)
        if unknown:
            raise ValueError(f"no vector {', '.join(sorted(unknown))}")
        return self


@dataclass
class Checked:
    """What the services said, of how many packages; ``silent`` names what they did not speak of."""

    findings: list[Finding] = field(default_factory=list)
    answered: int = 0
    silent: list[str] = field(default_factory=list)

    def add(self, other: Checked) -> None:
        """Take in what was said of another runtime."""
        self.findings += other.findings
        self.answered += other.answered
        self.silent += other.silent


def register(house: House) -> Register:
    """What we have accepted."""
    read = yaml.safe_load((house.root / ACCEPTED).read_text(encoding="utf-8"))
    return Register.model_validate(read)


# Asking


def python_packages(house: House, runtime: str) -> Checked:
    """What the vulnerability service knows of the packages that one lock file pins."""
    printed = _printed(
        house,
        [house.app.with_name("pip-audit"), "--requirement", house.requirements(runtime),
         "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off",
         "--desc", "off"],
        {},
    )  # fmt: skip
    try:
        told = json.loads(printed)["dependencies"]
    except (ValueError, KeyError):
        return Checked(silent=[f"{runtime}: {_last_line(printed)}"])
    checked = Checked()
    for each in told:
        if reason := each.get("skip_reason"):
            checked.silent.append(f"{runtime}: {each['name']}: {reason}")
            continue
        checked.answered += 1
        for known in each.get("vulns", []):
            ids = frozenset({known["id"], *known["aliases"]})
            fixed = ", ".join(known["fix_versions"]) or "none"
            checked.findings.append(
                Finding(runtime, each["name"], each["version"], ids, f"fixed in: {fixed}")
            )
    return checked


def front_end_packages(house: House) -> Checked:
    """What npm's registry knows of the packages that package-lock.json pins."""
    printed = _printed(house, ["npm", "audit", "--json", "--package-lock-only"], {})
    try:
        told: dict[str, Any] = json.loads(printed[printed.index("{") :])
        every = told["vulnerabilities"].values()
        answered = told["metadata"]["dependencies"]["total"]
    except (ValueError, KeyError):
        return Checked(silent=[f"{FRONT_END}: {_last_line(printed)}"])
    # What depends on a package with a finding is listed too, with the package's name for a cause.
    causes = [(each, via) for each in every for via in each["via"] if isinstance(via, dict)]
    return Checked(
        [
            Finding(FRONT_END, each["name"], each["range"], _ids(via), str(via["title"]))
            for each, via in causes
        ],
        answered,
    )


def _ids(via: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({str(via["url"]).rpartition("/")[2], str(via["source"])})


def everything(house: House) -> Checked:
    """Every runtime, the tools of our tests included."""
    checked = Checked()
    for runtime in LOCKS:
        checked.add(python_packages(house, runtime))
    ours = pins(house.requirements("app").read_text())
    checked.findings = [
        replace(each, runtime="app") if each.runtime == "dev" and each.package in ours else each
        for each in checked.findings
    ]
    checked.add(front_end_packages(house))
    return checked


# Judging


def report(checked: Checked, kept: Register, on: date) -> tuple[list[str], int]:
    """What there is to say, a line each, and the exit status: nothing is clean that was not asked.

    ``FOUND`` where a finding is new, or is due for review; else ``NOT_CHECKED`` where a service
    was silent.
    """
    new = [each for each in checked.findings if not any(a.covers(each) for a in kept.findings)]
    due = [each for each in kept.findings if each.next_review <= on]
    lines = [
        *(f"NEW: {each} ({each.about})" for each in new),
        *(f"REVIEW DUE since {each.next_review}: {each.runtime}: {each.package}" for each in due),
        *_not_checked(checked),
        *(f"No longer found, take it out of {ACCEPTED}: {each}" for each in _stale(checked, kept)),
    ]
    known = len(checked.findings) - len(new)
    lines.append(
        f"Answers about {checked.answered} packages, none about {len(checked.silent)}. "
        f"Findings: {len(new)} new, {known} accepted; {len(due)} due for review."
    )
    return lines, FOUND if new or due else NOT_CHECKED if checked.silent else CLEAN


def _not_checked(checked: Checked) -> Iterator[str]:
    if checked.silent:
        yield (
            "NOT CHECKED: there is something of which no service spoke. This is no clean bill. "
            "The first of it:"
        )
        yield from (f"  {each}" for each in checked.silent[:5])


def _stale(checked: Checked, kept: Register) -> list[str]:
    """What the services no longer know of; nothing can be named while one of them is silent."""
    if checked.silent:
        return []
    found = {(each.runtime, each.package, name) for each in checked.findings for name in each.ids}
    listed = {(each.runtime, each.package, name) for each in kept.findings for name in each.ids}
    return [f"{package} ({runtime}): {name}" for runtime, package, name in sorted(listed - found)]


# The commands


def audit(house: House) -> int:
    """Ask about every package, and print what is to be done. Returns the exit status."""
    lines, status = report(everything(house), register(house), today())
    print("\n".join(lines))
    return status


def sbom(house: House, folder: Path) -> list[Path]:
    """Write a CycloneDX list of what each runtime is made of. Gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for runtime in ("app", "rasa"):
        made.append(folder / f"{runtime}.cdx.json")
        _printed(
            house,
            [house.app.with_name("cyclonedx-py"), "requirements", house.requirements(runtime),
             "--output-reproducible", "--output-format", "JSON", "--output-file", made[-1]],
            {},
            needed=True,
        )  # fmt: skip
    made.append(folder / f"{FRONT_END}.cdx.json")
    listed = _printed(
        house, ["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], {}, needed=True
    )
    made[-1].write_text(listed, encoding="utf-8")
    return made


def _printed(
    house: House, command: Sequence[str | Path], more: Mapping[str, str], needed: bool = False
) -> str:
    """What a tool said, or its complaint where it said nothing.

    Raises ``Trouble`` where it is ``needed`` and failed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own tools
            [str(word) for word in command],
            cwd=house.root,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Trouble(f"{command[0]} cannot be run: {error}") from error
    if needed and done.returncode:
        raise Trouble(f"{Path(command[0]).name} failed.", done.stderr)
    return done.stdout if done.stdout.strip() else done.stderr


def _last_line(printed: str) -> str:
    lines = [line for line in printed.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no answer"


def main(words: Sequence[str]) -> int:
    """Run one of the commands. Returns the exit status."""
    try:
        if list(words) == ["audit"]:
            return audit(ROOT)
        if list(words) == ["sbom"]:
            for path in sbom(ROOT, settings().data_dir / "sbom"):
                print(path)
            return CLEAN
    except Trouble as trouble:
        print("\n".join(filter(None, (trouble.output, str(trouble)))), file=sys.stderr)
        return FOUND
    print("Usage: python -m cli.supply audit|sbom", file=sys.stderr)
    return NOT_CHECKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
