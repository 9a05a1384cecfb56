"""Training and development texts stay apart, or every figure about the assistant is flattery."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.text import fold

DATA = Path(__file__).resolve().parents[2] / "data"


def bare(text: str) -> str:
    """The text without case, accents, stops and double spaces: a comma more is the same text."""
    return " ".join(re.findall(r"[\w\u0a00-\u0a7f]+", fold(text))) or fold(text).strip()


def examples_of(intent: dict[str, Any]) -> Iterator[str]:
    examples = intent.get("examples", "")
    if isinstance(examples, str):
        yield from (line.lstrip("- ") for line in examples.splitlines() if line.strip())
    else:
        yield from (example["text"] for example in examples)


def training_texts() -> Iterator[tuple[str, str]]:
    for path in sorted((DATA / "nlu").rglob("*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        for item in loaded.get("nlu", ()) if isinstance(loaded, dict) else ():
            if "intent" in item:
                yield from ((item["intent"], bare(text)) for text in examples_of(item))


def development_texts() -> Iterator[str]:
    for path in sorted((DATA / "dev").rglob("*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        for item in loaded if isinstance(loaded, list) else ():
            yield bare(item["text"])


def test_no_development_text_is_trained_on() -> None:
    shared = set(development_texts()) & {text for _, text in training_texts()}
    assert shared == set()


def test_one_text_teaches_an_audience_one_intent() -> None:
    only = yaml.safe_load((DATA.parent / "config.yml").read_text())["pipeline"][0]["only"]
    owners = {intent: who for who, intents in only.items() for intent in intents}
    intents: defaultdict[str, set[str]] = defaultdict(set)
    for intent, text in training_texts():
        intents[text].add(intent)
    for who in only:
        heard = {
            text: {intent for intent in found if owners.get(intent, who) == who}
            for text, found in intents.items()
        }
        assert {text: found for text, found in heard.items() if len(found) > 1} == {}


def test_both_sets_are_there() -> None:
    """The two tests above would pass on nothing at all."""
    assert len(list(training_texts())) > 1000
    assert len(list(development_texts())) > 300
