"""How well the screen reads: counted on texts that neither rules nor classifier were made from."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import yaml

from bot.safety.classifier import ROOT
from bot.safety.model import Finding, Level
from bot.safety.screening import screen
from core.shares import wilson

MEASURING = ROOT / "data" / "dev" / "safety"
HARMLESS = "none"
# What a plain word list would do: the floor that the issue names.
WORD_LIST = re.compile(r"\b(?:suicid\w*|kill\w*|die|dying|dead)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """One text, and what a person says it shows."""

    text: str
    language: str
    kind: str
    level: str
    explicit: bool
    source: str


@dataclass(frozen=True)
class Read:
    """A case, what the screen made of it, and in how many seconds."""

    case: Case
    found: Finding | None
    seconds: float


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``, with the 95 % interval of Wilson."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share itself; nought of nought is nought."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """From where to where the true share lies, with 95 % confidence."""
        return wilson(self.hits, self.total)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f} to {high:.3f})"


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    language: str
    kind: str
    level: str
    found: Share
    alarmed: Share
    right_kind: Share


def cases(folder: Path = MEASURING) -> list[Case]:
    """Every text of the measuring set."""
    return [
        Case(
            text,
            group["language"],
            group["kind"],
            str(group["level"]),
            bool(group.get("explicit")),
            path.stem,
        )
        for path in sorted(folder.glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for text in group["texts"]
    ]


def read(measured: Iterable[Case]) -> list[Read]:
    """The screen's reading of each, in the language of the text."""
    screen("the first call loads what the others need", "en")
    made = []
    for case in measured:
        begun = time.perf_counter()
        found = screen(case.text, case.language)
        made.append(Read(case, found, time.perf_counter() - begun))
    return made


def rows(reads: Sequence[Read]) -> list[Row]:
    """A line for each language, kind and level, in the order of the files."""
    groups: dict[tuple[str, str, str], list[Read]] = {}
    for each in reads:
        case = each.case
        groups.setdefault((case.language, case.kind, case.level), []).append(each)
    return [_row(*key, group) for key, group in sorted(groups.items())]


def _row(language: str, kind: str, level: str, group: Sequence[Read]) -> Row:
    total = len(group)
    return Row(
        language,
        kind,
        level,
        Share(sum(each.found is not None for each in group), total),
        Share(sum(alarmed(each) for each in group), total),
        Share(sum(bool(each.found and each.found.kind == kind) for each in group), total),
    )


def wrong(reads: Iterable[Read]) -> list[Read]:
    """Every risk that was missed, and every harmless text that was not let pass."""
    return [each for each in reads if (each.found is None) == (each.case.kind != HARMLESS)]


def word_list(reads: Iterable[Read], language: str, kind: str) -> Share:
    """How many texts of a kind (or of the harmless) a plain word list would flag."""
    texts = [e.case.text for e in reads if (e.case.language, e.case.kind) == (language, kind)]
    return Share(sum(bool(WORD_LIST.search(text)) for text in texts), len(texts))


def latency(reads: Sequence[Read]) -> tuple[float, float]:
    """Median and 95th percentile, in milliseconds."""
    times = [each.seconds * 1000 for each in reads]
    return median(times), quantiles(times, n=20)[18]


def alarmed(each: Read) -> bool:
    """Whether an alarm was raised, rightly or not."""
    return each.found is not None and each.found.level is Level.alarm
