"""What explains a string that reaches a person; what nothing explains is not approved.

The sentences are read from their files anew, not through the product, and only those count whose
approval record holds the digest of just this wording. A gap takes what may stand in it and nothing
else (`tests/approved_values.py`): a label, an answer, a need, a place, a name, a time, or the
person's own words read back. Everything else comes from the rule set, the fields, the directory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from bot.channels.crisis_words import numbers_table
from core.settings import ROOT
from tests import approved_values as values

FOLDER = ROOT / "bot" / "domain" / "words"
RECORDS = ROOT / "bot" / "domain" / "approved.csv"
GAP = re.compile(r"\{(\w+)\}")
# Where one sentence ends and the next may begin, also after a Gurmukhi full stop.
SEAM = re.compile(r"(?<=[.?!।]) ")
NUMBERED = re.compile(r"\d{1,2} (.+)")
CHOOSABLE = ("utter_label_", "utter_need_", "utter_language_", "utter_crisis_")
Written = dict[tuple[str, str], str]
# What people are told without a record, and where it is made. Each is a fault and reported: whoever
# mends one takes it out, and nothing is ever added.
UNRECORDED: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Sentence:
    """An approved sentence, with its gaps open."""

    key: str
    language: str
    text: str


@dataclass(frozen=True)
class Shape:
    """One line of a sentence; a gap that a pattern cannot judge is looked at afterwards."""

    pattern: re.Pattern[str]

    def fits(self, line: str, own: Collection[str]) -> bool:
        """Whether the line is this one, with nothing in its gaps that may not stand there."""
        found = self.pattern.fullmatch(line)
        if found is None:
            return False
        return all(values.CHECKS[gap](said, own) for gap, said in found.groupdict().items())


# Sentences and their records


def written(folder: Path = FOLDER) -> Written:
    """Every sentence as it stands in the files, by key and language."""
    found: Written = {}
    for path in sorted(folder.glob("*.yml")):
        for key, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["words"].items():
            for variant in variants:
                at = (key, variant["metadata"]["lang"])
                assert at not in found, f"{at} stands twice"
                found[at] = variant["text"]
    return found


def records(path: Path = RECORDS) -> list[dict[str, str]]:
    """Every approval record, in the order in which they were made."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """The digest that the newest record of each sentence holds."""
    ordered = sorted(rows, key=lambda row: int(row["version"]))
    return {(row["key"], row["language"]): row["digest"] for row in ordered}


def digest_of(text: str) -> str:
    """The digest of a wording."""
    return sha256(text.encode()).hexdigest()[:16]


def without_record(folder: Path = FOLDER, path: Path = RECORDS) -> list[tuple[str, str]]:
    """The sentences whose newest record is not for just this wording, or that have none."""
    known = digests(records(path))
    return [at for at, text in written(folder).items() if known.get(at) != digest_of(text)]


@lru_cache(maxsize=1)
def approved_sentences() -> tuple[Sentence, ...]:
    """The sentences that somebody has approved in just this wording."""
    left_out = set(without_record())
    return tuple(Sentence(*at, text) for at, text in written().items() if at not in left_out)


# From a sentence to what it may look like


def said_in(language: str, *starts: str) -> dict[str, str]:
    """Approved sentences whose key begins so, in a language or else in English."""
    found = {}
    for wanted in ("en", language):
        for each in approved_sentences():
            if each.language == wanted and each.key.startswith(starts):
                found[each.key] = each.text
    return found


@lru_cache(maxsize=8)
def fixed(language: str) -> dict[str, str]:
    """What stands in the gaps of a crisis answer: the numbers, and the line made of them."""
    numbers = {str(row["key"]): str(row["display"]) for row in numbers_table()}
    line = said_in(language, "utter_crisis_line")["utter_crisis_line"]
    return numbers | {"line": GAP.sub(lambda gap: numbers[gap[1]], line)}


def shapes_of(sentence: Sentence) -> Iterator[str]:
    """Each line of a sentence as a pattern; one for each criterion where it is about one."""
    texts = said_in(sentence.language, "utter_")
    known = {gap: re.escape(text) for gap, text in fixed(sentence.language).items()}
    for line in sentence.text.split("\n"):
        parts = GAP.split(line)
        gaps = parts[1::2]
        for about in values.cases(sentence.key, gaps, texts):
            filled = known | about
            missing = [gap for gap in gaps if gap not in filled]
            assert not missing, f"what may stand in {missing} of {sentence.key}? Say it in values"
            yield "".join(
                filled[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)
            )


@lru_cache(maxsize=1)
def shapes() -> tuple[Shape, ...]:
    """The lines that have gaps."""
    patterns = {
        pattern
        for each in approved_sentences()
        if GAP.search(each.text)
        for pattern in shapes_of(each)
    }
    return tuple(Shape(re.compile(pattern)) for pattern in [*patterns, *values.read_back()])


@lru_cache(maxsize=1)
def exact() -> frozenset[str]:
    """The lines that have none, of every source."""
    sentences = approved_sentences()
    lines = {line for each in sentences for line in each.text.split("\n") if not GAP.search(line)}
    return frozenset(lines) | values.others(said_in("en", "utter_"))


@lru_cache(maxsize=1)
def choosable() -> frozenset[str]:
    """The labels of choices, which stand after a number in a text message."""
    return frozenset(each.text for each in approved_sentences() if each.key.startswith(CHOOSABLE))


# What no source explains


def unapproved(text: str, own: Collection[str] = ()) -> str:
    """The part of ``text`` that no approved source explains; "" where all of it is approved.

    ``own`` holds what the person gave, which may be read back where a sentence or a row does so.
    """
    left = [_left_over(line, own) for line in text.split("\n")]
    return "\n".join(part for part in left if part)


def _left_over(line: str, own: Collection[str]) -> str:
    if _explained(line, own):
        return ""
    for cut in reversed([seam.start() for seam in SEAM.finditer(line)]):
        if _explained(line[:cut], own):
            return _left_over(line[cut + 1 :], own)
    return line


def _explained(line: str, own: Collection[str]) -> bool:
    if not line or line in exact():
        return True
    numbered = NUMBERED.fullmatch(line)
    if numbered and numbered[1] in choosable():
        return True
    return any(shape.fits(line, own) for shape in shapes())


def unrecorded(part: str) -> bool:
    """Whether a part that nothing explains is known and reported."""
    return any(re.fullmatch(each, part) for some in UNRECORDED.values() for each in some)


def strings_of(message: Mapping[str, Any]) -> list[str]:
    """Every string of a message that its person can read."""
    service, card = message.get("listing", {}), message.get("field", {})
    facts = (
        "name",
        "organisation",
        "what",
        "phone",
        "sms",
        "email",
        "url",
        "area",
        "cost",
        "hours",
    )
    return [
        message["text"],
        *(each["label"] for each in message.get("choices", [])),
        *(each["label"] for each in card.get("options", [])),
        card.get("hint", ""),
        *(service.get(fact, "") for fact in facts),
        *service.get("reasons", []),
    ]
