"""English texts that were written before what they measure: figures and misses under ``-rP``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime.needs import NEED_CODES, read_needs
from core.settings import ROOT
from measures.counting import wilson
from tests.unit.test_blind_pl_pa import REFUSALS, understood

Found = dict[str, Any]
Pairs = list[tuple[Found, Found]]

SETS = sorted((ROOT / "data/dev").glob("participant_blind_en*.yml"))
POST_WORDS = 30
F1_FLOOR = 0.7
OUTSIDE_FLOOR = 0.88
REFUSED_CEILING = 0.05


def share(name: str, hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{name} {hits / of if of else 0:.3f} ({low:.3f} to {high:.3f}, {hits}/{of})"


def needs_line(name: str, told: list[tuple[set[str], set[str]]]) -> tuple[str, float]:
    """F1, precision and recall of pairs of found and meant needs, in words and F1 alone."""
    right = sum(len(found & meant) for found, meant in told)
    found_all, meant_all = (sum(len(pair[side]) for pair in told) for side in (0, 1))
    f1 = 2 * right / (found_all + meant_all) if found_all + meant_all else 1.0
    found, meant = share("precision", right, found_all), share("recall", right, meant_all)
    return f"{name} ({len(told)}): F1 {f1:.3f}; {found}; {meant}", f1


def by_model(pairs: Pairs) -> list[tuple[set[str], set[str]]]:
    return [(set(got["needs"]), set(item["needs"])) for item, got in pairs]


def by_rule(pairs: Pairs) -> list[tuple[set[str], set[str]]]:
    own = [
        {r.need for r in read_needs(item["text"]) if (r.whose, r.state) == ("self", "current")}
        for item, _ in pairs
    ]
    return [(found, set(item["needs"])) for found, (item, _) in zip(own, pairs, strict=True)]


def refused(pairs: Pairs, outside: bool) -> tuple[int, int]:
    """How many of those outside, or inside, scope are refused, and of how many."""
    told = [g["intent"] in REFUSALS for i, g in pairs if (i["intent"] == "out_of_scope") == outside]
    return sum(told), len(told)


def print_needs(asked: Pairs) -> float:
    """Print the figures of needs by length, by layer and by code; give back the F1 of all."""
    posts = [pair for pair in asked if len(pair[0]["text"].split()) >= POST_WORDS]
    short = [pair for pair in asked if pair not in posts]
    for name, some in (("all", asked), ("posts", posts), ("short", short)):
        print(needs_line(name, by_model(some))[0])
        print(needs_line(f"{name}, words alone", by_rule(some))[0])
    for code in NEED_CODES:
        told = [(found & {code}, meant & {code}) for found, meant in by_model(asked)]
        print(" ", needs_line(code, [pair for pair in told if any(pair)])[0])
    return needs_line("all", by_model(asked))[1]


def print_misses(pairs: Pairs) -> None:
    for item, got in pairs:
        if item["intent"] != got["intent"] and not {item["intent"], got["intent"]} <= REFUSALS:
            print(f"  {item['intent']} read as {got['intent']} {got['sure']}: {item['text'][:90]}")
        if item["intent"] == "find_help" and set(item["needs"]) != set(got["needs"]):
            print(f"  {item['needs']} read as {got['needs']}: {item['text'][:90]}")


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_texts_that_were_written_blind(path: Path) -> None:
    items = yaml.safe_load(path.read_text(encoding="utf-8"))
    pairs = list(zip(items, understood([item["text"] for item in items]), strict=True))
    f1 = print_needs([pair for pair in pairs if pair[0]["intent"] == "find_help"])
    found, wrongly = refused(pairs, outside=True), refused(pairs, outside=False)
    print(share("out of scope found", *found))
    print(share("in scope refused", *wrongly))
    print(share("intents", sum(i["intent"] == g["intent"] for i, g in pairs), len(pairs)))
    print_misses(pairs)
    assert f1 >= F1_FLOOR
    assert found[0] / found[1] >= OUTSIDE_FLOOR
    assert wrongly[0] / wrongly[1] <= REFUSED_CEILING
