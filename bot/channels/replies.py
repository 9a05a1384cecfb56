"""What a typed message says to a question that was put with answers to press."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from core.settings import ROOT

_FOLDER = ROOT / "bot" / "domain" / "safety"
_POLISH = str.maketrans("ąćęłńóśźż", "acelnoszz")
_GURMUKHI = 0x900
_SHORT = 10


@dataclass(frozen=True)
class _Rule:
    """One rule of ``typed.yml``; what its parts mean stands there."""

    reply: str
    says: frozenset[str] = frozenset()
    has: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def fits(self, said: str) -> bool:
        """Whether the folded message is one of these."""
        if _begins(said, self.starts):
            return True
        if len(said.split()) > _SHORT:
            return False
        begun = _begins(said, self.begins) and not _has(said, self.unless)
        return said in self.says or begun or _has(said, self.has)


def typed_reply(text: str) -> str | None:
    """ "yes", "no" or "rather_not" as somebody types it to a safety question, else None.

    Whoever neither says no nor speaks of something else has not said no: that is "rather_not".
    """
    said = _folded(text)
    return next((rule.reply for rule in _rules() if rule.fits(said)), None)


def says_more(text: str) -> bool:
    """Whether a typed reply says more than the reply: "no, but I drink too much"."""
    return len(text.split()) > _SHORT // 2


def wants_to_go_on(text: str) -> bool:
    """Whether somebody types what the button "Go on" or "Carry on" says."""
    return _folded(text) in _going_on()


def _folded(text: str) -> str:
    kept = text.casefold().replace("-", " ")
    bare = "".join(c for c in kept if c.isalnum() or c.isspace() or ord(c) > _GURMUKHI)
    return " ".join(bare.translate(_POLISH).replace("।", " ").split())


def _begins(said: str, phrases: Iterable[str]) -> bool:
    return any(f"{said} ".startswith(f"{phrase} ") for phrase in phrases)


def _has(said: str, phrases: Iterable[str]) -> bool:
    return any(f" {phrase} " in f" {said} " for phrase in phrases)


@lru_cache(maxsize=1)
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            reply=row["reply"],
            says=frozenset(row.get("says", ())),
            **{part: tuple(row.get(part, ())) for part in ("has", "begins", "starts", "unless")},
        )
        for row in _read("typed.yml")
    )


@lru_cache(maxsize=1)
def _going_on() -> frozenset[str]:
    return frozenset(_read("going_on.yml"))


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
