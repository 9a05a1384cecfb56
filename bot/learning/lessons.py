"""What may be learned of the readings that people gave, and the training files made of it."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.learning.apart import bare, is_measured_on, taught_texts
from bot.learning.readings import Reading
from bot.learning.tables import UnclearMessage
from core.settings import ROOT

# Rasa would take "[name](him)" for a mark of its own.
_LIKE_A_MARK = re.compile(r"\](?=[(\[{])")


class WhyNot(StrEnum):
    """Why a reading is not learned."""

    measured = "measured"
    danger = "danger"
    taught = "taught"
    contradicts = "contradicts"


@dataclass(frozen=True)
class Lesson:
    """A text with its reading, for people of one audience; ``asked`` is the criterion then open."""

    audience: str
    language: str
    said: str
    reading: Reading
    asked: str = ""

    @classmethod
    def of(cls, message: UnclearMessage) -> Lesson:
        """The lesson of a message that somebody has read."""
        said = _LIKE_A_MARK.sub("] ", " ".join(message.said.split()))
        reading = Reading.of(message.reading)
        return cls(message.audience, message.language, said, reading, message.asked or "")


def sorted_out(
    lessons: Iterable[Lesson], dangerous: Callable[[Lesson], bool]
) -> tuple[list[Lesson], list[tuple[Lesson, WhyNot]]]:
    """What may be learned, each text once, and what may not and why.

    ``dangerous``: whether the safety screen finds anything in it as it is today. Looked at again
    here, because screen and development sets change after a reading was given.
    """
    every = list(lessons)
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for each in every:
        meant[bare(each.said)] |= {each.reading.intent}
    good: dict[tuple[str, str], Lesson] = {}
    refused = []
    for each in every:
        why = _why_not(each, meant[bare(each.said)], dangerous)
        known = good.get((each.audience, bare(each.said)))
        if why is None and known and known.reading != each.reading:
            why = WhyNot.contradicts
        if why:
            refused.append((each, why))
        else:
            good.setdefault((each.audience, bare(each.said)), each)
    return list(good.values()), refused


def _why_not(lesson: Lesson, meant: set[str], dangerous: Callable[[Lesson], bool]) -> WhyNot | None:
    if is_measured_on(lesson.said):
        return WhyNot.measured
    if dangerous(lesson):
        return WhyNot.danger
    taught = taught_texts().get(bare(lesson.said), frozenset())
    if any(_heard_by_one(lesson.reading.intent, other) for other in taught | meant):
        return WhyNot.contradicts
    return WhyNot.taught if lesson.reading.intent in taught else None


def _heard_by_one(intent: str, other: str) -> bool:
    """Whether one audience could mean both, so that teaching both would teach neither."""
    owners = {_owners().get(intent), _owners().get(other)}
    return intent != other and (None in owners or len(owners) == 1)


@lru_cache(maxsize=1)
def _owners() -> dict[str, str]:
    """The audience of each intent that only one has, as ``config.yml`` tells Rasa."""
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    only = next(part["only"] for part in pipeline if "only" in part)
    return {intent: owner for owner, intents in only.items() for intent in intents}


def documents(lessons: Sequence[Lesson]) -> dict[str, str]:
    """Training files by name, in the form of ``data/nlu``: one an audience and language."""
    grouped: defaultdict[tuple[str, str], list[Lesson]] = defaultdict(list)
    for each in lessons:
        grouped[each.audience, each.language] += [each]
    return {
        f"{audience}.{language}.yml": yaml.safe_dump(
            {"version": "3.1", "nlu": _by_intent(group)}, allow_unicode=True, sort_keys=False
        )
        for (audience, language), group in sorted(grouped.items())
    }


def _by_intent(lessons: Sequence[Lesson]) -> list[dict[str, Any]]:
    grouped: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in lessons:
        grouped[each.reading.intent] += [{"text": each.said, **_told(each.reading)}]
    return [{"intent": intent, "examples": group} for intent, group in sorted(grouped.items())]


def _told(reading: Reading) -> dict[str, Any]:
    told = {"needs": list(reading.needs), "criteria": dict(reading.criteria)}
    told = {key: value for key, value in told.items() if value}
    return {"metadata": told} if told else {}


def write(folder: Path, lessons: Sequence[Lesson]) -> list[Path]:
    """Write the training files, for their owner alone, in place of those before."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.yml"):
        old.unlink()
    written = []
    for name, text in documents(lessons).items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        written.append(folder / name)
    return written


def digest(lessons: Sequence[Lesson]) -> str:
    """By which it is seen that nothing new has been read."""
    return hashlib.sha256(repr(sorted(documents(lessons).items())).encode()).hexdigest()[:16]
