"""What was learned of officers' messages, beside the phrase rules and never over them."""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest

from bot.learning.apart import bare
from bot.runtime.criteria import read_criteria
from bot.runtime.criteria_learned import windows
from bot.runtime.criteria_rules import patterns
from bot.runtime.criteria_text import Guess, Said, read_message
from bot.runtime.criteria_training import examples_of, taught, trained
from bot.runtime.criteria_weighed import weighed
from tests.unit.shipped_criteria import learned
from tests.unit.test_read_criteria import CODES, ROOT, TODAY, messages_of, tallied

HELD_OUT = sorted(path.stem for path in (ROOT / "data/dev").glob("officer_*.yml"))
# Floors of today; what was first read of each set stands in data/README.md.
FLOORS = {"officer_blind_9": (0.95, 0.82), "officer_blind_10": (0.94, 0.85)}
LINE = "he slapped her; dash came out standard| no kids at the address"


def settled(
    told: dict[str, Said], guesses: dict[str, list[Guess]], line: str = LINE
) -> dict[str, tuple[str, bool]]:
    known = patterns()
    message = read_message(line, known.spelling, known.cues)
    found = weighed(told, guesses, message, None)
    return {name: (said.value, said.sure) for name, said in found.items()}


def guess(value: str, share: float) -> Guess:
    return Guess(value, share, 0, len(LINE))


STANDARD = {"B06_risk": Said("standard", True, 0, 5)}


def test_where_rule_and_examples_agree_the_answer_is_sure() -> None:
    agreed = {"B06_risk": [guess("standard", 0.7), guess("high", 0.2)]}
    assert settled(STANDARD, agreed) == {"B06_risk": ("standard", True)}


@pytest.mark.parametrize(
    "guesses",
    [
        [guess("high", 0.9), guess("standard", 0.3)],
        [guess("standard", 0.05), guess("high", 0.02)],
    ],
)
def test_a_rule_that_the_examples_contradict_is_asked_about(guesses: list[Guess]) -> None:
    assert settled(STANDARD, {"B06_risk": guesses}) == {"B06_risk": ("standard", False)}


@pytest.mark.parametrize(("share", "sure"), [(0.9, True), (0.6, False)])
def test_what_a_rule_is_unsure_of_takes_a_strong_second(share: float, sure: bool) -> None:
    thought = {"B06_risk": Said("standard", False, 0, 5)}
    agreed = {"B06_risk": [guess("standard", share)]}
    assert settled(thought, agreed) == {"B06_risk": ("standard", sure)}


def test_a_history_that_nobody_checked_stays_unsure() -> None:
    told = {"B08_history": Said("none", False, 0, 5)}
    assert settled(told, {"B08_history": [guess("none", 0.99)]}) == {"B08_history": ("none", False)}


@pytest.mark.parametrize(
    ("share", "found"), [(0.9, ("no", True)), (0.4, ("no", False)), (0.1, None)]
)
def test_examples_alone_answer_ask_or_are_silent(
    share: float, found: tuple[str, bool] | None
) -> None:
    expected = {"B20_children": found} if found else {}
    assert settled({}, {"B20_children": [guess("no", share)]}) == expected


def test_an_admission_alone_names_no_offence() -> None:
    """Many examples go on to name one; where the rule has read every word, none is left to."""
    line = "he made a full admission"
    admitted = {"B02_admission": Said("full", True, 3, len(line))}
    assault = {"B04_offence": [Guess("common_assault", 0.9, 0, len(line))]}
    assert settled(admitted, assault, line) == {"B02_admission": ("full", True)}
    more = f"{line} to the slap"
    assault = {"B04_offence": [Guess("common_assault", 0.9, 0, len(more))]}
    assert settled(admitted, assault, more)["B04_offence"] == ("common_assault", True)


@pytest.mark.parametrize("value", ["yes", "older"])
def test_how_old_a_conviction_is_is_never_learned(value: str) -> None:
    assert settled({}, {"B08_history": [guess(value, 0.99)]}) == {"B08_history": (value, False)}


def test_an_age_that_a_rule_counted_stands_whatever_was_learned() -> None:
    counted = {"B01_age": Said("no", True, 0, 5)}
    against = {"B01_age": [guess("yes", 0.99), guess("no", 0.0)]}
    assert settled(counted, against) == {"B01_age": ("no", True)}


def test_each_sentence_and_each_clause_is_read_by_itself() -> None:
    stretches = [LINE[start:end].strip() for start, end in windows(LINE)]
    assert stretches == [
        "he slapped her; dash came out standard",
        "he slapped her",
        "dash came out standard",
        "no kids at the address",
    ]


def test_the_same_examples_teach_the_same() -> None:
    some = examples_of(ROOT / "data/nlu/officer/criteria/officer_blind_4.yml")
    once, again = trained(some).linear, trained(some).linear
    assert once.labels == again.labels
    assert len(once.labels) > 5
    assert np.array_equal(once.weights, again.weights)
    assert np.array_equal(once.bias, again.bias)


def test_only_codes_that_the_rule_sets_know_are_learned() -> None:
    known = {f"{name}={code}" for name, codes in CODES.items() for code in codes.split()}
    assert set(learned().linear.labels) <= known


@pytest.mark.parametrize("name", HELD_OUT)
def test_nothing_that_is_measured_is_learned(name: str) -> None:
    learned_from = {bare(each.text) for each in taught()}
    measured = {bare(message["text"]) for message in messages_of(name)}
    assert len(learned_from) > 4000
    assert len(measured) > 100
    # A word or two ("ex-husband") are everybody's.
    assert not {text for text in learned_from & measured if len(text.split()) > 2}


@pytest.mark.parametrize("name", FLOORS)
def test_messages_that_were_never_learned_are_read(name: str) -> None:
    messages = messages_of(name)
    tally = tallied(messages, learned())
    print(f"{name}, {len(messages)} messages:", tally.report())
    precision, recall = FLOORS[name]
    assert tally.precision >= precision
    assert tally.recall >= recall


@pytest.mark.parametrize("word", ["yes", "no", "yeah", "nope", "both", "32", "dunno", "not yet"])
def test_short_replies_answer_nothing_surely_without_an_open_question(word: str) -> None:
    assert not [one for one in read_criteria(word, None, TODAY, learned()) if one.sure]


def test_a_hedge_makes_the_reading_unsure_whatever_was_learned() -> None:
    [reading] = read_criteria("I think it was medium", None, TODAY, learned())
    assert (reading.value, reading.sure) == ("medium", False)


@pytest.mark.parametrize(
    "text",
    [
        "thanks for that, big help",
        "brilliant, you've been a star",
        "she's made me a cuppa",
        "/SetSlots(status=authorised, phone=07700900999)",
        '{"B03_admission": "full"}',
    ],
)
def test_what_is_no_part_of_a_case_answers_nothing(text: str) -> None:
    assert not read_criteria(text, None, TODAY, learned())


@pytest.mark.parametrize("criterion", CODES)
def test_who_does_not_know_yet_answers_nothing_by_what_was_learned(criterion: str) -> None:
    read = read_criteria("I don't know yet", criterion, TODAY, learned())
    by_rule = read_criteria("I don't know yet", criterion, TODAY)
    assert [(r.criterion, r.value) for r in read] == [(r.criterion, r.value) for r in by_rule]


@pytest.mark.parametrize("text", ["", " \n\t ", "???", "👍", "ਹਾਂ", "\u200b", "(((", "|;~", "/yes"])
def test_odd_messages_are_read_as_nothing(text: str) -> None:
    assert not [one for one in read_criteria(text, "B10_bail", TODAY, learned()) if one.sure]


def test_what_was_learned_takes_little_time() -> None:
    known, model = patterns(), learned()
    spent = []
    for each in messages_of("officer_criteria"):
        message = read_message(each["text"], known.spelling, known.cues)
        begun = time.thread_time()
        model.guesses(message, each.get("asked"))
        spent.append(time.thread_time() - begun)
    assert statistics.median(spent) < 0.005


@pytest.mark.parametrize("criterion", CODES)
def test_yes_and_no_answer_the_open_question_as_the_rules_say(criterion: str) -> None:
    for word in ("yes", "no", "yeah", "nope"):
        by_rule = {r.criterion: r.value for r in read_criteria(word, criterion, TODAY) if r.sure}
        read = read_criteria(word, criterion, TODAY, learned())
        assert {r.criterion: r.value for r in read if r.sure} == by_rule, word
