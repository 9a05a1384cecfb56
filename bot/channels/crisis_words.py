"""What is said to a finding: approved words only, with numbers from the one reviewed table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.safety import Finding, Kind, Level
from core.settings import ROOT, settings
from core.words import words
from sites import LocalLine, all_sites, site_of

FOLDER = ROOT / "bot" / "domain" / "safety"
REPLIES = ("yes", "no", "rather_not")


@dataclass(frozen=True)
class Answer:
    """Words to say now. ``choices`` are the labels of yes, no and rather not of a question."""

    text: str
    language: str
    reviewed: bool
    choices: tuple[str, ...] = ()


def answer(finding: Finding, language: str, audience: str, site: str = "") -> Answer:
    """The approved answer; in English where there is none in the language asked for.

    Anyone but an officer is spoken to as a participant. Numbers of the site that fit the kind
    stand at its end.
    """
    suffix = "_officer" if audience == "officer" else ""
    key = f"utter_crisis_{finding.kind}_{finding.level}{suffix}"
    numbers = _numbers()
    said = words(key, language, numbers | {"line": _line(language)})
    near = [_near(each, said.language) for each in _local(site, finding.kind)]
    choices: tuple[str, ...] = ()
    if finding.level is Level.check:
        choices = tuple(words(f"utter_crisis_{r}", said.language).text for r in REPLIES)
    return Answer(" ".join([said.text, *near]), said.language, said.reviewed, choices)


def after_no(language: str, audience: str) -> Answer:
    """One gentle sentence for somebody who answers no; the conversation then goes on."""
    suffix = "_officer" if audience == "officer" else ""
    said = words(f"utter_crisis_after_no{suffix}", language)
    return Answer(said.text, said.language, said.reviewed)


def overdue(on: date) -> list[str]:
    """The numbers, national and of the sites, whose review is past due on this day: their names."""
    local = [
        (f"{line.name} ({site.name})", line.review_by)
        for site in all_sites().values()
        for line in site.crisis_lines
    ]
    national = [(row["name"], row["review_by"]) for row in numbers_table()]
    return [name for name, review_by in [*national, *local] if review_by < on]


@lru_cache(maxsize=1)
def numbers_table() -> tuple[dict[str, Any], ...]:
    """The one table of numbers, as reviewed."""
    return tuple(_read("numbers.yml")["numbers"])


def _numbers() -> dict[str, str]:
    return {row["key"]: row["display"] for row in numbers_table()}


def _line(language: str) -> str:
    return words("utter_crisis_line", language, _numbers()).text


def unconfirmed(site: str) -> list[str]:
    """The crisis numbers that a site's answers name and nobody has tried yet, by their names."""
    national = [row["name"] for row in numbers_table() if not row["confirmed"]]
    return national + [line.name for line in site_of(site).crisis_lines if not line.confirmed]


def _local(site: str, kind: Kind) -> list[LocalLine]:
    """What a site adds for a kind; outside the demonstration only what somebody has tried."""
    lines = site_of(site).crisis_lines if site else ()
    sure = [line for line in lines if line.confirmed or settings().demo]
    return [line for line in sure if kind in line.kinds]


def _near(line: LocalLine, language: str) -> str:
    return words("utter_crisis_near", language, {"name": line.name, "number": line.display}).text


def _read(name: str) -> Any:
    path: Path = FOLDER / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
