"""Each of the reviewer's 60 checks is answered by a test or a document that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.test_hazards import names_in

ROOT = Path(__file__).resolve().parents[2]
CHECKS: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs/checks.yml").read_text("utf-8"))


def test_there_are_sixty_and_each_says_what_it_lacks() -> None:
    assert [each["id"] for each in CHECKS] == list(range(1, 61))
    for each in CHECKS:
        assert each["state"] in ("met", "partly", "not")
        assert bool(each.get("lacks")) == (each["state"] != "met"), each["id"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check["id"]))
def test_what_answers_a_check_is_there(check: dict[str, Any]) -> None:
    assert check["proof"]
    for proof in check["proof"]:
        path, _, name = proof.partition("::")
        assert (ROOT / path).exists(), proof
        assert not name or name in names_in(path), proof
