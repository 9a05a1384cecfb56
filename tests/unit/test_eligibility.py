"""The outcome: what each answer does, what wins over what, and that a hold is never a pass."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.eligibility import (
    Assessment,
    Outcome,
    UnknownAnswerError,
    assess,
    may_go_to_authoriser,
)
from referrals.rule_set import Effect, RuleSet, laid_over, rule_set_of
from sites import criteria_documents

# Baseline answers that do more than "go on", as the domain page has them; written here by hand.
OK, SUPERVISOR, HOLD, OUT = "ok", "supervisor", "hold", "ineligible"
BASELINE = {
    "B01_age": {"yes": OK, "no": OUT},
    "B02_admission": {"full": OK, "partial": SUPERVISOR, "no": OUT, "not_interviewed": HOLD},
    "B03_evidence": {"yes": OK, "no": OUT, "waiting": HOLD},
    "B04_offence": {
        "common_assault": OK,
        "criminal_damage": OK,
        "harassment": OK,
        "threatening_behaviour": OK,
        "domestic_theft": OK,
        "other": SUPERVISOR,
        "indictable_only": OUT,
        "more_than_one": SUPERVISOR,
    },
    "B05_relationship": {
        "current_partner": OK,
        "ex_partner": OK,
        "family_member": SUPERVISOR,
        "other": OUT,
    },
    "B06_risk": {"standard": OK, "medium": SUPERVISOR, "high": OUT, "not_done": HOLD},
    "B07_ccb": {"no": OK, "yes": OUT, "not_sure": SUPERVISOR},
    "B08_history": {"none": OK, "yes": OUT, "older": SUPERVISOR, "not_checked": HOLD},
    "B08b_incidents": {"none": OK, "yes": SUPERVISOR, "not_checked": HOLD},
    "B09_order": {"no": OK, "yes": OUT},
    "B10_bail": {"no": OK, "yes": OUT},
    "B11_victim_asked": {"yes": OK, "not_yet": HOLD, "cannot_reach": SUPERVISOR},
    "B12_victim_view": {
        "supports": OK,
        "neutral": SUPERVISOR,
        "does_not_support": OUT,
        "not_said": SUPERVISOR,
    },
    "B13_victim_risk": {"no": OK, "yes": OUT, "not_sure": SUPERVISOR},
    "B14_consent": {"yes": OK, "no": OUT, "wants_advice": HOLD},
    "B15_explained": {"yes": OK, "no": HOLD},
    "B16_sex": {"men": OK, "women": SUPERVISOR, "other": SUPERVISOR},
    "B17_language": {
        "yes": OK,
        "no_polish": SUPERVISOR,
        "no_punjabi": SUPERVISOR,
        "no_other": SUPERVISOR,
    },
    "B18_fit": {"yes": OK, "concern": SUPERVISOR},
    "B19_time": {"fits": OK, "does_not_fit": SUPERVISOR},
    "B20_children": {"no": OK, "yes": SUPERVISOR, "not_sure": SUPERVISOR},
    "B21_contact": {"yes": OK, "no": SUPERVISOR},
    "B22_authority": {"authorised": OK, "waiting": HOLD},
}
CLEAR = {name: next(iter(codes)) for name, codes in BASELINE.items()}
ANSWERS = [(name, code, BASELINE[name][code]) for name in BASELINE for code in BASELINE[name]]
EXCLUDING = [(name, code) for name, code, effect in ANSWERS if effect == OUT]
DECIDES = {
    OK: Outcome.appears_to_meet,
    SUPERVISOR: Outcome.needs_supervisor,
    HOLD: Outcome.on_hold,
    OUT: Outcome.does_not_meet,
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return rule_set_of("hampshire")


def reasons(found: Assessment) -> list[tuple[str, str]]:
    return [(reason.id, reason.effect) for reason in found.reasons]


answers_of_a_case = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from([None, *codes]) for name, codes in BASELINE.items()},
)


# Each answer


def test_the_rule_set_asks_what_the_baseline_lists_and_keeps_disposal_for_later(
    rules: RuleSet,
) -> None:
    assert [item.id for item in rules.criteria] == [*BASELINE, "B23_disposal"]
    assert {item.id: list(item.answers) for item in rules.criteria if item.id in BASELINE} == {
        name: list(codes) for name, codes in BASELINE.items()
    }


def test_a_case_clear_on_every_criterion_appears_to_meet_them(rules: RuleSet) -> None:
    found = assess(rules, CLEAR)
    assert (found.outcome, found.reasons, found.rule_set) == (
        Outcome.appears_to_meet,
        (),
        "hampshire@1.0.0",
    )


@pytest.mark.parametrize(("name", "code", "effect"), ANSWERS)
def test_one_answer_in_a_clear_case_has_its_effect_and_no_other(
    rules: RuleSet, name: str, code: str, effect: str
) -> None:
    found = assess(rules, CLEAR | {name: code})
    assert found.outcome is DECIDES[effect]
    assert reasons(found) == ([] if effect == OK else [(name, effect)])


@pytest.mark.parametrize("name", BASELINE)
def test_what_is_missing_or_not_known_yet_is_a_hold(rules: RuleSet, name: str) -> None:
    without = {key: code for key, code in CLEAR.items() if key != name}
    for answers in (without, {**CLEAR, name: None}):
        found = assess(rules, answers)
        assert (found.outcome, reasons(found)) == (Outcome.on_hold, [(name, HOLD)])


@pytest.mark.parametrize(("name", "code"), EXCLUDING)
def test_an_answer_that_excludes_says_what_to_do_instead(
    rules: RuleSet, name: str, code: str
) -> None:
    assert rules.criterion(name).answers[code].instead


def test_every_reason_carries_its_source(rules: RuleSet) -> None:
    for reason in assess(rules, {}).reasons:
        assert reason.source == rules.criterion(reason.id).source != ""


# What wins


def test_an_excluding_answer_wins_over_a_hold_and_a_hold_over_a_supervisor(
    rules: RuleSet,
) -> None:
    supervisor = CLEAR | {"B06_risk": "medium"}
    held = supervisor | {"B03_evidence": "waiting"}
    out = held | {"B01_age": "no"}
    assert [assess(rules, each).outcome for each in (supervisor, held, out)] == [
        Outcome.needs_supervisor,
        Outcome.on_hold,
        Outcome.does_not_meet,
    ]


def test_one_excluding_answer_is_enough_though_nothing_else_is_known(rules: RuleSet) -> None:
    found = assess(rules, {"B07_ccb": "yes"})
    assert found.outcome is Outcome.does_not_meet
    assert [reason.id for reason in found.of(Effect.ineligible)] == ["B07_ccb"]
    assert len(found.of(Effect.hold)) == len(BASELINE) - 1


def test_nothing_answered_is_a_hold_for_every_criterion(rules: RuleSet) -> None:
    assert reasons(assess(rules, {})) == [(name, HOLD) for name in BASELINE]


def test_reasons_stand_in_the_order_of_the_rule_set_whatever_their_effect(
    rules: RuleSet,
) -> None:
    mixed = {"B21_contact": "no", "B12_victim_view": "does_not_support", "B02_admission": "partial"}
    found = assess(rules, CLEAR | mixed | {"B08_history": None})
    assert reasons(found) == [
        ("B02_admission", SUPERVISOR),
        ("B08_history", HOLD),
        ("B12_victim_view", OUT),
        ("B21_contact", SUPERVISOR),
    ]


# Who is asked


def test_at_submission_the_authority_is_not_counted_yet(rules: RuleSet) -> None:
    up_to_the_sergeant = {name: code for name, code in CLEAR.items() if name != "B22_authority"}
    assert assess(rules, up_to_the_sergeant).outcome is Outcome.on_hold
    at_submission = assess(rules, up_to_the_sergeant, authority=False)
    assert (at_submission.outcome, at_submission.reasons) == (Outcome.appears_to_meet, ())


def test_no_officer_is_asked_whether_a_sergeant_has_authorised(rules: RuleSet) -> None:
    assert "B22_authority" not in {item.id for item in rules.in_chat}


def test_a_site_that_does_not_ask_for_the_disposal_never_misses_it(rules: RuleSet) -> None:
    assert assess(rules, CLEAR | {"B23_disposal": "other"}).outcome is Outcome.appears_to_meet


# What is unknown


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"B99_moon": "yes"}, "There is no criterion called 'B99_moon'."),
        ({"B01_age": "maybe"}, "B01_age cannot be 'maybe'; it is one of: yes, no."),
        ({"B01_age": ""}, "B01_age cannot be ''; it is one of: yes, no."),
        ({"B01_age": "YES"}, "B01_age cannot be 'YES'; it is one of: yes, no."),
    ],
)
def test_an_unknown_criterion_or_answer_is_refused_by_name(
    rules: RuleSet, answers: dict[str, str | None], told: str
) -> None:
    with pytest.raises(UnknownAnswerError) as refused:
        assess(rules, CLEAR | answers)
    assert str(refused.value) == told


# What an authoriser may override


def overridable(*names: str) -> RuleSet:
    """Hampshire, if it let the authoriser override these."""
    baseline, own = criteria_documents("hampshire")
    overrides = {name: {"override": "authoriser"} for name in names}
    return laid_over("hampshire", baseline, own | {"overrides": overrides})


@pytest.mark.parametrize(
    ("excluding", "may"),
    [
        ({"B06_risk": "high"}, True),
        ({"B06_risk": "high", "B10_bail": "yes"}, True),
        ({"B06_risk": "high", "B09_order": "yes"}, False),
        ({"B06_risk": "high", "B01_age": "no"}, False),
        ({"B09_order": "yes"}, False),
        ({"B06_risk": "medium"}, False),
        ({"B06_risk": "not_done"}, False),
        ({}, False),
    ],
)
def test_only_a_case_whose_every_excluding_criterion_may_be_overridden_goes_to_the_authoriser(
    excluding: dict[str, str], may: bool
) -> None:
    rules = overridable("B06_risk", "B10_bail")
    found = assess(rules, CLEAR | excluding)
    assert may_go_to_authoriser(rules, found) is may
    assert not may_go_to_authoriser(rule_set_of("hampshire"), found)


def test_that_it_may_be_overridden_changes_no_outcome() -> None:
    rules = overridable("B06_risk")
    for code in rules.criterion("B06_risk").answers:
        answers = CLEAR | {"B06_risk": code}
        assert assess(rules, answers) == assess(rule_set_of("hampshire"), answers)


# Whatever the case


@given(answers=answers_of_a_case, excluding=st.sampled_from(EXCLUDING))
def test_whatever_else_is_known_an_excluding_answer_decides(
    answers: dict[str, str | None], excluding: tuple[str, str]
) -> None:
    name, code = excluding
    found = assess(rule_set_of("hampshire"), answers | {name: code})
    assert found.outcome is Outcome.does_not_meet
    assert (name, OUT) in reasons(found)


@given(answers=answers_of_a_case, order=st.randoms(use_true_random=False))
def test_the_order_of_the_answers_never_matters(
    answers: dict[str, str | None], order: random.Random
) -> None:
    shuffled = list(answers.items())
    order.shuffle(shuffled)
    rules = rule_set_of("hampshire")
    assert assess(rules, dict(shuffled)) == assess(rules, answers)


@given(answers=answers_of_a_case, name=st.sampled_from([*BASELINE]))
def test_what_is_not_known_never_becomes_a_pass(answers: dict[str, str | None], name: str) -> None:
    found = assess(rule_set_of("hampshire"), answers | {name: None})
    assert found.outcome in (Outcome.on_hold, Outcome.does_not_meet)
    assert (name, HOLD) in reasons(found)


@given(answers=answers_of_a_case)
def test_only_a_case_with_every_criterion_clear_appears_to_meet_them(
    answers: dict[str, str | None],
) -> None:
    effects = {BASELINE[name].get(answers.get(name) or "", HOLD) for name in BASELINE}
    worst = next(effect for effect in (OUT, HOLD, SUPERVISOR, OK) if effect in effects)
    assert assess(rule_set_of("hampshire"), answers).outcome is DECIDES[worst]
