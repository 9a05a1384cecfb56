"""What is learned and what is measured on stay apart, or every figure would be flattery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.text import fold
from core.settings import ROOT

DEVELOPMENT = ROOT / "data/dev"
TRAINING = ROOT / "data/nlu"
_WORDS = re.compile(r"[\w\u0a00-\u0a7f]+")
# Ten thousand texts: read by libyaml in a second, by Python's own reader in ten.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def bare(text: str) -> str:
    """The text without case, accents, stops and double spaces: a comma more is the same text."""
    return " ".join(_WORDS.findall(fold(text))) or fold(text).strip()


def is_measured_on(text: str) -> bool:
    """Whether it is a text of ``data/dev``, which must never be learned."""
    return bare(text) in measured_texts()


@lru_cache(maxsize=1)
def measured_texts() -> frozenset[str]:
    """Every text of the development sets, bare; whatever shape the file has."""
    return frozenset(
        bare(text) for path in sorted(DEVELOPMENT.rglob("*.yml")) for text in _texts(_read(path))
    )


@lru_cache(maxsize=1)
def taught_texts() -> dict[str, frozenset[str]]:
    """Every training text of the project, bare, with the intents that it teaches."""
    found: dict[str, set[str]] = {}
    for path in sorted(TRAINING.rglob("*.yml")):
        document = _read(path)
        for item in document.get("nlu", ()) if isinstance(document, dict) else ():
            for text in _examples(item):
                found.setdefault(bare(text), set()).add(item["intent"])
    return {text: frozenset(intents) for text, intents in found.items()}


def _examples(item: dict[str, Any]) -> Iterator[str]:
    examples = item.get("examples", "") if "intent" in item else ""
    if isinstance(examples, str):
        yield from (line.lstrip("- ") for line in examples.splitlines() if line.strip())
    else:
        yield from (example["text"] for example in examples)


def _texts(node: Any) -> Iterator[str]:
    """Every string under "text" and in a list under "texts", "previous" or "messages"."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            elif key in ("texts", "previous", "messages") and isinstance(value, list):
                yield from (each for each in value if isinstance(each, str))
                yield from _texts(value)
            else:
                yield from _texts(value)
    elif isinstance(node, list):
        for each in node:
            yield from _texts(each)


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=_LOADER)  # noqa: S506 - a safe loader either way
