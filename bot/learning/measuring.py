"""How well a model reads the development sets, and whether another one reads anything worse.

A share has Wilson's interval; F1, which is none, that of a thousand draws of the texts. 95 % each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.learning.apart import DEVELOPMENT
from bot.learning.readings import ANSWERING, OFFICER
from core.shares import wilson

LANGUAGES = ("en", "pl", "pa")
OUT = "out_of_scope"
DRAWS = 1000

Found = dict[str, Any]
Reader = Callable[["Case"], Found]


@dataclass(frozen=True)
class Case:
    """A development text and what is right of it; ``answers`` and ``maybe`` for officers alone."""

    text: str
    audience: str
    language: str = "en"
    intent: str = ""
    needs: frozenset[str] = frozenset()
    asked: str | None = None
    answers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Measure:
    """One figure with its interval; ``of`` counts what it is a figure of."""

    name: str
    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True)
class _Counted:
    """What was found rightly, too much, and not, in one text."""

    right: int
    extra: int
    missing: int

    @classmethod
    def of(cls, found: Iterable[Any], meant: Iterable[Any]) -> _Counted:
        got, told = set(found), set(meant)
        return cls(len(got & told), len(got - told), len(told - got))


def cases(folder: Path = DEVELOPMENT) -> list[Case]:
    """Every text of the participants' and the officers' sets; those of the screen are its own."""
    participants = [
        Case(
            item["text"], "participant", item["language"], item["intent"], frozenset(item["needs"])
        )
        for path in sorted(folder.glob("participant*.yml"))
        for item in _read(path)
    ]
    officers = [
        Case(
            text=item["text"],
            audience=OFFICER,
            asked=item.get("asked"),
            answers=frozenset(item.get("expect", {}).items()),
        )
        for path in sorted(folder.glob("officer*.yml"))
        for item in _read(path)["messages"]
    ]
    return participants + officers


def _read(path: Path) -> Any:
    # Without types: "yes" and "no" are codes of answers here.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


def measured(every: Sequence[Case], reader: Reader) -> list[Measure]:
    """Every figure, of what ``reader`` makes of each text."""
    read = [(case, reader(case)) for case in every]
    said = [(case, found) for case, found in read if case.audience != OFFICER]
    figures = []
    for language in LANGUAGES:
        mine = [(case, found) for case, found in said if case.language == language]
        needs = [_Counted.of(found["needs"], case.needs) for case, found in mine]
        figures.append(_f1(f"needs_{language}", needs))
    for language in LANGUAGES:
        right = [
            found["intent"] == case.intent for case, found in said if case.language == language
        ]
        figures.append(share(f"intent_{language}", sum(right), len(right)))
    outside = [found["intent"] == OUT for case, found in said if case.intent == OUT]
    figures.append(share("out_of_scope", sum(outside), len(outside)))
    answers = [
        _Counted.of(_answers(found), case.answers)
        for case, found in read
        if case.audience == OFFICER
    ]
    right_answers = sum(each.right for each in answers)
    told = right_answers + sum(each.extra for each in answers)
    meant = right_answers + sum(each.missing for each in answers)
    figures.append(share("criteria_precision", right_answers, told))
    figures.append(share("criteria_recall", right_answers, meant))
    return [each for each in figures if each.of]


def _answers(found: Found) -> set[tuple[str, str]]:
    """The answers that count: those surely read, where the message was taken for an answer."""
    if found["intent"] not in ANSWERING:
        return set()
    return {(each["criterion"], each["value"]) for each in found["entities"]}


def share(name: str, hits: int, of: int) -> Measure:
    """A share, with Wilson's interval."""
    if not of:
        return Measure(name, 0.0, 0.0, 1.0, 0)
    return Measure(name, hits / of, *wilson(hits, of), of)


def _f1(name: str, counted: Sequence[_Counted]) -> Measure:
    """Micro-averaged F1, with the interval of draws that are the same at every run."""
    if not counted:
        return Measure(name, 0.0, 0.0, 1.0, 0)
    chance = random.Random(20260101)  # noqa: S311 - draws of texts, no secret
    drawn = sorted(_f1_of(chance.choices(counted, k=len(counted))) for _ in range(DRAWS))
    low, high = drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS) - 1]
    return Measure(name, _f1_of(counted), low, high, len(counted))


def _f1_of(counted: Sequence[_Counted]) -> float:
    right = sum(each.right for each in counted)
    whole = 2 * right + sum(each.extra + each.missing for each in counted)
    return 2 * right / whole if whole else 1.0


def fallen(old: Sequence[Measure], new: Sequence[Measure]) -> list[str]:
    """The figures that fell below the lower bound of the old ones, or are not there any more."""
    now = {each.name: each.value for each in new}
    return [each.name for each in old if now.get(each.name, -1.0) < each.low]
