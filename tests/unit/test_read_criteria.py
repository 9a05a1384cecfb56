"""Officers' words become criterion values: exact examples, and figures on the development set."""

from __future__ import annotations

import json
import statistics
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime.criteria import Reading, read_criteria

ROOT = Path(__file__).resolve().parents[2]
DEV = yaml.load((ROOT / "data/dev/officer_criteria.yml").read_text("utf-8"), Loader=yaml.BaseLoader)
TODAY = date.fromisoformat(DEV["today"])


def sure(text: str, asked: str | None = None) -> dict[str, str]:
    return {r.criterion: r.value for r in read_criteria(text, asked, TODAY) if r.sure}


def test_development_set_is_read_with_high_precision_and_recall(
    capsys: pytest.CaptureFixture[str],
) -> None:
    right = wrong = missed = 0
    misses: list[str] = []
    for message in DEV["messages"]:
        readings = read_criteria(message["text"], message.get("asked"), TODAY)
        hits, errors, gaps = compared(message, readings)
        right, wrong, missed = right + hits, wrong + len(errors), missed + len(gaps)
        misses += [f"{message['text'][:90]!r}: {words}" for words in [*errors, *gaps]]
    precision, recall = right / (right + wrong), right / (right + missed)
    with capsys.disabled():
        print(f"\n{len(DEV['messages'])} messages, {right + missed} answers:", end=" ")
        print(f"precision {precision:.3f}, recall {recall:.3f}", *misses, sep="\n  ")
    assert precision >= 0.97
    assert recall >= 0.90


def compared(
    message: dict[str, Any], readings: list[Reading]
) -> tuple[int, list[str], list[str]]:
    expect, maybe = message.get("expect", {}), message.get("maybe", {})
    hits, errors = 0, []
    for one in readings:
        allowed = expect.get(one.criterion) == one.value
        if allowed and one.sure:
            hits += 1
        elif not allowed and (one.sure or maybe.get(one.criterion) != one.value):
            errors.append(f"wrong {one}")
    read = {(one.criterion, one.value) for one in readings if one.sure}
    return hits, errors, [f"missed {pair}" for pair in expect.items() if pair not in read]
