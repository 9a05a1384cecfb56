"""What is said in a crisis: the person's own language, but never words that nobody has read."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels.crisis_words import answer, numbers_table, overdue
from bot.safety import Finding, Kind, Level
from core.settings import settings

ALARM = Finding(Kind.suicide, Level.alarm, "test")
LONGEST_REVIEW = date(2027, 2, 28)


def test_in_the_demonstration_the_persons_own_language() -> None:
    assert answer(ALARM, "pl", "participant").language == "pl"


def test_in_production_english_while_nobody_qualified_has_read_the_polish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.setenv("CARA_SECRET_KEY", "a" * 40)
    settings.cache_clear()
    told = answer(ALARM, "pl", "participant")
    assert told.language == "en"
    assert "116 123" in told.text


def test_a_number_past_its_review_is_named_and_one_before_it_is_not() -> None:
    names = {row["name"] for row in numbers_table()}
    assert set(overdue(date(2027, 3, 1))) >= names
    assert overdue(LONGEST_REVIEW) == []
