"""The one next thing for a draft: criteria first, then fields, then checking; stops are said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.eligibility import Outcome
from referrals.fields import BY_NAME, FIELDS
from referrals.progress import Known, Position, Step, open_fields, position, ready_to_submit
from referrals.rule_set import rule_set_of

RULES = rule_set_of("hampshire")
ASKED = [item.id for item in RULES.in_chat]
CLEAR: dict[str, str | None] = {item.id: next(iter(item.answers)) for item in RULES.in_chat}
# A case in which nobody is to be texted, every optional question passed over.
NEEDED = {
    "crime_reference": "44260123456",
    "custody_reference": "HA/04417/26",
    "offence_date": "2026-11-20",
    "risk_tool": "dash",
    "full_name": "Alex Example",
    "date_of_birth": "1991-09-14",
    "postcode_district": "SO14",
    "living_with_victim_now": "no",
    "interpreter_language": "none",
    "authoriser": "sergeant-1",
}
OPTIONAL = tuple(field.name for field in FIELDS if field.optional)


def known(
    answers: Mapping[str, str | None] = CLEAR,
    fields: Mapping[str, str | None] = NEEDED,
    skipped: tuple[str, ...] = OPTIONAL,
    despite: tuple[str, ...] = (),
) -> Known:
    return Known(answers, fields, skipped, despite)


def here(facts: Known) -> Position:
    return position(RULES, facts)


def asked_about(facts: Known) -> str | None:
    found = here(facts)
    return found.criterion.id if found.criterion else found.field.name if found.field else None


# Criteria


def test_criteria_are_asked_one_at_a_time_in_the_order_of_the_rule_set() -> None:
    answers: dict[str, str | None] = {}
    for name in ASKED:
        found = here(known(answers, {}))
        assert (found.step, found.criterion and found.criterion.id) == (Step.criterion, name)
        answers[name] = CLEAR[name]
    assert here(known(answers, {})).step is Step.field


def test_what_was_answered_out_of_order_is_not_asked_again() -> None:
    assert asked_about(known({"B01_age": "yes", "B02_admission": "full"}, {})) == "B03_evidence"
    assert asked_about(known({"B06_risk": "standard"}, {})) == "B01_age"


def test_i_do_not_know_yet_is_an_answer_for_now_and_the_next_one_is_asked() -> None:
    found = here(known({"B01_age": None}, {}))
    assert (found.step, found.criterion and found.criterion.id) == (
        Step.criterion,
        "B02_admission",
    )
    assert found.assessment.outcome is Outcome.on_hold


# An answer that excludes


def test_at_the_first_answer_that_excludes_it_stops_and_names_it() -> None:
    found = here(known({"B01_age": "yes", "B06_risk": "high"}, {}))
    assert (found.step, found.criterion and found.criterion.id) == (Step.excluded, "B06_risk")


def test_who_goes_on_is_asked_the_rest() -> None:
    facts = known({"B01_age": "yes", "B06_risk": "high"}, {}, despite=("B06_risk",))
    assert (here(facts).step, asked_about(facts)) == (Step.criterion, "B02_admission")


def test_a_second_answer_that_excludes_stops_again() -> None:
    answers = {"B01_age": "yes", "B06_risk": "high", "B07_ccb": "yes"}
    facts = known(answers, {}, despite=("B06_risk",))
    assert (here(facts).step, asked_about(facts)) == (Step.excluded, "B07_ccb")


def test_who_went_on_to_the_end_is_told_again_and_asked_for_no_identity() -> None:
    facts = known(CLEAR | {"B06_risk": "high"}, {}, despite=("B06_risk",))
    assert (here(facts).step, asked_about(facts)) == (Step.excluded, "B06_risk")


def test_a_correction_that_no_longer_excludes_lets_it_go_on() -> None:
    facts = known(CLEAR | {"B06_risk": "medium"}, {}, despite=("B06_risk",))
    assert here(facts).step is Step.field
    assert here(facts).assessment.outcome is Outcome.needs_supervisor


# Fields


def test_fields_are_asked_one_at_a_time_in_their_order() -> None:
    fields: dict[str, str | None] = {}
    asked = []
    while (found := here(known(CLEAR, fields, ()))).step is Step.field:
        assert found.field is not None
        asked.append(found.field.name)
        fields[found.field.name] = "private" if found.field.name == "phone_is_private" else "yes"
    assert asked == [field.name for field in FIELDS if field.name != "override_reason"]


@pytest.mark.parametrize("offence", RULES.criterion("B04_offence").answers)
def test_the_first_statement_is_asked_where_it_decides_the_time_limit(offence: str) -> None:
    answers = CLEAR | {"B04_offence": offence}
    open_now = [field.name for field in open_fields(known(answers, {}, ()))]
    limit = RULES.prosecution_limits.get(offence)
    assert ("first_statement_on" in open_now) == (limit == "domestic_assault")


def test_an_optional_field_that_was_passed_over_is_not_asked_again() -> None:
    without_skips = [field.name for field in open_fields(known(skipped=()))]
    assert without_skips == list(OPTIONAL)
    assert open_fields(known()) == []


@pytest.mark.parametrize(
    ("given_so_far", "still_open"),
    [
        ({}, []),
        ({"mobile": "+447700900982"}, ["phone_is_private"]),
        ({"mobile": "+447700900982", "phone_is_private": "shared"}, []),
        ({"mobile": "+447700900982", "phone_is_private": "not_known"}, []),
        ({"mobile": "+447700900982", "phone_is_private": "private"}, ["text_consent"]),
        (
            {"mobile": "+447700900982", "phone_is_private": "private", "text_consent": "no"},
            [],
        ),
        (
            {"mobile": "+447700900982", "phone_is_private": "private", "text_consent": "yes"},
            ["ok_hours"],
        ),
    ],
)
def test_texts_are_asked_about_only_for_a_phone_that_nobody_else_uses(
    given_so_far: dict[str, str], still_open: list[str]
) -> None:
    facts = known(fields=NEEDED | given_so_far)
    assert [field.name for field in open_fields(facts)] == still_open


def test_only_optional_fields_can_be_left_out() -> None:
    for name in NEEDED:
        left_out = {key: value for key, value in NEEDED.items() if key != name}
        assert not BY_NAME[name].optional
        assert asked_about(known(fields=left_out)) == name
        assert not ready_to_submit(RULES, known(fields=left_out))


# The end


def test_a_complete_case_is_checked_and_may_be_sent() -> None:
    assert here(known()).step is Step.check
    assert ready_to_submit(RULES, known())


def test_a_case_for_a_supervisor_may_be_sent_for_the_authoriser_is_one() -> None:
    facts = known(CLEAR | {"B06_risk": "medium", "B20_children": "yes"})
    assert here(facts).assessment.outcome is Outcome.needs_supervisor
    assert ready_to_submit(RULES, facts)


def test_a_hold_lets_the_fields_be_filled_in_and_then_waits() -> None:
    answers = CLEAR | {"B15_explained": "no"}
    assert here(known(answers, {})).step is Step.field
    assert here(known(answers)).step is Step.waiting
    assert not ready_to_submit(RULES, known(answers))


def test_an_excluded_case_can_never_be_sent_however_often_one_goes_on() -> None:
    facts = known(CLEAR | {"B13_victim_risk": "yes"}, despite=tuple(ASKED))
    assert not ready_to_submit(RULES, facts)


codes = st.fixed_dictionaries(
    {},
    optional={item.id: st.sampled_from([None, *item.answers]) for item in RULES.in_chat},
)


@given(answers=codes, despite=st.sets(st.sampled_from(ASKED)))
def test_whatever_was_answered_only_a_pass_or_a_supervisors_case_may_be_sent(
    answers: dict[str, str | None], despite: set[str]
) -> None:
    facts = known(answers, despite=tuple(despite))
    sendable = here(facts).assessment.outcome in (
        Outcome.appears_to_meet,
        Outcome.needs_supervisor,
    )
    assert ready_to_submit(RULES, facts) is sendable


@given(answers=codes)
def test_there_is_always_exactly_one_next_thing(answers: dict[str, str | None]) -> None:
    found = here(known(answers, {}, ()))
    about = [each for each in (found.criterion, found.field) if each is not None]
    assert len(about) == (found.step in (Step.criterion, Step.excluded, Step.field))
