"""Counting for the report: shares with intervals, F1, calibration. Pure functions of readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Example:
    """A text with what it means. ``needs`` are the writer's own, now."""

    text: str
    language: str
    intent: str
    needs: frozenset[str]


@dataclass(frozen=True)
class Reading:
    """What a candidate made of a text; ``outside``: how sure it is that it is out of scope."""

    intent: str
    confidence: float
    outside: float
    needs: frozenset[str]


Pairs = Sequence[tuple[Example, Reading]]


def accuracy(pairs: Pairs) -> float:
    """The share of texts whose intent was read."""
    return sum(meant.intent == got.intent for meant, got in pairs) / len(pairs)


def macro_f1(pairs: Pairs) -> float:
    """The F1 of each intent, averaged, so that a rare one weighs as much as a common one."""
    right = Counter(meant.intent for meant, got in pairs if meant.intent == got.intent)
    meant_all = Counter(meant.intent for meant, _ in pairs)
    got_all = Counter(got.intent for _, got in pairs)
    scores = [2 * right[each] / (meant_all[each] + got_all[each]) for each in meant_all]
    return sum(scores) / len(scores)


def needs_f1(pairs: Pairs) -> float:
    """The micro-averaged F1 of needs, over the texts that ask for help."""
    asked = [(meant.needs, got.needs) for meant, got in pairs if meant.intent == "find_help"]
    right = sum(len(meant & got) for meant, got in asked)
    wrong = sum(len(meant ^ got) for meant, got in asked)
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0


def outside_found(pairs: Pairs, refused: float = 0.05) -> tuple[int, int]:
    """How many texts out of scope are found where ``refused`` of the others are refused."""
    inside = sorted((got.outside for meant, got in pairs if meant.intent != "out_of_scope"))
    if not inside:
        return 0, 0
    edge = inside[min(len(inside) - 1, int(len(inside) * (1 - refused)))]
    outside = [got.outside for meant, got in pairs if meant.intent == "out_of_scope"]
    return sum(score > edge for score in outside), len(outside)


def calibration_error(pairs: Pairs) -> float:
    """The expected calibration error: how far confidence stands from being right, over ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for meant, got in pairs:
        at = min(BINS - 1, int(got.confidence * BINS))
        bins[at].append((got.confidence, meant.intent == got.intent))
    return sum(
        abs(sum(sure for sure, _ in each) - sum(right for _, right in each)) for each in bins
    ) / max(1, len(pairs))


def confusions(pairs: Pairs, most: int = 10) -> list[tuple[str, str, int, str]]:
    """The most frequent pairs of meant and read intent, with a text for each."""
    missed = [(m.intent, g.intent, m.text) for m, g in pairs if m.intent != g.intent]
    counted = Counter((meant, got) for meant, got, _ in missed).most_common(most)
    shown = {(meant, got): text for meant, got, text in reversed(missed)}
    return [(meant, got, count, shown[meant, got]) for (meant, got), count in counted]
