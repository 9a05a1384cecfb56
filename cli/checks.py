"""What `make lint` checks, one check a line; the same checks run one by one as tests.

Run in the application's environment: ``python -m cli.checks [name...]``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from cli import leaks, requirement_faults
from cli.house import ROOT, House
from cli.quarantine import RASA_ENVIRONMENT

# What tests do to each other is no danger to anybody.
OURS = (
    "accounts", "actions", "bot", "cli", "core", "measures", "outreach", "referrals",
    "services_directory", "sites",
)  # fmt: skip
_CLAIMED = (r"safety_\w+", "field_given", "carry_on")
_BY_RULE = (
    "ask_shown", "report_wrong", "ask_status", "ask_waiting", "withdraw_referral", "go_back",
)  # fmt: skip
_NOT_LEARNED = (*_CLAIMED, *_BY_RULE)
_HARMLESS = re.compile(
    "|".join(
        (
            # Rasa does not know that we send these ourselves: bot/words.py reads the domain.
            r"The utterance '\w+' is not used in any story or rule",
            # These come as signed claims from the channel, or by rule from exact words.
            rf"The intent '(?:{'|'.join(_NOT_LEARNED)})' is .*not found in the NLU training",
            # Our safety policy answers these, ahead of every story and rule.
            r"The intent 'safety_\w+' is not used in any story or rule",
        )
    )
)
_SHARED_EXAMPLE = re.compile(r"multiple different intents .* labeled with: ([\w, ]+)\.")
_NOISE = re.compile(r"DeprecationWarning:|^  |\bINFO\b|^Implementing implicit namespace")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(r"UserWarning:|\b(?:WARNING|ERROR)\b")


@dataclass(frozen=True)
class Check:
    """One thing that must hold of the sources; ``complaint`` is empty where it does."""

    name: str
    title: str
    complaint: Callable[[House], str]


def style(house: House) -> str:
    """What ruff finds."""
    return _failed(house, str(house.app), "-m", "ruff", "check")


def layout(house: House) -> str:
    """Which files ruff would lay out otherwise."""
    return _failed(house, str(house.app), "-m", "ruff", "format", "--check")


def types(house: House) -> str:
    """What mypy finds in its strict mode."""
    return _failed(house, str(house.app), "-m", "mypy")


def arrows(house: House) -> str:
    """Which imports go against the arrows of pyproject.toml."""
    return _failed(house, str(house.app.with_name("lint-imports")), "--no-logo")


def rasa_data(house: House) -> str:
    """What Rasa's validator fails on, and what it only warns of but we do not want."""
    status, printed = _ran(
        house,
        [str(house.rasa), "-m", "rasa", "data", "validate", "--config", "config.yml",
         "--domain", "bot/domain", "--data", "data/nlu", "data/stories"],
        {**RASA_ENVIRONMENT, "PYTHONPATH": str(house.root),
         "PYTHONWARNINGS": "ignore,default::UserWarning", "NO_COLOR": "1"},
    )  # fmt: skip
    # Its status is 1 at warnings too, the harmless ones among them.
    warned = warnings_of_rasa(printed, audiences(house))
    return warned if warned or not status or _HARMLESS.search(printed) else printed


def audiences(house: House) -> dict[str, str]:
    """The one audience that each intent is kept for in config.yml; the others are for all."""
    pipeline = yaml.safe_load((house.root / "config.yml").read_text())["pipeline"]
    return {
        intent: audience
        for component in pipeline
        for audience, intents in component.get("only", {}).items()
        for intent in intents
    }


def warnings_of_rasa(printed: str, only: Mapping[str, str]) -> str:
    """The validator's words without what is harmless; empty where nothing is left to warn of.

    ``only`` names the audience of the intents that are kept for one: the same words may mean
    different things to people who never meet.
    """
    lines = [
        line
        for line in printed.splitlines()
        if not (_HARMLESS.search(line) or _NOISE.search(line) or _apart(line, only))
    ]
    return "\n".join(lines) if any(_WARNING.search(line) for line in lines) else ""


def _apart(line: str, only: Mapping[str, str]) -> bool:
    shared = _SHARED_EXAMPLE.search(line)
    if not shared:
        return False
    meant = [only.get(intent.strip()) for intent in shared[1].split(",")]
    return None not in meant and len(set(meant)) == len(meant)


def requirements(house: House) -> str:
    """Where the pinned requirement files have drifted from their sources."""
    return "\n".join(requirement_faults.faults(house))


def dangers(house: House) -> str:
    """What bandit finds in our own code, from medium severity on."""
    return _failed(
        house, str(house.app), "-m", "bandit", "--quiet", "-ll", "--configfile", "pyproject.toml",
        "--recursive", *OURS,
    )  # fmt: skip


def secrets(house: House) -> str:
    """What looks like a secret, or names a package registry, in what is committed."""
    return "\n".join(leaks.leaks(house) + leaks.registries(house))


CHECKS = (
    Check("style", "Style", style),
    Check("layout", "Layout", layout),
    Check("types", "Types", types),
    Check("arrows", "Imports follow the arrows", arrows),
    Check("rasa-data", "Rasa's domain, training data and stories", rasa_data),
    Check("requirements", "Requirement files in step with their sources", requirements),
    Check("dangers", "Known dangers in our own code", dangers),
    Check("secrets", "No secret and no registry in any file", secrets),
)


def _failed(house: House, *command: str) -> str:
    status, printed = _ran(house, command, {})
    return (printed or "It failed without a word.") if status else ""


def _ran(house: House, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603
        command,
        cwd=house.root,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, _COLOUR.sub("", done.stdout)


def main(names: Sequence[str]) -> int:
    """Run the named checks, or all, and print what each complains of. Returns the exit status."""
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        known = ", ".join(check.name for check in CHECKS)
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {known}.", file=sys.stderr)
        return 2
    failures = 0
    for check in CHECKS:
        if names and check.name not in names:
            continue
        print(f"{check.title} ...", end=" ", flush=True)
        complaint = check.complaint(ROOT)
        print(f"no\n{complaint}" if complaint else "ok", flush=True)
        failures += bool(complaint)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
