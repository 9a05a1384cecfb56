"""Every control in the hazard log names a test that is there; a log without proof is a promise."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOG = (ROOT / "docs/hazards.md").read_text(encoding="utf-8")
COLUMNS = 11
_PROOF = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def hazards() -> list[list[str]]:
    """The rows of the log, cell by cell."""
    rows = [line for line in LOG.splitlines() if re.match(r"\| H\d\d \|", line)]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@lru_cache(maxsize=64)
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    named = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in named if node.name.startswith("test_"))


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row[0])
def test_a_hazard_is_whole(row: list[str]) -> None:
    assert len(row) == COLUMNS
    assert all(row), "an empty cell"
    assert row[4] in "12345"
    assert row[5] in "12345"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row[-1])


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row[0])
def test_each_control_is_proved_by_tests_that_are_there(row: list[str]) -> None:
    proofs = _PROOF.findall(row[7])
    assert proofs, "no test proves it"
    for path, name in proofs:
        assert (ROOT / path).exists(), path
        assert names_in(path), path
        assert not name or name in names_in(path), f"{path}::{name}"


def test_the_ids_are_in_order_and_none_twice() -> None:
    ids = [row[0] for row in hazards()]
    assert ids == sorted(set(ids))
    assert len(ids) >= 15
