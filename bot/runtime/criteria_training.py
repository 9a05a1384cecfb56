"""Training of what is learned about officers' messages: part of ``rasa train``, half a minute.

A message's label holds for one of its clauses and does not say which. Where a phrase rule reads the
same value, its clause is the one; else the clause that the model of a first round finds likeliest.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import yaml
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from bot.runtime.criteria import said_by_rule
from bot.runtime.criteria_learned import Learned, rows, views, windows
from bot.runtime.criteria_rules import patterns
from bot.runtime.criteria_text import Message, Said, read_message
from bot.runtime.linear import Linear

EXAMPLES = Path(__file__).resolve().parents[2] / "data/nlu/officer/criteria"
BESIDE = Path(__file__).resolve().parents[2] / "data/nlu/shared"
# What is said beside the case: without it "thanks, big help" was a victim's support.
_BESIDE = ("greetings.en.yml", "small_talk*.en.yml", "assistant.en.yml", "out_of_scope*.en.yml")
_FEWEST = 4
_STRENGTH = 2.0


@dataclass(frozen=True)
class Example:
    """A message, what it plainly answers and what it may; ``today`` is the day it was written."""

    text: str
    asked: str | None
    today: date
    expect: dict[str, str]
    maybe: dict[str, str]


def examples_of(path: Path) -> list[Example]:
    """The messages of one file. ``BaseLoader`` keeps ``yes`` and ``no`` words."""
    with path.open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=yaml.BaseLoader)  # noqa: S506 strings only
    today = date.fromisoformat(loaded["today"])
    return [
        Example(
            each["text"],
            each.get("asked"),
            today,
            each.get("expect") or {},
            each.get("maybe") or {},
        )
        for each in loaded["messages"]
    ]


def all_examples(folder: Path = EXAMPLES) -> list[Example]:
    """The messages of a folder, in the order of its files."""
    return [each for path in sorted(folder.glob("*.yml")) for each in examples_of(path)]


def beside_the_case(folder: Path = BESIDE) -> list[Example]:
    """What officers say that answers nothing, from the training texts of Rasa's own intents."""
    found = []
    for path in sorted(path for pattern in _BESIDE for path in folder.glob(pattern)):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = (line.strip().removeprefix("- ") for line in intent["examples"].splitlines())
            found += [Example(line, None, date.min, {}, {}) for line in lines if line]
    return found


def taught() -> list[Example]:
    """All that the shipped reader is trained on."""
    return [*all_examples(), *beside_the_case()]


@dataclass(frozen=True)
class _Bag:
    """A message's rows, from ``first`` on, and what a rule says about each criterion."""

    example: Example
    first: int
    windows: list[tuple[int, int]]
    by_rule: dict[str, Said]

    def rows(self) -> slice:
        return slice(self.first, self.first + len(self.windows))

    def told_in(self, criterion: str, value: str) -> list[int]:
        """The rows that hold the words for a value, where it is known which."""
        if len(self.windows) == 1:
            return [self.first]
        said = self.by_rule.get(criterion)
        if said is None or said.value != value:
            return []
        around = [at for at, one in enumerate(self.windows) if one[0] <= said.start < one[1]]
        whole = [at for at in around if said.end <= self.windows[at][1] + 1]
        return [self.first + at for at in whole or around[:1]]


def trained(examples: Iterable[Example]) -> Learned:
    """Fit one yes-or-no for each value of each criterion that has examples enough."""
    bags, seen = _bags(examples)
    table = rows(seen)
    asked = {criterion.id for criterion in patterns().criteria}  # the chat does not ask B22
    told = (pair for bag in bags for pair in bag.example.expect.items() if pair[0] in asked)
    counts = Counter(told)
    pairs = sorted(pair for pair, count in counts.items() if count >= _FEWEST)
    # By column, as a message looks up a few hundred of them.
    weights = np.zeros((len(pairs), table.shape[1]), dtype=np.float32, order="F")
    bias = np.zeros(len(pairs))
    # Columns that one row alone has teach nothing about another.
    used = np.flatnonzero(np.bincount(table.indices, minlength=table.shape[1]) > 1)
    shared = table[:, used]
    for at, (criterion, value) in enumerate(pairs):
        weights[at, used], bias[at] = _fitted(bags, shared, criterion, value)
    return Learned(Linear(weights, bias, [f"{name}={value}" for name, value in pairs]))


def _bags(examples: Iterable[Example]) -> tuple[list[_Bag], list[tuple[str, ...]]]:
    bags: list[_Bag] = []
    seen: list[tuple[str, ...]] = []
    known = patterns()
    for each in examples:
        message: Message = read_message(each.text, known.spelling, known.cues)
        by_rule = said_by_rule(message, each.asked, each.today)
        bags.append(_Bag(each, len(seen), windows(message.line), by_rule))
        seen += views(message, each.asked)
    return [bag for bag in bags if bag.windows], seen


def _fitted(
    bags: list[_Bag], table: sp.csr_matrix, criterion: str, value: str
) -> tuple[np.ndarray, float]:
    """Weights and bias. Clauses of a message that may tell the value count neither way."""
    told = np.zeros(table.shape[0], dtype=bool)
    counted = np.ones(table.shape[0], dtype=bool)
    unknown = []
    for bag in bags:
        meant = bag.example.expect.get(criterion) == value
        if not meant and bag.example.maybe.get(criterion) != value:
            continue
        counted[bag.rows()] = False
        if meant:
            known = bag.told_in(criterion, value)
            told[known] = counted[known] = True
            if not known:
                unknown.append(bag.rows())
    if not told.any():
        told[[one.start for one in unknown]] = counted[[one.start for one in unknown]] = True
    weights, bias = _separated(table[counted], told[counted])
    if unknown:
        scores = table @ weights + bias
        likeliest = [one.start + int(np.argmax(scores[one])) for one in unknown]
        told[likeliest] = counted[likeliest] = True
        weights, bias = _separated(table[counted], told[counted])
    return weights, bias


def _separated(table: sp.csr_matrix, told: np.ndarray) -> tuple[np.ndarray, float]:
    model = LinearSVC(C=_STRENGTH, tol=0.05, max_iter=300, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant
        model.fit(table, told)
    return model.coef_[0], float(model.intercept_[0])
