"""`cara understand`, the same code as live, on development texts that no training has seen."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import ROOT
from tests.journeys.running import Copy, environment

Found = dict[str, Any]
FLOOR_INTENTS = 0.88
FLOOR_NEEDS = 0.88


def understood(copy: Copy, lines: list[Found]) -> list[Found]:
    """What the command says to each line."""
    ran = copy.cara("understand", stdin="\n".join(json.dumps(line) for line in lines) + "\n")
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def development_texts(language: str) -> list[Found]:
    """The participants' development set in one language."""
    loaded = yaml.safe_load((ROOT / "data/dev/participant.yml").read_text(encoding="utf-8"))
    items: list[Found] = loaded if isinstance(loaded, list) else loaded["items"]
    return [item for item in items if item["language"] == language]


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_intents_and_needs_of_participants(copy: Copy, language: str) -> None:
    items = development_texts(language)
    found = understood(copy, [{"text": item["text"]} for item in items])
    right = [one["intent"] == item["intent"] for one, item in zip(found, items, strict=True)]
    assert sum(right) / len(right) >= FLOOR_INTENTS

    pairs = [
        (set(one["needs"]), set(item.get("needs", [])))
        for one, item in zip(found, items, strict=True)
        if item["intent"] == "find_help"
    ]
    hit = sum(len(got & want) for got, want in pairs)
    wrong = sum(len(got ^ want) for got, want in pairs)
    assert 2 * hit / (2 * hit + wrong) >= FLOOR_NEEDS


def test_an_officers_note_and_what_it_does_not_say(copy: Copy) -> None:
    note = (
        "32, girlfriend, slapped her last night, full admission, DASH came out standard, "
        "she wants him to get help not go to court"
    )
    read, first = understood(
        copy,
        [{"text": note, "audience": "officer"}, {"text": "first arrest", "audience": "officer"}],
    )
    assert {each["criterion"]: each["value"] for each in read["entities"]} == {
        "B01_age": "yes",
        "B02_admission": "full",
        "B04_offence": "common_assault",
        "B05_relationship": "current_partner",
        "B06_risk": "standard",
        "B12_victim_view": "supports",
    }
    assert first["entities"] == []


def test_a_short_answer_is_read_against_the_open_question(copy: Copy) -> None:
    answers = understood(
        copy,
        [
            {"text": "no", "audience": "officer", "asked": "B10_bail"},
            {"text": "no", "audience": "officer"},
        ],
    )
    assert answers[0]["entities"] == [{"criterion": "B10_bail", "value": "no"}]
    assert answers[1]["entities"] == []


def test_whose_need_it_is_and_whether_it_is_now(copy: Copy) -> None:
    denied, brother = understood(
        copy, [{"text": "I'm not a drinker, it's the weed"}, {"text": "my brother drinks too much"}]
    )
    assert denied["needs"] == ["drugs"]
    assert {"need": "alcohol", "whose": "self", "state": "denied"} in denied["entities"]
    assert brother["needs"] == []
    assert {"need": "alcohol", "whose": "other", "state": "current"} in brother["entities"]


def test_danger_is_seen_for_officers_too(copy: Copy) -> None:
    plain, officer = understood(
        copy,
        [{"text": "I want to die"}, {"text": "he says he wants to die", "audience": "officer"}],
    )
    assert plain["crisis"] == {"kind": "suicide", "level": "alarm"}
    assert officer["crisis"]["kind"] == "suicide"


def test_a_bad_line_gives_an_error_in_its_place(copy: Copy) -> None:
    ran = copy.cara("understand", stdin='nonsense\n{"text": 5}\n{"text": "hello"}\n')
    first, second, third = [json.loads(line) for line in ran.stdout.splitlines()]
    assert "error" in first
    assert "error" in second
    assert third["intent"] == "greet"


def test_without_a_running_copy_it_starts_what_it_needs(tmp_path: Path) -> None:
    alone = subprocess.run(
        [str(ROOT / ".venv/bin/cara"), "understand"],
        input='{"text": "I drink too much"}\n',
        capture_output=True,
        text=True,
        env=environment(tmp_path, 0),
        timeout=120,
        check=True,
    )
    assert json.loads(alone.stdout)["needs"] == ["alcohol"]
    assert "half a minute" in alone.stderr
