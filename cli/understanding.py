"""`cara understand`: JSON lines in, how each text is understood out; the same code as live."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from bot.channels.masking import masked
from bot.channels.rasa_client import RasaAwayError, RasaClient, no_command
from bot.runtime.language import language_of
from bot.safety import screen
from core.settings import settings


@click.command("understand")
def understand_command() -> None:
    """Read {"text", "audience"?, "asked"?} lines from standard input."""
    with _rasa() as client:
        for line in sys.stdin:
            click.echo(json.dumps(_understood(client, line), ensure_ascii=False))


def _understood(client: RasaClient, line: str) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        text = asked["text"]
        if not isinstance(text, str):
            raise TypeError("text is no string")
    except (ValueError, KeyError, TypeError):
        return {"error": 'each line needs the form {"text": "..."}'}
    audience = "officer" if asked.get("audience") == "officer" else "participant"
    language = language_of(text)
    found = screen(text, "en" if language == "other" else language, (), audience)
    try:
        read = reading_of(client, text, audience, asked.get("asked"))
    except RasaAwayError:
        return {"error": "the assistant did not answer"}
    return {
        "text": text,
        "language": language,
        "crisis": {"kind": found.kind.value, "level": found.level.value} if found else None,
        **read,
    }


def reading_of(client: RasaClient, text: str, audience: str, asked: str | None) -> dict[str, Any]:
    """Intent, confidence, needs and entities, as the live assistant reads them.

    Raises :class:`RasaAwayError`.
    """
    told, _place = masked(no_command(text))
    claims = {"sender": "report", "audience": audience, "asked": asked}
    parsed = client.parse(told, claims) if told.strip() else {}
    intent = parsed.get("intent") or {"name": "out_of_scope", "confidence": 1.0}
    name = "out_of_scope" if intent["name"] == "nlu_fallback" else intent["name"]
    return {
        "intent": name,
        "confidence": round(float(intent["confidence"]), 4),
        **_meaning(parsed.get("entities", []), audience),
    }


def _meaning(entities: list[dict[str, Any]], audience: str) -> dict[str, Any]:
    if audience == "officer":
        read = [
            {"criterion": each["criterion"], "value": each["value"]}
            for each in entities
            if each["entity"] == "criterion" and each["sure"]
        ]
        return {"needs": [], "entities": read}
    needs = [each for each in entities if each["entity"] == "need"]
    own = [each for each in needs if (each["whose"], each["state"]) == ("self", "current")]
    others = [
        {"need": each["value"], "whose": each["whose"], "state": each["state"]}
        for each in needs
        if each not in own
    ]
    return {"needs": [each["value"] for each in own], "entities": others}


@contextmanager
def _rasa() -> Iterator[RasaClient]:
    """The running copy of this DATA_DIR, or a Rasa started for as long as it is needed."""
    from cli.running import rasa_alone, url_of_running_rasa

    url = url_of_running_rasa(settings().data_dir)
    if url:
        yield RasaClient(url)
        return
    click.echo(
        "Starting the assistant's understanding; this takes about half a minute ...", err=True
    )
    with rasa_alone() as started:
        yield RasaClient(started)
