"""The row of the evaluation extract: everybody is in it, and nothing says who they are."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database import transaction
from core.settings import settings
from referrals.eligibility import Outcome
from referrals.evaluation import case, codebook
from referrals.evaluation.case import CRITERIA, Case, Move, Talk, age_band, row_of
from referrals.evaluation.pseudonym import StudyError, pseudonym, salt_of
from referrals.evaluation.row import BOOK, COLUMNS, JOINED, KINDS, REQUIRED, Row
from referrals.fields import BY_NAME
from referrals.rule_set import rule_set_of
from referrals.transitions import TABLE, TERMINAL, Event, Status
from sites import all_sites, site_of
from tests.unit.conftest import forget

DAY = date(2026, 3, 2)
HAMPSHIRE = "hampshire"


def a_case(*moves: tuple[str, str], **changed: Any) -> Case:
    """A case of 2 March 2026 with these events and reasons, a day apart."""
    held = Case(
        id="5f0c",
        site=HAMPSHIRE,
        status=Status.draft,
        rule_set="hampshire@1.0.0",
        begun_on=DAY,
        moves=[
            Move(event, DAY + timedelta(days=n), why) for n, (event, why) in enumerate(moves, 1)
        ],
    )
    return dataclasses.replace(held, **changed)


def row(held: Case, **given_too: Any) -> Row:
    return row_of(held, site_of(held.site), "c1", **given_too)


# What became of it

ENDS = [
    (Status.not_proceeded, Event.close_not_met, "B06_risk B07_ccb", None),
    (Status.not_proceeded, Event.refuse, "victim_safety", "victim_safety"),
    (Status.not_proceeded, Event.decline, "capacity", "capacity"),
    (Status.withdrawn, Event.withdraw, "charged", "charged"),
    (Status.returned_to_police, Event.report_breach, "no_contact", "no_contact"),
    (Status.expired, Event.expire, "", None),
    (Status.completed, Event.attend_b, "", None),
]


@pytest.mark.parametrize(("status", "event", "reason", "coded"), ENDS)
def test_every_end_has_a_row_that_says_how_it_ended(
    status: Status, event: Event, reason: str, coded: str | None
) -> None:
    found = row(a_case((event, reason), status=status))
    assert (found.status, found.closed_by, found.closed_reason) == (status, event, coded)
    assert found.status_date == date(2026, 3, 3)
    assert found.breach is (event is Event.report_breach)
    assert found.completed is (event is Event.attend_b)


@pytest.mark.parametrize("status", [each for each in Status if each not in TERMINAL])
def test_every_open_status_has_a_row_that_is_not_closed(status: Status) -> None:
    found = row(a_case(status=status))
    assert (found.status, found.closed_by, found.closed_reason) == (status, None, None)


def test_a_case_that_does_not_meet_the_criteria_says_which() -> None:
    held = a_case(
        (Event.close_not_met, "B06_risk B07_ccb"),
        status=Status.not_proceeded,
        outcome=Outcome.does_not_meet,
        went_on_despite="B06_risk",
    )
    found = row(held)
    assert found.failed_criteria == ("B06_risk", "B07_ccb")
    assert (found.eligibility_result, found.officer_override) == ("does_not_meet", False)


def test_a_case_sent_although_a_criterion_was_not_met_says_so() -> None:
    held = a_case(outcome="needs_supervisor", went_on_despite="B10_bail", sent_on=DAY)
    assert row(held).officer_override
    assert row(held).failed_criteria == ("B10_bail",)


def test_a_case_that_fails_nothing_is_not_the_same_as_one_not_assessed() -> None:
    assert row(a_case(outcome="appears_to_meet", sent_on=DAY)).failed_criteria == ()
    assert row(a_case()).failed_criteria is None


def test_the_workshops_are_told_by_the_days_on_which_they_were_recorded() -> None:
    moves = [(Event.book, ""), (Event.miss, "no_show"), (Event.book, "")]
    held = a_case(*moves, (Event.attend_a, ""), (Event.attend_b, ""), status=Status.completed)
    found = row(held)
    assert (found.ws_a_booked, found.ws_b_booked) == (date(2026, 3, 5), date(2026, 3, 5))
    assert (found.ws_a_attended, found.ws_b_attended) == (date(2026, 3, 6), date(2026, 3, 7))
    assert (found.missed, found.completed) == (1, True)


def test_a_booking_that_was_called_off_is_not_a_missed_workshop() -> None:
    moves = [(Event.book, ""), (Event.call_off, "no_venue"), (Event.book, "")]
    found = row(a_case(*moves, status=Status.booked))
    assert (found.missed, found.breach, found.closed_by) == (0, False, None)


def test_the_days_of_the_conditional_caution_come_from_the_site() -> None:
    found = row(a_case(given_on=DAY))
    assert found.caution_date == DAY
    assert found.condition_end == DAY + timedelta(weeks=site_of(HAMPSHIRE).condition_weeks)
    assert row(a_case()).condition_end is None


def test_outcomes_are_counted_from_the_day_of_sending_or_else_of_beginning() -> None:
    assert row(a_case()).t0_date == DAY
    assert row(a_case(sent_on=DAY + timedelta(days=4))).t0_date == date(2026, 3, 6)


# Who it is about


def test_words_beside_an_event_never_get_into_a_row() -> None:
    staff_id = "3b7e-of-a-colleague"
    moves = [("hand_to_colleague", staff_id), (Event.withdraw, "Alex told me that she moved")]
    held = a_case(*moves, status=Status.withdrawn)
    text = repr(row(held))
    assert row(held).closed_reason is None
    assert staff_id not in text
    assert "Alex" not in text


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2008, 3, 3), "under_18"),
        (date(2008, 3, 2), "18-24"),
        (date(2001, 3, 3), "18-24"),
        (date(2001, 3, 2), "25-34"),
        (date(1961, 3, 3), "55-64"),
        (date(1961, 3, 2), "65_and_over"),
        (date(2027, 1, 1), None),
        (None, None),
    ],
)
def test_a_birth_date_leaves_only_as_the_band_of_the_age(
    born: date | None, band: str | None
) -> None:
    assert age_band(born, DAY) == band
    detail = {"date_of_birth": born and born.isoformat(), "offence_date": DAY.isoformat()}
    found = row(a_case(detail=detail))
    assert found.off_age_band == band
    assert born is None or born not in dataclasses.astuple(found)


def test_no_column_could_hold_a_moment_of_the_day() -> None:
    assert set(KINDS.values()) == {"text", "date", "yes/no", "whole number", "number", "codes"}
    held = dataclasses.astuple(row(a_case((Event.book, ""), given_on=DAY, sent_on=DAY)))
    assert not [value for value in held if isinstance(value, datetime)]


def test_what_nobody_collects_is_there_and_empty() -> None:
    assert {"victim_age_band", "victim_sex", "off_ethnicity", "offence_code", "lsoa"} <= set(JOINED)
    found = row(a_case())
    assert {getattr(found, name) for name in JOINED} == {None}
    assert all(getattr(found, name) is not None for name in REQUIRED)


TALK = Talk(("alcohol", "da_victim"), ("alcohol",), ())


def test_what_a_participant_said_is_in_the_row_only_with_their_consent() -> None:
    told = ("needs_codes", "signposted_codes", "engaged_codes")
    without = row(a_case(), talk=TALK)
    assert {getattr(without, name) for name in told} == {None}
    assert without.participant_consent is False
    agreed = row(a_case(), talk=TALK, consent=True)
    assert [getattr(agreed, name) for name in told] == [TALK.needs, TALK.signposted, ()]
    assert row(a_case(), consent=True).needs_codes is None


def test_needs_that_the_officer_saw_need_no_consent_of_the_participant() -> None:
    found = row(a_case(detail={"support_needs_seen": "alcohol|work|he said that he drinks"}))
    assert found.support_needs_seen == ("alcohol", "work")


# Pseudonyms


def salt(site: str, study: str) -> bytes:
    with transaction() as session:
        return salt_of(session, site, study)


@pytest.mark.usefixtures("sqlite")
def test_one_study_gives_a_case_one_name_and_another_study_another() -> None:
    names = {
        pseudonym(salt(site, study), "5f0c")
        for site in ("hampshire", "dorset")
        for study in ("evaluation", "trial-2")
        for _again in range(2)
    }
    assert len(names) == 4
    assert all(name[0] == "c" and len(name) == 25 for name in names)


@pytest.mark.usefixtures("sqlite")
def test_without_the_site_s_secret_nobody_makes_the_same_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = pseudonym(salt("hampshire", "evaluation"), "5f0c")
    monkeypatch.setenv("CARA_SECRET_KEY", "another secret of thirty-two characters or more")
    forget()
    assert settings().secret_key.startswith("another")
    assert pseudonym(salt("hampshire", "evaluation"), "5f0c") != before


@pytest.mark.parametrize("study", ["", "ab", "Trial", "trial 2", "2trial", "x" * 41, "trial_2\n"])
def test_a_name_of_a_study_that_may_be_a_slip_is_refused(study: str) -> None:
    with pytest.raises(StudyError, match="no name of a study"):
        salt("hampshire", study)


# The code book

WEST_MIDLANDS = codebook.code_book(rule_set_of("west_midlands"), site_of("west_midlands"))
_ANSWERS = st.fixed_dictionaries(
    {
        name: st.sampled_from([None, *rule_set_of("west_midlands").criterion(name).answers])
        for name in CRITERIA
    }
)
_DETAILS = st.fixed_dictionaries(
    {
        "risk_tool": st.sampled_from([None, *dict(BY_NAME["risk_tool"].options)]),
        "date_of_birth": st.none() | st.dates(date(1900, 1, 1), DAY).map(date.isoformat),
        "offence_date": st.none() | st.dates(date(2020, 1, 1), DAY).map(date.isoformat),
        "living_with_victim_now": st.sampled_from([None, "yes", "no", "not_known"]),
        "interpreter_language": st.sampled_from([None, "none", "pl", "pa", "other"]),
        "support_needs_seen": st.sampled_from([None, *case.NEED_CODES, "alcohol|work"]),
    }
)
_MOVES = st.lists(
    st.sampled_from([(each.event, why) for each in TABLE for why in each.reasons or ("",)]),
    max_size=6,
)
_CODES = st.lists(st.sampled_from(case.NEED_CODES), unique=True).map(tuple)


@given(
    st.sampled_from(list(Status)),
    st.sampled_from([None, *Outcome]),
    _ANSWERS,
    _DETAILS,
    _MOVES,
    st.builds(Talk, _CODES, _CODES, _CODES),
)
def test_the_code_book_has_every_code_that_a_row_can_have(
    status: Status,
    outcome: Outcome | None,
    answers: dict[str, str | None],
    detail: dict[str, str | None],
    moves: list[tuple[str, str]],
    talk: Talk,
) -> None:
    held = a_case(
        *moves,
        site="west_midlands",
        status=status,
        outcome=outcome,
        answers=answers,
        detail=detail,
        went_on_despite="B06_risk",
    )
    found = row(held, talk=talk, consent=True)
    for entry in WEST_MIDLANDS:
        value = getattr(found, entry.name)
        if BOOK[entry.name].codes and value is not None:
            codes = value if isinstance(value, tuple) else (value,)
            assert set(codes) <= set(entry.codes), entry.name


@pytest.mark.parametrize("site", list(all_sites()))
def test_the_code_book_of_each_site_has_every_column_and_no_empty_cell(site: str) -> None:
    book = codebook.code_book(rule_set_of(site), site_of(site))
    assert tuple(entry.name for entry in book) == COLUMNS
    for entry in book:
        name, _kind, words, values, *rest = entry.cells
        assert all((name, words, *rest)), entry.name
        assert bool(values) or not BOOK[entry.name].codes or entry.name == "delivery_site"


def test_every_status_closing_event_and_reason_has_words() -> None:
    book = {
        entry.name: entry.codes
        for entry in codebook.code_book(rule_set_of(HAMPSHIRE), site_of(HAMPSHIRE))
    }
    assert set(book["status"]) == set(Status)
    assert set(book["closed_by"]) == {row.event for row in TABLE if row.target in TERMINAL}
    assert set(book["closed_reason"]) == {code for row in TABLE for code in row.reasons}
    assert "B06_risk: What is the final" in codebook.as_csv(
        codebook.code_book(rule_set_of(HAMPSHIRE), site_of(HAMPSHIRE))
    )


def test_the_code_book_reads_as_markdown() -> None:
    rules = rule_set_of(HAMPSHIRE)
    text = codebook.as_markdown(codebook.code_book(rules, site_of(HAMPSHIRE)), rules)
    assert text.startswith("# Code book of the evaluation extract: hampshire@")
    assert all(f"\n## `{name}`\n" in text for name in COLUMNS)
    assert "- `standard`: Standard" in text
