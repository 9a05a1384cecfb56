"""The facts about CARA: each has a source and a year, and a figure its force and its study."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.channels.render_officer import source_of
from bot.facts import Fact, Topic, all_facts, evidence, facts_about, problems
from core.clock import today
from core.words import keys

SENTENCE = re.compile(r"[.?!](?=\s+[A-Z0-9]|$)")
FIGURES = re.compile(r"\d[\d.,]*\s?%|£\d[\d.]*")
LONGEST = 3


def fact(**changed: Any) -> dict[str, Any]:
    """A fact that is whole, as it stands in the file."""
    return {
        "id": "made_up",
        "topic": "does_it_work",
        "question": "Does it work?",
        "answer": "In Nowhere, 12% fewer did it again.",
        "force": "Nowhere",
        "study": "Nobody 2020",
        "source": "A journal",
        "year": 2020,
        "sure": "confirmed",
        "review_by": date(2027, 1, 31),
    } | changed


def one(id_: str) -> Fact:
    return next(each for each in all_facts() if each.id == id_)


def test_every_topic_has_facts_and_a_label() -> None:
    for topic in Topic:
        assert facts_about(topic)
        assert f"utter_label_topic_{topic}" in keys()
    assert facts_about("the_weather") == ()


@pytest.mark.parametrize("each", all_facts(), ids=lambda each: each.id)
def test_a_fact_is_short_and_has_a_source_and_a_year(each: Fact) -> None:
    assert each.source.strip()
    assert 1990 < each.year <= today().year
    assert len(SENTENCE.findall(each.answer)) <= LONGEST
    assert str(each.year) in source_of(each)
    assert each.source in source_of(each)


@pytest.mark.parametrize("each", all_facts(), ids=lambda each: each.id)
def test_a_fact_with_a_figure_names_its_place_in_its_own_words(each: Fact) -> None:
    if FIGURES.search(each.answer):
        assert each.study
        places = [each.force, *(each.evidence.place.split(",") if each.evidence else ())]
        assert any(place in each.answer for place in places)


@pytest.mark.parametrize(
    "answer", ["12% fewer did it again.", "£3 for each £1.", "It had 154 people."]
)
@pytest.mark.parametrize("missing", ["force", "study"])
def test_a_figure_without_force_or_study_is_refused(answer: str, missing: str) -> None:
    with pytest.raises(ValidationError, match="a figure needs its force and its study"):
        Fact.model_validate(fact(answer=answer) | {missing: ""})
    Fact.model_validate(fact(answer=answer))


def test_a_year_is_no_figure() -> None:
    Fact.model_validate(fact(answer="Since August 2024 every force may.", force="", study=""))


def test_figures_stand_with_the_study_that_found_them() -> None:
    """The errors that are common: one area's figures for all, or one study's for another."""
    figures = {
        "trial_southampton": ("Southampton", {"27%", "35%"}),
        "matched_west_midlands": ("West Midlands", {"81%", "56%"}),
        "matched_hampshire": ("Hampshire", {"39%", "41%"}),
        "benefit_and_cost": ("West Midlands and Hampshire", {"£1", "£2.75", "£11.10"}),
    }
    for id_, (place, found) in figures.items():
        assert place in one(id_).answer
        assert set(FIGURES.findall(one(id_).answer)) == found
    others = [each for each in all_facts() if each.id not in figures]
    assert not [each.id for each in others if FIGURES.search(each.answer)]
    assert "which is which" in one("benefit_and_cost").answer


def test_what_is_not_known_is_said_to_be_not_known() -> None:
    for id_ in ("cost_to_a_force", "national_evaluation"):
        assert "not known here" in one(id_).answer


def test_what_is_not_confirmed_is_marked() -> None:
    unsure = [each for each in all_facts() if each.sure == "unconfirmed"]
    assert unsure
    assert all("not confirmed" in source_of(each) for each in unsure)
    assert "not confirmed" not in source_of(one("law"))


def test_a_page_without_a_date_is_told_as_read_in_its_year() -> None:
    assert "no date, read in 2026" in source_of(one("attendance_only"))


def test_no_fact_is_past_its_review_today() -> None:
    assert problems(today()) == []


def test_a_fact_is_named_the_day_after_its_review_and_not_on_it() -> None:
    made = Fact.model_validate(fact())
    assert problems(made.review_by, [made]) == []
    after = made.review_by + timedelta(days=1)
    assert problems(after, [made]) == [("made_up", "past_review")]


def test_a_fact_without_a_source_or_of_a_year_to_come_is_named() -> None:
    made = Fact.model_validate(fact(source=" ", year=2031))
    whys = [why for _, why in problems(date(2026, 12, 1), [made])]
    assert whys == ["no_source", "year_to_come"]


def test_facts_do_not_change() -> None:
    with pytest.raises(ValidationError):
        all_facts()[0].answer = "Something else."  # type: ignore[misc]


def test_the_table_of_evidence_has_the_trial_and_both_forces() -> None:
    places = [each.evidence.place for each in evidence() if each.evidence]
    assert {"Southampton, Hampshire", "West Midlands", "Hampshire"} <= set(places)


def test_no_word_is_used_that_the_project_does_not_use() -> None:
    for each in all_facts():
        said = f"{each.question} {each.answer}"
        assert not re.search(r"(?<!conditional )(?<!police )\bcautions?\b", said, re.IGNORECASE)
        assert "eligible" not in said
        assert "offender" not in said
