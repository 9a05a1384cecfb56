"""In which language a crisis is answered: the person's own, but never in words nobody has read."""

from __future__ import annotations

import pytest

from bot.channels import crisis
from bot.conversations import Conversation
from bot.safety import Finding, Kind, Level
from core.settings import settings

ALARM = Finding(Kind.suicide, Level.alarm, "test")


def polish() -> Conversation:
    return Conversation(language="pl", audience="participant", context={})


def test_in_the_demonstration_the_persons_own_language() -> None:
    assert crisis.answer_to(ALARM, polish())[0]["lang"] == "pl"


def test_in_production_english_while_nobody_qualified_has_read_the_polish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.setenv("CARA_SECRET_KEY", "a" * 40)
    settings.cache_clear()
    told = crisis.answer_to(ALARM, polish())[0]
    assert told["lang"] == "en"
    assert "116 123" in told["text"]
