"""What is known about CARA, with where each fact comes from: one source for chat and page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

_FILE = Path(__file__).with_name("facts.yml")
# A share, a sum, or how many people: what is only true of one force and one study.
_FIGURE = re.compile(r"\d\s?%|£\s?\d|\b(?!(?:19|20)\d\d\b)\d{3,}\b")


class Topic(StrEnum):
    """What officers and commissioners ask about; the order is the one in which it is offered."""

    does_it_work = "does_it_work"
    in_the_workshops = "in_the_workshops"
    who_can_be_referred = "who_can_be_referred"
    what_does_it_cost = "what_does_it_cost"
    what_is_ascend = "what_is_ascend"
    how_to_get_it = "how_to_get_it"
    what_police_learn = "what_police_learn"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Frozen):
    """A row of the evidence table: where a study was made, how, and what it found."""

    place: str = Field(min_length=1)
    design: str = Field(min_length=1)
    result: str = Field(min_length=1)


class Fact(_Frozen):
    """One fact as it is said. ``year`` is the source's, or of its reading where it has no date.

    A fact with a figure and without the force and the study that it belongs to is refused.
    """

    id: str = Field(pattern=r"^[a-z_]+$")
    topic: Topic
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    force: str
    study: str
    source: str
    year: int
    dated: bool = True
    sure: Literal["confirmed", "unconfirmed"]
    review_by: date
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def _figures_belong_somewhere(self) -> Fact:
        found = f"{self.evidence.design} {self.evidence.result}" if self.evidence else ""
        if _FIGURE.search(f"{self.answer} {found}") and not (self.force and self.study):
            raise ValueError(f"{self.id}: a figure needs its force and its study")
        return self


class Flaw(NamedTuple):
    """A fact, by its id, that somebody has to look at, and why."""

    fact: str
    why: Literal["no_source", "year_to_come", "past_review"]


@lru_cache(maxsize=1)
def all_facts() -> tuple[Fact, ...]:
    """Every fact, in the order of the file; raises ``ValueError`` for a file that cannot be."""
    loaded = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found = tuple(Fact.model_validate(each) for each in loaded["facts"])
    if len({each.id for each in found}) < len(found):
        raise ValueError("an id stands twice among the facts")
    return found


def facts_about(topic: str) -> tuple[Fact, ...]:
    """The facts of a topic, in the order in which they are said; none for an unknown topic."""
    return tuple(each for each in all_facts() if each.topic == topic)


def evidence() -> tuple[Fact, ...]:
    """The facts that are rows of the evidence table."""
    return tuple(each for each in all_facts() if each.evidence)


def problems(today: date, facts: Iterable[Fact] | None = None) -> list[Flaw]:
    """What keeps facts from being said with a good conscience; none where all is well."""
    return list(_problems(today, all_facts() if facts is None else facts))


def _problems(today: date, facts: Iterable[Fact]) -> Iterator[Flaw]:
    for each in facts:
        if not each.source.strip():
            yield Flaw(each.id, "no_source")
        if each.year > today.year:
            yield Flaw(each.id, "year_to_come")
        if each.review_by < today:
            yield Flaw(each.id, "past_review")
