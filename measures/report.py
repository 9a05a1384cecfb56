"""`make nlu-report`: every candidate on the same examples, in one run, as tables to read.

Run by Rasa's Python. Each candidate is fitted on the same four fifths of the training data and
asked for the last fifth and for the development sets; then, but for DIET, whose training is long,
on every other four fifths in turn.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import yaml

from bot.runtime.criteria import read_criteria
from bot.runtime.criteria_learned import Learned
from bot.runtime.criteria_training import taught, trained
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


def held_out(candidate: Candidate, parts: Sequence[list[Example]], at: int) -> Pairs:
    """The readings of one part by the candidate fitted on all the others."""
    candidate.fit([each for part in parts if part is not parts[at] for each in part])
    return read_all(candidate, parts[at])


def milliseconds(candidate: Candidate, examples: Sequence[Example]) -> float:
    """The median CPU time of one message."""
    times = []
    for each in examples[:TIMED]:
        begun = time.process_time()
        candidate.read(each.text)
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def measured(candidate: Candidate, train: Sequence[Example], dev: Sequence[Example]) -> list[str]:
    """One row of the table."""
    _tell(candidate.name)
    parts = folds(train)
    begun = time.process_time()
    split = held_out(candidate, parts, 0)
    seconds = time.process_time() - begun
    pairs = read_all(candidate, dev)
    spent = milliseconds(candidate, dev)
    rest = () if candidate.one_split else range(1, FOLDS)
    _tell("  the other four fifths")
    every = [split, *(held_out(candidate, parts, at) for at in rest)]
    found, outside = counting.outside_found([p for p in pairs if p[0].language == "en"])
    per_language = [
        f"{counting.needs_f1([p for p in pairs if p[0].language == code]):.3f}"
        for code in LANGUAGES
    ]
    return [
        candidate.name,
        f"{counting.macro_f1(split):.3f} / {counting.needs_f1(split):.3f}",
        "-" if candidate.one_split else _mean(every),
        f"{counting.accuracy(pairs):.3f}",
        *per_language,
        in_words(found, outside),
        f"{counting.calibration_error(pairs):.3f}",
        f"{spent:.1f}",
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
    "training and reading the fifth, s (CPU)",
    "memory so far, MB",
]


def by_ours(
    messages: Sequence[dict[str, Any]], today: date, learned: Learned | None
) -> list[dict[str, str]]:
    """What the rules, alone or with what was learned, are sure of on the day of the set."""
    read = [read_criteria(each["text"], each.get("asked"), today, learned) for each in messages]
    return [{one.criterion: one.value for one in found if one.sure} for found in read]


def by_spacy(messages: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """What spaCy's phrase matcher reads, in the application's Python."""
    done = subprocess.run(  # noqa: S603
        [str(ROOT / ".venv/bin/python"), "-m", "measures.spacy_values"],
        input="".join(json.dumps(each["text"]) + "\n" for each in messages),
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def criteria_lines() -> list[str]:
    """Precision and recall of officers' criteria, ours beside spaCy's, for each development set."""
    lines, learned = [], trained(taught())
    for path in sorted((ROOT / "data/dev").glob("officer*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        messages, today = loaded["messages"], loaded["today"]
        found = {
            "our rules": by_ours(messages, today, None),
            "shipped: rules and examples": by_ours(messages, today, learned),
            "spaCy phrases": by_spacy(messages),
        }
        for name, read in found.items():
            right, got, meant = _counted(messages, read)
            shares = in_words(right, got), in_words(right, meant)
            lines.append(f"| {path.stem} | {name} | {shares[0]} | {shares[1]} |")
    return lines


def _counted(
    messages: Sequence[dict[str, Any]], read: Sequence[dict[str, str]]
) -> tuple[int, int, int]:
    """How many answers are right, how many were given, how many were meant; a maybe counts not."""
    right = got = meant = 0
    for each, found in zip(messages, read, strict=True):
        wanted, maybe = (
            {key: _said(value) for key, value in (each.get(name) or {}).items()}
            for name in ("expect", "maybe")
        )
        hits = len(found.items() & wanted.items())
        right, meant = right + hits, meant + len(wanted)
        got += hits + len(found.items() - wanted.items() - maybe.items())
    return right, got, meant


def _said(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _mean(parts: Sequence[Pairs]) -> str:
    intents = statistics.mean(counting.macro_f1(part) for part in parts)
    needs = statistics.mean(counting.needs_f1(part) for part in parts)
    return f"{intents:.3f} / {needs:.3f}"


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def asked() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="make nlu-report ARGS=...", description=__doc__)
    parser.add_argument("--only", default="", help="candidates whose name holds these words")
    parser.add_argument("--without-diet", action="store_true", help="leave stock DIET out")
    parser.add_argument("--diet-epochs", type=int, help="stop DIET early; its row says so")
    return parser.parse_args()


def chosen(ask: argparse.Namespace) -> list[Candidate]:
    """The candidates that are asked for; DIET last, for it takes hours."""
    every = [each for each in all_candidates(ask.diet_epochs) if ask.only in each.name]
    slow = [] if ask.without_diet else [each for each in every if each.one_split]
    return [each for each in every if not each.one_split] + slow


def main() -> None:
    """Print the tables as Markdown."""
    ask = asked()
    train, dev = training_examples(), development_examples()
    _tell(f"{len(train)} training texts, {len(dev)} development texts")
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for candidate in chosen(ask):
        print("| " + " | ".join(measured(candidate, train, dev)) + " |", flush=True)
    if not ask.only:
        shipped = all_candidates(None)[-1]
        shipped.fit(train)
        print("\nThe shipped one's ten most frequent confusions on the development sets:\n")
        for meant, got, count, text in counting.confusions(read_all(shipped, dev)):
            print(f"- {count} times {meant} read as {got}, such as: {text[:120]}")
        print("\n| officers' criteria | by | precision | recall |\n|---|---|---|---|")
        print("\n".join(criteria_lines()))


if __name__ == "__main__":
    main()
