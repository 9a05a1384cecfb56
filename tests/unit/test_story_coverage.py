"""The conversations that are tested go every way that there is, in each language."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.learning.apart import bare, taught_texts
from cli.story_graph import audiences, rules
from core.settings import ROOT

STORIES = ROOT / "tests/stories"


def steps(path: Path) -> list[dict[str, str]]:
    stories = yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]
    return [step for story in stories for step in story["steps"]]


@pytest.mark.parametrize("path", sorted(STORIES.glob("*/test_*.yml")), ids=lambda path: path.stem)
def test_every_rule_of_an_audience_stands_in_each_of_its_files(path: Path) -> None:
    whose = {"shared", path.parent.name}
    wanted = {i for i in rules() if audiences().get(i, "shared") in whose}
    told = {step["intent"] for step in steps(path) if "intent" in step}
    assert wanted - told == set()
    assert {each for each in told if each.startswith("safety_")}


def test_no_conversation_repeats_what_is_trained_on() -> None:
    texts = [
        bare(step["user"])
        for path in STORIES.glob("*/*.yml")
        for step in steps(path)
        if "user" in step
    ]
    assert len(texts) > 200
    worded = {text for text in texts if any(ch.isalnum() for ch in text)}
    assert worded & set(taught_texts()) == set()


def test_each_language_of_participants_has_its_conversations() -> None:
    found = {path.stem for path in STORIES.glob("participant/test_*.yml")}
    assert found == {"test_en", "test_pl", "test_pa"}
