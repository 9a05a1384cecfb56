"""For the journeys of words: things to say, ways to press on, and what was heard of it all."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import httpx
import yaml

from bot.safety import Kind, Level, screen
from core.settings import ROOT
from tests.approved import strings_of, unapproved, unrecorded
from tests.journeys.people import Chat, Message
from tests.journeys.running import Copy, environment

DATA = ROOT / "data"
EXAMPLES = 3
TEXTS_KEY = {"Authorization": "Bearer demonstration-only"}
OUTBOX = """
import json
from sqlalchemy import select
from core.database import transaction
from core.outbox import Outgoing
with transaction() as session:
    print(json.dumps([[row.kind, row.payload] for row in session.scalars(select(Outgoing))]))
"""


# What nothing explains


def all_approved(said: Iterable[str], own: Collection[str] = ()) -> None:
    """Fail with a list of what no approved source explains, but what is known and reported."""
    left = {part for text in set(said) for part in unapproved(text, own).split("\n") if part}
    strange = sorted(part for part in left if not unrecorded(part))
    assert not strange, "\n".join(["no approved source explains:", *strange])


def heard(messages: Iterable[Message]) -> list[str]:
    """Every string of the assistant's messages."""
    return [text for each in messages if each["from"] == "assistant" for text in strings_of(each)]


def refusal(answer: httpx.Response, status: int) -> str:
    """What somebody reads who is refused."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["message"])


# Things to say


@lru_cache(maxsize=1)
def _only() -> dict[str, list[str]]:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    found: dict[str, list[str]] = pipeline[0]["only"]
    return found


def examples(audience: str, language: str) -> dict[str, list[str]]:
    """A few training examples of every intent that this audience can have, in a language."""
    others = {intent for who, some in _only().items() if who != audience for intent in some}
    found: dict[str, list[str]] = {}
    for path in sorted((DATA / "nlu").glob(f"*/*.{language}.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in item and item["intent"] not in others:
                found.setdefault(item["intent"], []).extend(_texts(item["examples"]))
    every = {intent: max(1, len(texts) // EXAMPLES) for intent, texts in found.items()}
    return {intent: texts[:: every[intent]][:EXAMPLES] for intent, texts in found.items()}


def _texts(examples: str | list[dict[str, str]]) -> list[str]:
    if isinstance(examples, str):
        return [line.strip().removeprefix("- ") for line in examples.splitlines() if line.strip()]
    return [each["text"].strip() for each in examples]


@lru_cache(maxsize=2)
def crisis_texts(audience: str) -> dict[tuple[Kind, Level], str]:
    """One English text for each kind and level that this audience reaches, of the old set."""
    found: dict[tuple[Kind, Level], str] = {}
    for group in _groups():
        for text in group["texts"] if group["language"] == "en" else ():
            seen = screen(text, "en", (), audience)
            if seen:
                found.setdefault((seen.kind, seen.level), text)
    return found


def own_language_texts(language: str) -> list[str]:
    """A text of every group of danger written in a language, the first that is caught."""
    written = [g for g in _groups() if g["language"] == language and g["level"] != "none"]
    caught = ([text for text in group["texts"] if screen(text, language)] for group in written)
    return [texts[0] for texts in caught if texts]


@lru_cache(maxsize=1)
def _groups() -> list[dict[str, Any]]:
    found = yaml.safe_load((DATA / "dev/safety.yml").read_text(encoding="utf-8"))["groups"]
    return [group for group in found if "previous" not in group]


# Ways to press on


def press_everything(chat: Chat, most: int = 120) -> None:
    """Every choice that is ever offered, once for each label."""
    pressed: set[str] = set()
    for _ in range(most):
        offered = [each["label"] for m in chat.messages for each in m.get("choices", [])]
        label = next((each for each in offered if each not in pressed), None)
        if label is None:
            return
        pressed.add(label)
        chat.choose(label)


@contextmanager
def paused(copy: Copy, part: str) -> Iterator[None]:
    """A part that hangs: it holds its port and answers nothing."""
    process = copy.part(part)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def text_us(http: httpx.Client, text: str, sender: str, to: str) -> httpx.Response:
    """A text as the provider hands it over."""
    body = {"id": f"{time.monotonic_ns()}", "from": sender, "to": to, "text": text}
    return http.post("/texts/inbound", json=body, headers=TEXTS_KEY)


def outbox(copy: Copy) -> list[tuple[str, dict[str, Any]]]:
    """The rows of what leaves, deciphered, by kind and payload."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-c", OUTBOX],
        cwd=ROOT,
        env=environment(copy.data_dir, 0),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [(kind, payload) for kind, payload in json.loads(done.stdout)]


def outbox_once(
    copy: Copy, there: Callable[[list[tuple[str, dict[str, Any]]]], bool], seconds: float = 60
) -> list[tuple[str, dict[str, Any]]]:
    """The outbox as soon as ``there``; the worker needs a moment, and each look takes one."""
    until = time.monotonic() + seconds
    while not there(rows := outbox(copy)):
        assert time.monotonic() < until, f"it never reached the outbox: {len(rows)} rows"
    return rows
