"""What is said in a crisis: the person's own language, but never words that nobody has read."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from bot.channels.crisis_words import after_no, answer, numbers_table, overdue
from bot.safety import Finding, Kind, Level
from core.settings import ROOT, settings

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


# Each kind, level and audience


@pytest.mark.parametrize("audience", ["participant", "officer"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_finding_has_an_answer_in_every_language(kind: Kind, audience: str) -> None:
    for level in Level:
        for language in ("en", "pl", "pa", "other"):
            said = answer(Finding(kind, level, "x"), language, audience)
            assert said.text
            assert "{" not in said.text
            assert bool(said.choices) == (level is Level.check)
            spoken = language if audience == "participant" and language != "other" else "en"
            assert said.language == spoken


CRISIS = [Kind.suicide, Kind.self_harm, Kind.harm_to_others, Kind.child_at_risk]


@pytest.mark.parametrize("audience", ["participant", "officer"])
@pytest.mark.parametrize("kind", CRISIS)
def test_a_crisis_answer_always_holds_the_three_numbers(kind: Kind, audience: str) -> None:
    for level in Level:
        for language in ("en", "pl", "pa"):
            text = answer(Finding(kind, level, "x"), language, audience).text
            assert all(number in text for number in ("999", "116 123", "85258", "SHOUT")), text


def test_a_threat_is_answered_with_nothing_that_helps_it() -> None:
    for level in Level:
        for language in ("en", "pl", "pa"):
            finding = Finding(Kind.harm_to_others, level, "x")
            text = answer(finding, language, "participant").text
            assert not any(
                w in text for w in ("0808 2000 247", "Abuse Helpline", "victim", "refuge")
            )


def test_an_officer_is_pointed_to_the_custody_procedure() -> None:
    said = answer(Finding(Kind.suicide, Level.alarm, "x"), "pl", "officer").text
    assert all(word in said for word in ("custody sergeant", "constant observation", "healthcare"))


def test_somebody_who_answers_no_is_spoken_to_in_their_language() -> None:
    assert len({after_no(code, "participant").text for code in ("en", "pl", "pa")}) == 3
    assert after_no("other", "participant").text == after_no("en", "participant").text


def test_every_number_has_a_source_and_a_day_of_review() -> None:
    sheet = yaml.safe_load((ROOT / "bot/domain/safety/numbers.yml").read_text("utf-8"))
    for row in sheet["numbers"]:
        assert row["name"], row
        assert row["source"], row
        assert row.get("tel") or row.get("sms"), row
        assert isinstance(row["review_by"], date), row
        assert isinstance(row["confirmed"], bool), row
