"""The approved words: every sentence the assistant can say, by key and language.

They stand in ``bot/domain/words``, where Rasa never looks; nothing else is ever sent (rule 2). Who
approved a sentence, when and in which version stands in ``bot/domain/approved.csv``, by a digest of
the sentence: change a word, and it is unread again.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import yaml

from core.settings import ROOT, settings

FOLDER = ROOT / "bot" / "domain" / "words"
APPROVED = ROOT / "bot" / "domain" / "approved.csv"
STANDINGS = ("authors", "qualified")
_GAP = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Approval:
    """Who read a sentence, when, in which version, and as what: an author or somebody qualified."""

    key: str
    language: str
    digest: str
    by: str
    standing: str
    on: str
    version: int


@dataclass(frozen=True)
class Words:
    """A sentence in one language, and whether a qualified speaker has read it.

    English is its authors' own language, so there their reading is enough.
    """

    text: str
    language: str
    reviewed: bool


@lru_cache(maxsize=1)
def _all() -> dict[str, dict[str, Words]]:
    approvals = approved()
    found: dict[str, dict[str, Words]] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, variants in document["words"].items():
            found[key] = {
                variant["metadata"]["lang"]: _words(
                    variant, approvals.get((key, variant["metadata"]["lang"]))
                )
                for variant in variants
            }
    return found


def _words(variant: dict[str, Any], approval: Approval | None) -> Words:
    language = variant["metadata"]["lang"]
    fits = approval is not None and approval.digest == digest_of(variant["text"])
    needed = STANDINGS if language == "en" else ("qualified",)
    reviewed = fits and approval is not None and approval.standing in needed
    return Words(variant["text"], language, reviewed)


def approved() -> dict[tuple[str, str], Approval]:
    """The newest approval of each sentence, by key and language."""
    with APPROVED.open(encoding="utf-8", newline="") as file:
        rows = [_approval(row) for row in csv.DictReader(file)]
    return {(row.key, row.language): row for row in sorted(rows, key=lambda row: row.version)}


def _approval(row: dict[str, str]) -> Approval:
    version = int(row.pop("version"))
    return Approval(**row, version=version)


def digest_of(text: str) -> str:
    """What tells one wording of a sentence from another."""
    return sha256(text.encode()).hexdigest()[:16]


def unread(standing: str) -> list[tuple[str, str]]:
    """The sentences, by key and language, that nobody of this standing has read as they are."""
    approvals = approved()
    enough = STANDINGS[STANDINGS.index(standing) :]
    return [
        (key, language)
        for key, variants in _all().items()
        for language, said in variants.items()
        if not _read(approvals.get((key, language)), said.text, enough)
    ]


def _read(approval: Approval | None, text: str, enough: tuple[str, ...]) -> bool:
    return (
        approval is not None and approval.digest == digest_of(text) and approval.standing in enough
    )


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
