"""The officer patterns (data/nlu/officer/criteria_patterns.yml) compiled once into rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.criteria_text import Cues, Spelling

PATTERNS = Path(__file__).resolve().parents[2] / "data/nlu/officer/criteria_patterns.yml"
_LABEL = (
    "(?:{{start}}|(?:change|amend|set|update|correct|make|put) (?:the |his |her )?)"
    "(?:{label})(?: answer)?(?: to| should be| should say)?"
)
_BLOCK = re.compile(r"\{([a-z_]+)\}")
_NAME = re.compile(r"\(\?P<\w+>")
_BACK = re.compile(r"\\[1-9]|\(\?P=")


@dataclass(frozen=True)
class Rule:
    """One way officers say one answer; ``denied`` is what the same words mean after a "no".

    A ``weak`` one gives way to any other answer to its criterion.
    """

    value: str
    said: tuple[re.Pattern[str], ...]
    every: bool
    denied: str
    sure: bool
    unless: re.Pattern[str] | None
    unless_in_sentence: re.Pattern[str] | None
    unless_after: re.Pattern[str] | None
    unless_in_message: re.Pattern[str] | None
    anyone: bool
    only_asked: bool
    in_a_list: bool
    weak: bool


@dataclass(frozen=True)
class Criterion:
    """How one criterion is read: its rules, and what a short reply to its question means.

    Its sentence, with ``<>`` about a match, may take the meaning (``skip``) or make it unsure
    (``doubt``). Where ``anything`` is not found, none of its rules finds what it looks for.
    """

    id: str
    rules: tuple[Rule, ...]
    anything: re.Pattern[str]
    label: re.Pattern[str] | None
    replies: dict[str, tuple[str, bool]]
    reply_unless: re.Pattern[str] | None
    several: str
    last_wins: re.Pattern[str] | None
    strongest: str
    about_suspect: bool
    silent_while: frozenset[str]
    any_time: bool
    skip: re.Pattern[str] | None
    doubt: re.Pattern[str] | None


@dataclass(frozen=True)
class Patterns:
    """Everything the reviewed file says, ready for use."""

    criteria: tuple[Criterion, ...]
    spelling: Spelling
    cues: Cues
    replies: dict[str, re.Pattern[str]]


@cache
def patterns(path: Path = PATTERNS) -> Patterns:
    """The compiled file. ``BaseLoader`` keeps ``yes`` and ``no`` words. Raises on a bad pattern."""
    with path.open(encoding="utf-8") as file:
        raw: dict[str, Any] = yaml.load(file, Loader=yaml.BaseLoader)  # noqa: S506 strings only
    blocks = raw["blocks"]

    def build(pattern: str) -> re.Pattern[str]:
        return re.compile(_expand(pattern, blocks))

    spelling, cues = raw["spelling"], raw["cues"] | raw["people"]
    return Patterns(
        criteria=tuple(_criterion(name, body, blocks) for name, body in raw["criteria"].items()),
        spelling=Spelling.of(
            raw["same_word"], spelling["vocabulary"].split(), spelling["leave"].split()
        ),
        cues=Cues(
            **{name: build(cues[name]) for name in cues if name != "window"},
            window=int(cues["window"]),
        ),
        replies={name: build(one) for name, one in raw["replies"].items()},
    )


def _criterion(name: str, body: dict[str, Any], blocks: dict[str, str]) -> Criterion:
    label = body.get("label")
    return Criterion(
        id=name,
        rules=tuple(_rule(one, blocks) for one in body["say"]),
        anything=_anything(body["say"], blocks),
        label=_optional(label and _LABEL.format(label=label), blocks),
        replies={
            reply: (value.rstrip("?"), not value.endswith("?"))
            for reply, value in body.get("replies", {}).items()
        },
        reply_unless=_optional(body.get("reply_unless"), blocks),
        several=body.get("several", ""),
        last_wins=_optional(body.get("last_wins"), blocks),
        strongest=body.get("strongest", ""),
        about_suspect=body.get("about") == "suspect",
        silent_while=frozenset(body.get("silent_while", "").split()),
        any_time=body.get("any_time") == "yes",
        skip=_around(body.get("skip"), blocks),
        doubt=_around(body.get("doubt"), blocks),
    )


def _anything(say: list[dict[str, Any]], blocks: dict[str, str]) -> re.Pattern[str]:
    """All that the rules look for, in one: most messages say nothing of most criteria, and one
    search costs a third of one for each rule.
    """
    said = [one for body in say for one in body.get("all") or body["like"]]
    whole = _expand("|".join(f"(?:{one})" for one in said), blocks)
    if _BACK.search(whole):
        raise ValueError(f"A rule refers to a group by its number: {whole}")
    return _alone(_NAME.sub("(?:", whole))


def _rule(body: dict[str, Any], blocks: dict[str, str]) -> Rule:
    said, value = body.get("all") or body["like"], body.get("value", "")
    if "all" not in body and not value.startswith("="):
        said = ["|".join(f"(?:{one})" for one in said)]  # one search is cheaper than ten
    return Rule(
        value=value,
        said=tuple(_compiled(one, blocks) for one in said),
        every="all" in body,
        denied=body.get("denied", ""),
        sure=body.get("sure") != "no",
        unless=_optional(body.get("unless"), blocks),
        unless_in_sentence=_optional(body.get("unless_in_sentence"), blocks),
        unless_after=_optional(body.get("unless_after"), blocks),
        unless_in_message=_optional(body.get("unless_in_message"), blocks),
        anyone=body.get("anyone") == "yes",
        only_asked=body.get("only_asked") == "yes",
        in_a_list=body.get("in_a_list") == "yes",
        weak=body.get("weak") == "yes",
    )


def _optional(pattern: str | None, blocks: dict[str, str]) -> re.Pattern[str] | None:
    return _compiled(pattern, blocks) if pattern else None


def _around(said: list[str] | None, blocks: dict[str, str]) -> re.Pattern[str] | None:
    """Patterns of a match and its sentence; ``<>`` in them is the match, whatever its words."""
    if not said:
        return None
    whole = "|".join(f"(?:{one})" for one in said).replace("<>", "<[^>]*>")
    return re.compile(_expand(whole, blocks))


def _compiled(pattern: str, blocks: dict[str, str]) -> re.Pattern[str]:
    return _alone(_expand(pattern, blocks))


def _alone(pattern: str) -> re.Pattern[str]:
    """As words of their own: no letter before or after."""
    return re.compile(rf"(?<![\w/])(?:{pattern})(?![\w/])")


def _expand(pattern: str, blocks: dict[str, str]) -> str:
    """Building blocks may hold building blocks; an unknown name is an error of the file."""
    while _BLOCK.search(pattern):
        pattern = _BLOCK.sub(lambda found: blocks[found[1]], pattern)
    return pattern
