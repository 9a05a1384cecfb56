"""English texts that were written before what they measure: figures and misses under ``-rP``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.runtime.needs import NEED_CODES, read_needs
from core.shares import in_words
from tests.unit.understanding import OUTSIDE, Pairs, read, sets

POST_WORDS = 30
F1_FLOOR = 0.7
OUTSIDE_FLOOR = 0.85
OUTSIDE_FLOORS = {
    "participant_blind_en_5": 0.8,
    "participant_blind_en_6": 0.7,
    "participant_blind_en_7": 0.8,
}  # 20 of 24, 18 of 25, 23 of 28
REFUSED_CEILING = 0.05


def share(name: str, hits: int, of: int) -> str:
    return f"{name} {in_words(hits, of)}"


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
    told = [g["intent"] == OUTSIDE for i, g in pairs if (i["intent"] == OUTSIDE) == outside]
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
        if item["intent"] != got["intent"]:
            told = f"{got['intent']} {got['confidence']}"
            print(f"  {item['intent']} read as {told}: {item['text'][:90]}")
        if item["intent"] == "find_help" and set(item["needs"]) != set(got["needs"]):
            print(f"  {item['needs']} read as {got['needs']}: {item['text'][:90]}")


@pytest.mark.parametrize("path", sets("participant_blind_en*.yml"), ids=lambda path: path.stem)
def test_texts_that_were_written_blind(path: Path) -> None:
    pairs = read(path)
    f1 = print_needs([pair for pair in pairs if pair[0]["intent"] == "find_help"])
    found, wrongly = refused(pairs, outside=True), refused(pairs, outside=False)
    print(share("out of scope found", *found))
    print(share("in scope refused", *wrongly))
    print(share("intents", sum(i["intent"] == g["intent"] for i, g in pairs), len(pairs)))
    print_misses(pairs)
    assert f1 >= F1_FLOOR
    assert found[0] / found[1] >= OUTSIDE_FLOORS.get(path.stem, OUTSIDE_FLOOR)
    assert wrongly[0] / wrongly[1] <= REFUSED_CEILING
