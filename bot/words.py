"""The approved words: every sentence the assistant can say, by key and language.

They stand in ``bot/domain/words``, where Rasa never looks; nothing else is ever sent (rule 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.settings import settings

_FOLDER = Path(__file__).resolve().parent / "domain" / "words"
_GAP = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """A sentence in one language, and whether a qualified speaker has read it."""

    text: str
    language: str
    reviewed: bool


@lru_cache(maxsize=1)
def _all() -> dict[str, dict[str, Words]]:
    found: dict[str, dict[str, Words]] = {}
    for path in sorted(_FOLDER.glob("*.yml")):
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, variants in document["words"].items():
            found[key] = {each.language: each for each in map(_words, variants)}
    return found


def _words(variant: dict[str, Any]) -> Words:
    metadata = variant["metadata"]
    return Words(variant["text"], metadata["lang"], bool(metadata.get("reviewed", True)))


def keys() -> dict[str, dict[str, Words]]:
    """Every key with its languages, for the tests and reports that read them all."""
    return _all()


def words(key: str, language: str, values: Mapping[str, Any] | None = None) -> Words:
    """The sentence of ``key``, in ``language`` or else in English, with its gaps filled.

    Filling is plain replacement: a value is never read as a pattern. Raises ``KeyError``
    for an unknown key or a gap without a value. Outside the demonstration a sentence that no
    qualified speaker has read is said in English.
    """
    variants = _all()[key]
    chosen = variants.get(language) or variants["en"]
    if not chosen.reviewed and not settings().demo:
        chosen = variants["en"]
    filled = _GAP.sub(lambda gap: str((values or {})[gap[1]]), chosen.text)
    return Words(filled, chosen.language, chosen.reviewed)
