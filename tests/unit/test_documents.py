"""Documents for reviewers: each names an owner, its controls name tests, its paths are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.test_hazards import names_in

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "threat-model.md",
    "dpia.md",
    "record-of-processing.md",
    "appropriate-policy.md",
    "transparency-record.md",
    "how-to/incidents.md",
)
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_OURS = re.compile(r"`((?:docs|data|tests|cli|core|sites)/[\w./-]+\.\w+)`|\]\((?!http)([^)#]+)\)")
_LABEL = re.compile(r'label="([^"]+)"')


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_an_owner_to_fill_in_and_a_day(name: str) -> None:
    assert "**Owner:** *to be named by the" in text_of(name)
    assert re.search(r"\*\*Date:\*\* 20\d\d-\d\d-\d\d", text_of(name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_points_to_is_there(name: str) -> None:
    here = (ROOT / "docs" / name).parent
    for ours, linked in _OURS.findall(text_of(name)):
        assert (ROOT / ours).exists() if ours else (here / linked).exists(), ours or linked


def threats() -> list[list[str]]:
    rows = [line for line in text_of("threat-model.md").splitlines() if re.match(r"\| T\d\d", line)]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", threats(), ids=lambda row: row[0])
def test_each_threat_is_met_by_a_control_that_a_test_proves(row: list[str]) -> None:
    assert len(row) == 6
    assert all(row)
    proofs = _TEST.findall(row[5])
    assert proofs
    for path, name in proofs:
        assert (ROOT / path).exists(), path
        assert not name or name in names_in(path), f"{path}::{name}"


def test_the_threats_are_in_order_and_name_every_kind() -> None:
    ids = [row[0] for row in threats()]
    assert ids == [f"T{n:02}" for n in range(1, len(ids) + 1)]
    kinds = {kind for row in threats() for kind in row[2].split(", ")}
    assert kinds == {
        *("spoofing", "tampering", "repudiation"),
        *("disclosure", "denial", "elevation"),
    }


def test_the_picture_of_the_flows_is_of_the_flows() -> None:
    """Whoever changes the source makes the picture anew: every label stands in it."""
    drawn = " ".join(re.findall(r">([^<>]+)</text>", text_of("data-flow.svg")))
    drawn = drawn.replace("&#45;", "-").replace("&amp;", "&")
    labels = [
        part for label in _LABEL.findall(text_of("data-flow.dot")) for part in label.split(r"\n")
    ]
    assert len(labels) > 20
    assert [each for each in labels if each not in drawn] == []
