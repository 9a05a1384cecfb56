"""The code book: every column of the extract with its values in words, made from the row itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from referrals.evaluation.case import AGE_BANDS, CLOSING, LANGUAGES, NEED_CODES, REASONS
from referrals.evaluation.row import BOOK, KINDS
from referrals.fields import BY_NAME
from referrals.rule_set import RuleSet
from referrals.transitions import Status
from sites import Site

HEADER = ("column", "type", "meaning", "values", "source", "empty means", "collected by", "since")


@dataclass(frozen=True)
class Entry:
    """One column of the code book; ``codes`` maps each value to its words, empty if uncoded."""

    name: str
    kind: str
    words: str
    codes: Mapping[str, str]
    source: str
    missing: str
    who: str
    since: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The entry as a line of a table, in the order of ``HEADER``."""
        values = "; ".join(f"{code} = {words}" for code, words in self.codes.items())
        return (
            self.name,
            self.kind,
            self.words,
            values,
            self.source,
            self.missing,
            self.who,
            self.since,
        )


def code_book(rules: RuleSet, site: Site) -> list[Entry]:
    """The code book of a site under the rule set in force there."""
    return [
        Entry(
            name,
            KINDS[name],
            column.words,
            _codes(column.codes, rules, site),
            _source(column.source, rules),
            column.missing,
            column.who,
            f"{rules.site}@{column.since}",
        )
        for name, column in BOOK.items()
    ]


def as_csv(book: list[Entry]) -> str:
    """The code book for machines: CSV as RFC 4180 has it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([HEADER, *(entry.cells for entry in book)])
    return out.getvalue()


def as_markdown(book: list[Entry], rules: RuleSet) -> str:
    """The code book for people."""
    lines = [f"# {_texts()['book']['title']}: {rules.name}", "", *_texts()["book"]["about"], ""]
    for entry in book:
        lines += [f"## `{entry.name}`", "", f"{_sentence(entry.words)}", ""]
        named = zip(HEADER, entry.cells, strict=True)
        lines += [f"- {label}: {value}" for label, value in named if label in _LISTED]
        lines += [f"- `{code}`: {words}" for code, words in entry.codes.items()]
        lines.append("")
    return "\n".join(lines)


_LISTED = ("type", "source", "empty means", "collected by", "since")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _codes(where: str, rules: RuleSet, site: Site) -> Mapping[str, str]:
    source, _, name = where.partition(":")
    if source == "criterion":
        return {code: each.label for code, each in rules.criterion(name).answers.items()}
    if source == "field":
        return dict(BY_NAME[name].options)
    if source == "criteria":
        return {item.id: item.label for item in rules.criteria}
    if source == "disposal":
        asked = rules.criterion("B23_disposal").answers
        return {code: _texts()["disposal"].get(code, code) for code in (*site.disposals, *asked)}
    if source == "delivery_site":
        return {each.code: each.name for each in site.delivery_sites}
    return {code: _texts()[source][code] for code in _FIXED.get(source, ())}


_FIXED: Mapping[str, tuple[str, ...]] = {
    "status": tuple(Status),
    "closing": CLOSING,
    "reason": REASONS,
    "outcome": ("appears_to_meet", "needs_supervisor", "does_not_meet", "on_hold"),
    "age_band": AGE_BANDS,
    "language": LANGUAGES,
    "needs": NEED_CODES,
}


def _source(said: str, rules: RuleSet) -> str:
    """Where a column comes from; of a criterion its question and the source of that."""
    criteria = {item.id: item for item in rules.criteria}
    if said not in criteria:
        return said
    item = criteria[said]
    return f"{item.id}: {item.question} ({item.source})"


@cache
def _texts() -> dict[str, Any]:
    path = Path(__file__).with_name("codebook.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
