"""The officer patterns as they are compiled: one search a criterion stands for all its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.runtime.criteria_rules import PATTERNS, patterns
from bot.runtime.criteria_text import read_message
from tests.unit.test_read_criteria import DEV


def test_one_search_for_a_criterion_finds_what_any_of_its_rules_finds() -> None:
    known = patterns()
    lines = [read_message(each["text"], known.spelling, known.cues).line for each in DEV]
    found = {
        (criterion.id, line)
        for criterion in known.criteria
        for line in lines
        if any(one.search(line) for rule in criterion.rules for one in rule.said)
    }
    searched = {
        (criterion.id, line)
        for criterion in known.criteria
        for line in lines
        if criterion.anything.search(line)
    }
    assert found == searched
    assert len(found) > len(lines)


def test_a_rule_may_not_name_a_group_by_its_number(tmp_path: Path) -> None:
    whole = PATTERNS.read_text("utf-8")
    path = tmp_path / "patterns.yml"
    head = "    say:\n"
    path.write_text(whole.replace(head, f"{head}      - like: ['(a) \\1']\n", 1), "utf-8")
    with pytest.raises(ValueError, match="by its number"):
        patterns(path)
