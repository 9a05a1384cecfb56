"""`make nlu-report`: every candidate on the same examples, in one run, as tables to read.

Run by Rasa's Python. Each candidate is fitted on the training data and asked for the development
sets; it is fitted again on four fifths of the training data and asked for the last fifth, and, but
for DIET, on every four fifths in turn.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from bot.runtime.criteria import read_criteria
from core.shares import in_words
from measures import counting
from measures.candidates import ROOT, Candidate, all_candidates
from measures.counting import Example, Pairs, Reading

FOLDS = 5
SEED = 20261128
LANGUAGES = ("en", "pl", "pa")
TIMED = 200


def training_examples() -> list[Example]:
    """Every training text of a participant's or of everybody's intents."""
    folders = (ROOT / "data/nlu/participant", ROOT / "data/nlu/shared")
    paths = sorted(path for folder in folders for path in folder.glob("*.*.yml"))
    return [each for path in paths for each in _of_file(path)]


def _of_file(path: Any) -> Iterable[Example]:
    language = path.name.split(".")[-2]
    for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
        for text, needs in _texts(block["examples"]):
            yield Example(text, language, block["intent"], frozenset(needs))


def _texts(examples: Any) -> Iterable[tuple[str, list[str]]]:
    if isinstance(examples, str):
        for line in examples.splitlines():
            yield line.removeprefix("- ").strip(), []
        return
    for each in examples:
        yield each["text"].strip(), (each.get("metadata") or {}).get("needs", [])


def development_examples() -> list[Example]:
    """The participant's development sets, the blind ones among them."""
    found = []
    for path in sorted((ROOT / "data/dev").glob("participant*.yml")):
        for each in yaml.safe_load(path.read_text(encoding="utf-8")):
            needs = frozenset(each.get("needs", []))
            found.append(Example(each["text"], each["language"], each["intent"], needs))
    return found


def read_all(candidate: Candidate, examples: Sequence[Example]) -> list[tuple[Example, Reading]]:
    """Each example beside what the candidate makes of it."""
    return [(each, candidate.read(each.text)) for each in examples]


def folds(examples: Sequence[Example]) -> list[list[Example]]:
    """Five parts of the training data, the same in every run."""
    mixed = list(examples)
    random.Random(SEED).shuffle(mixed)  # noqa: S311 - folds, no secret
    return [mixed[at::FOLDS] for at in range(FOLDS)]


def cross_validated(candidate: Candidate, examples: Sequence[Example]) -> list[Pairs]:
    """The readings of each part by a candidate fitted on the others; of the first part for DIET."""
    parts = folds(examples)
    read = []
    for at, part in enumerate(parts[:1] if candidate.one_split else parts):
        candidate.fit([each for other in parts if other is not parts[at] for each in other])
        read.append(read_all(candidate, part))
        _tell(f"  part {at + 1}")
    return read


def milliseconds(candidate: Candidate, examples: Sequence[Example]) -> float:
    """The median CPU time of one message."""
    times = []
    for each in examples[:TIMED]:
        begun = time.process_time()
        candidate.read(each.text)
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def measured(candidate: Candidate, train: Sequence[Example], dev: Sequence[Example]) -> list[str]:
    """One row of the table; the last candidate's confusions are printed besides."""
    _tell(candidate.name)
    parts = cross_validated(candidate, train)
    begun = time.process_time()
    candidate.fit(train)
    seconds = time.process_time() - begun
    pairs = read_all(candidate, dev)
    found, outside = counting.outside_found([p for p in pairs if p[0].language == "en"])
    per_language = [
        f"{counting.needs_f1([p for p in pairs if p[0].language == code]):.3f}"
        for code in LANGUAGES
    ]
    return [
        candidate.name,
        f"{counting.macro_f1(parts[0]):.3f} / {counting.needs_f1(parts[0]):.3f}",
        "-" if candidate.one_split else _mean(parts),
        f"{counting.accuracy(pairs):.3f}",
        *per_language,
        in_words(found, outside),
        f"{counting.calibration_error(pairs):.3f}",
        f"{milliseconds(candidate, dev):.1f}",
        f"{seconds:.0f}",
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}",
    ]


HEAD = [
    "candidate",
    "split: intent macro-F1 / needs F1",
    "5-fold: the same",
    "dev: intent",
    *(f"dev: needs {code}" for code in LANGUAGES),
    "out of scope found at 5 % refused (en)",
    "calibration error",
    "ms (CPU, median)",
    "training s (CPU)",
    "memory so far, MB",
]


def criteria_lines() -> list[str]:
    """Precision and recall of officers' criteria, by rule alone, for each development set."""
    lines = []
    for path in sorted((ROOT / "data/dev").glob("officer*.yml")):
        right = extra = missing = 0
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))["messages"]:
            read = {
                r.criterion: r.value
                for r in read_criteria(each["text"], each.get("asked"))
                if r.sure
            }
            meant = {key: _said(value) for key, value in each.get("expect", {}).items()}
            right += len(read.items() & meant.items())
            extra += len(read.items() - meant.items())
            missing += len(meant.items() - read.items())
        shares = in_words(right, right + extra), in_words(right, right + missing)
        lines.append(f"| {path.stem} | {shares[0]} | {shares[1]} |")
    return lines


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)


def _mean(parts: Sequence[Pairs]) -> str:
    intents = statistics.mean(counting.macro_f1(part) for part in parts)
    needs = statistics.mean(counting.needs_f1(part) for part in parts)
    return f"{intents:.3f} / {needs:.3f}"


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Print the tables as Markdown."""
    train, dev = training_examples(), development_examples()
    _tell(f"{len(train)} training texts, {len(dev)} development texts")
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for candidate in all_candidates():
        print("| " + " | ".join(measured(candidate, train, dev)) + " |", flush=True)
    print("\nThe shipped one's ten most frequent confusions on the development sets:\n")
    for meant, got, count, text in counting.confusions(read_all(candidate, dev)):
        print(f"- {count} times {meant} read as {got}, such as: {text[:120]}")
    print("\n| officers' criteria | precision | recall |\n|---|---|---|")
    print("\n".join(criteria_lines()))


if __name__ == "__main__":
    main()
