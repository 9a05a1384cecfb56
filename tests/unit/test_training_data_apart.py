"""Training and development texts stay apart, or every figure about the assistant is flattery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.learning.apart import bare, taught_texts

DATA = Path(__file__).resolve().parents[2] / "data"


def development_texts() -> Iterator[str]:
    for path in sorted((DATA / "dev").rglob("*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        for item in loaded if isinstance(loaded, list) else ():
            yield bare(item["text"])


def test_no_development_text_is_trained_on() -> None:
    shared = set(development_texts()) & set(taught_texts())
    assert shared == set()


def safety_texts(folder: str) -> dict[str, tuple[str, str, str]]:
    """Each bare text of a folder of safety data: its kind, its level and where it stands."""
    return {
        bare(text): (group["kind"], str(group["level"]), path.name)
        for path in sorted((DATA / folder).glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for text in group["texts"]
    }


def test_the_screen_is_measured_on_nothing_that_it_was_made_from() -> None:
    learned = set(safety_texts("safety")) | set(taught_texts())
    assert learned & set(safety_texts("dev/safety")) == set()
    assert len(learned) > 10_000
    assert len(safety_texts("dev/safety")) > 4_000


def test_each_explicit_set_has_its_three_hundred() -> None:
    for language in ("en", "pl", "pa"):
        path = DATA / "dev/safety" / f"explicit_{language}.yml"
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        assert len({bare(text) for group in groups for text in group["texts"]}) >= 300


def test_one_text_teaches_an_audience_one_intent() -> None:
    only = yaml.safe_load((DATA.parent / "config.yml").read_text())["pipeline"][0]["only"]
    owners = {intent: who for who, intents in only.items() for intent in intents}
    for who in only:
        heard = {
            text: {intent for intent in found if owners.get(intent, who) == who}
            for text, found in taught_texts().items()
        }
        assert {text: found for text, found in heard.items() if len(found) > 1} == {}


def test_both_sets_are_there() -> None:
    """The two tests above would pass on nothing at all."""
    assert len(taught_texts()) > 1000
    assert len(list(development_texts())) > 300
