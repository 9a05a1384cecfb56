"""Writes the peer's project as a new user has it: our texts, its own configuration."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.runtime.needs import read_needs
from core.settings import ROOT

HERE = Path(__file__).parent
EPOCHS, SAMPLE, FEWEST = 2, 3_000, 20
# The criteria of the form, in the order in which it asks.
CRITERIA = ("age", "admission", "evidence", "offence", "relationship", "risk", "control", "history")
# What has a rule of its own in stories.yml.
RULED = ("find_help", "give_place", "start_referral")
Texts = dict[str, list[str]]


def write(folder: Path, epochs: int = EPOCHS, most: int = SAMPLE) -> tuple[int, int]:
    """Write the project into the folder; gives how many training texts it has, and of how many.

    Of all texts it gets about ``most``, spread over every intent; 0 is all of them.
    """
    (folder / "data").mkdir(parents=True)
    for name in ("endpoints.yml", "credentials.yml"):
        shutil.copy(HERE / name, folder / name)
    shutil.copy(HERE / "stories.yml", folder / "data/stories.yml")
    everything = our_texts()
    texts = sampled(everything, most)
    _dump(folder / "config.yml", _config(epochs))
    _dump(folder / "domain.yml", _domain(sorted(texts)))
    _dump(folder / "data/rules.yml", {"version": "3.1", "rules": list(_rules(texts))})
    (folder / "data/nlu.yml").write_text(_nlu(texts), encoding="utf-8")
    return _count(texts), _count(everything)


def sampled(texts: Texts, most: int) -> Texts:
    """Every so-manieth text of each intent, the same in each run; an intent keeps the fewest."""
    part = most / _count(texts) if most else 1
    found = {}
    for intent, said in texts.items():
        wanted = min(len(said), max(FEWEST, round(len(said) * part)))
        found[intent] = [said[at * len(said) // wanted] for at in range(wanted)]
    return found


def our_texts() -> Texts:
    """Every training text by its intent, the needs that our word list finds marked as entities."""
    texts: Texts = {}
    for path in sorted((ROOT / "data/nlu").rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            mark = marked if block["intent"] == "find_help" else str
            said = map(mark, _plain(block["examples"]))
            texts.setdefault(block["intent"], []).extend(said)
    return {intent: list(dict.fromkeys(said)) for intent, said in texts.items()}


def _count(texts: Texts) -> int:
    return sum(map(len, texts.values()))


def _plain(examples: str | Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if isinstance(examples, str):
        lines = (line.removeprefix("- ").strip() for line in examples.splitlines())
    else:
        lines = (_one_line(each["text"]) for each in examples)
    # Square brackets mean an entity to Rasa.
    yield from (line for line in lines if line and not set("[]{}()") & set(line))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def marked(text: str) -> str:
    """The text with its needs as Rasa's users mark entities: ``[drinking]{"entity": …}``."""
    for reading in read_needs(text):
        at = text.casefold().find(reading.words)
        end = at + len(reading.words)
        whole = at >= 0 and not (text[at - 1 : at] + text[end : end + 1]).strip(" .,;:!?'’-")
        if whole and "]" not in text[at:] and text[:at].count("[") == text[:at].count("]"):
            value = json.dumps({"entity": "need", "value": reading.need})
            text = f"{text[:at]}[{text[at:end]}]{value}{text[end:]}"
    return text


def _config(epochs: int) -> dict[str, Any]:
    config = _read("config.yml")
    for part in (*config["pipeline"], *config["policies"]):
        if "epochs" in part:
            part["epochs"] = epochs
    return config


def _domain(intents: Sequence[str]) -> dict[str, Any]:
    domain = _read("domain.yml")
    domain["intents"] = list(intents)
    domain["forms"]["referral_form"]["required_slots"] = list(CRITERIA)
    domain["slots"] |= {name: _asked_for(name) for name in CRITERIA}
    said = {f"utter_{intent}": f"This answers {intent}." for intent in intents}
    said |= {f"utter_ask_{name}": f"What is known of the {name}?" for name in CRITERIA}
    domain["responses"] |= {key: [{"text": text}] for key, text in said.items()}
    return domain


def _asked_for(name: str) -> dict[str, Any]:
    asked = {"active_loop": "referral_form", "requested_slot": name}
    mapping = {"type": "from_text", "conditions": [asked]}
    return {"type": "text", "influence_conversation": False, "mappings": [mapping]}


def _rules(intents: Sequence[str] | Texts) -> Iterator[dict[str, Any]]:
    for intent in sorted(set(intents) - set(RULED)):
        steps = [{"intent": intent}, {"action": f"utter_{intent}"}]
        yield {"rule": intent, "steps": steps}


def _nlu(texts: Texts) -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent, said in texts.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in said)]
    return "\n".join(lines) + "\n"


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return read


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
