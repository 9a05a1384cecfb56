"""`cara assess` as a script calls it: JSON in, JSON out, or one line and exit code 2."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

RunCara = Callable[..., subprocess.CompletedProcess[str]]
CLEAR = {
    "B01_age": "yes",
    "B02_admission": "full",
    "B03_evidence": "yes",
    "B04_offence": "common_assault",
    "B05_relationship": "current_partner",
    "B06_risk": "standard",
    "B07_ccb": "no",
    "B08_history": "none",
    "B08b_incidents": "none",
    "B09_order": "no",
    "B10_bail": "no",
    "B11_victim_asked": "yes",
    "B12_victim_view": "supports",
    "B13_victim_risk": "no",
    "B14_consent": "yes",
    "B15_explained": "yes",
    "B16_sex": "men",
    "B17_language": "yes",
    "B18_fit": "yes",
    "B19_time": "fits",
    "B20_children": "no",
    "B21_contact": "yes",
    "B22_authority": "authorised",
}
WITHOUT_TIME = {name: code for name, code in CLEAR.items() if name != "B19_time"}
DATES = {
    "given_on": "2026-03-11",
    "offence_date": "2026-03-01",
    "offence": "harassment",
}


@pytest.fixture
def assess(run_cara: RunCara) -> Callable[..., dict[str, Any]]:
    """The answer to a JSON object at a site."""

    def run(answers: dict[str, Any], site: str = "hampshire") -> dict[str, Any]:
        done = run_cara("assess", site, stdin=json.dumps(answers))
        assert (done.returncode, done.stderr) == (0, "")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


@pytest.fixture
def complaint(run_cara: RunCara) -> Callable[..., str]:
    """The one line on stderr for input that is refused."""

    def run(stdin: str | bytes, site: str = "hampshire") -> str:
        done = run_cara("assess", site, stdin=stdin)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.endswith("\n")
        assert done.stderr.count("\n") == 1
        assert len(done.stderr) < 400
        return done.stderr.strip()

    return run


def ids(found: dict[str, Any]) -> list[str]:
    return [reason["id"] for reason in found["reasons"]]


# Outcomes


def test_a_clear_case_has_no_reasons(assess: Callable[..., dict[str, Any]]) -> None:
    assert assess(CLEAR) == {
        "outcome": "appears_to_meet",
        "reasons": [],
        "rule_set": "hampshire@1.0.0",
    }


def test_every_reason_has_its_effect_and_source_in_the_order_of_the_rules(
    assess: Callable[..., dict[str, Any]],
) -> None:
    found = assess(CLEAR | {"B20_children": "yes", "B06_risk": "high", "B03_evidence": "waiting"})
    assert found["outcome"] == "does_not_meet"
    assert [(each["id"], each["effect"]) for each in found["reasons"]] == [
        ("B03_evidence", "hold"),
        ("B06_risk", "ineligible"),
        ("B20_children", "supervisor"),
    ]
    assert all(each.keys() == {"id", "effect", "source"} for each in found["reasons"])
    assert all(each["source"] for each in found["reasons"])


def test_an_empty_object_is_on_hold_for_all_twenty_three_criteria(
    assess: Callable[..., dict[str, Any]],
) -> None:
    found = assess({})
    assert (found["outcome"], ids(found)) == ("on_hold", [*CLEAR])


@pytest.mark.parametrize("authority", [None, "waiting"])
def test_here_the_authority_counts(
    assess: Callable[..., dict[str, Any]], authority: str | None
) -> None:
    found = assess(CLEAR | {"B22_authority": authority})
    assert (found["outcome"], ids(found)) == ("on_hold", ["B22_authority"])


def test_a_site_reads_the_same_answers_its_own_way(
    assess: Callable[..., dict[str, Any]],
) -> None:
    family = CLEAR | {"B05_relationship": "family_member"}
    assert assess(family)["outcome"] == "needs_supervisor"
    assert assess(family, "dorset")["outcome"] == "does_not_meet"
    assert assess(CLEAR | {"B08_history": "older"}, "dorset")["outcome"] == "appears_to_meet"
    medium = CLEAR | {"B06_risk": "medium"}
    assert assess(medium, "west_midlands")["outcome"] == "on_hold"
    assert assess(medium, "west_yorkshire")["outcome"] == "does_not_meet"
    resolution = CLEAR | {"B23_disposal": "community_resolution"}
    assert assess(resolution, "west_midlands")["outcome"] == "appears_to_meet"


def test_where_referral_is_off_the_answer_says_disabled(
    assess: Callable[..., dict[str, Any]],
) -> None:
    assert assess(CLEAR, "north_yorkshire")["disabled"] is True
    assert "disabled" not in assess(CLEAR, "leicestershire")


# Dates


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        (DATES, "appears_to_meet"),
        (DATES | {"condition_weeks": 16}, "appears_to_meet"),
        (DATES | {"condition_weeks": None}, "appears_to_meet"),
        (DATES | {"condition_weeks": 21}, "needs_supervisor"),
        (DATES | {"given_on": "2026-06-01"}, "needs_supervisor"),
        (DATES | {"given_on": "2026-06-01", "offence": "criminal_damage"}, "appears_to_meet"),
        (DATES | {"offence": "other"}, "on_hold"),
        (DATES | {"offence": None}, "on_hold"),
        (DATES | {"given_on": None}, "on_hold"),
        ({}, "on_hold"),
        (
            {"given_on": "2026-03-11", "offence_date": "2025-10-01"},
            "needs_supervisor",
        ),
        (
            {
                "given_on": "2026-03-11",
                "offence_date": "2025-10-01",
                "first_statement_on": "2026-03-01",
            },
            "appears_to_meet",
        ),
    ],
)
def test_the_time_is_computed_from_dates(
    assess: Callable[..., dict[str, Any]], dates: dict[str, Any], outcome: str
) -> None:
    found = assess(WITHOUT_TIME | {"dates": dates})
    assert found["outcome"] == outcome
    assert ids(found) == ([] if outcome == "appears_to_meet" else ["B19_time"])


def test_a_code_wins_over_dates_and_null_does_not(
    assess: Callable[..., dict[str, Any]],
) -> None:
    late = DATES | {"given_on": "2026-06-01"}
    assert assess(CLEAR | {"dates": late})["outcome"] == "appears_to_meet"
    assert assess(CLEAR | {"B19_time": None, "dates": late})["outcome"] == "needs_supervisor"


def test_null_dates_are_no_dates(assess: Callable[..., dict[str, Any]]) -> None:
    assert ids(assess(WITHOUT_TIME | {"dates": None})) == ["B19_time"]


# What is refused


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"B99_moon": "yes"}, "There is no criterion called 'B99_moon'."),
        ({"b01_age": "yes"}, "There is no criterion called 'b01_age'."),
        ({"B01_age": "maybe"}, "B01_age cannot be 'maybe'; it is one of: yes, no."),
        ({"B01_age": True}, "'B01_age' needs a code or null."),
        ({"B01_age": ["yes"]}, "'B01_age' needs a code or null."),
        ({"two\nlines": 1}, r"'two\nlines' needs a code or null."),
        ({"\ud800": 1}, r"'\ud800' needs a code or null."),
        ({"dates": "2026-03-11"}, "dates needs to be a JSON object."),
        ({"dates": {"given": "2026-03-11"}}, "dates cannot hold 'given'."),
        ({"dates": DATES | {"given_on": "11 3 2026"}}, "given_on needs the form 2026-03-27."),
        ({"dates": DATES | {"given_on": 20260311}}, "given_on needs the form 2026-03-27."),
        ({"dates": DATES | {"offence_date": "2026-02-29"}}, "offence_date needs the form"),
        ({"dates": DATES | {"given_on": "9999-12-31"}}, "given_on is not of our time."),
        ({"dates": DATES | {"offence_date": "0001-01-01"}}, "offence_date is not of our time."),
        ({"dates": DATES | {"offence": "murder"}}, "The offence of dates cannot be 'murder'."),
        ({"dates": DATES | {"offence": ["x"]}}, "The offence of dates cannot be ['x']."),
        ({"dates": DATES | {"condition_weeks": "16"}}, "condition_weeks needs to be a number"),
        ({"dates": DATES | {"condition_weeks": 10**30}}, "condition_weeks needs to be a number"),
        ({"dates": DATES | {"condition_weeks": -1}}, "condition_weeks needs to be a number"),
        ({"dates": DATES | {"condition_weeks": True}}, "condition_weeks needs to be a number"),
        ({"x" * 100_000: "yes"}, "There is no criterion called 'xxx"),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value)[:40],
)
def test_what_cannot_be_assessed_is_refused_in_one_line(
    complaint: Callable[..., str], answers: dict[str, Any], told: str
) -> None:
    assert complaint(json.dumps(answers)).startswith(told)


@pytest.mark.parametrize(
    "stdin",
    [
        "",
        "yes",
        "[]",
        "null",
        '"B01_age"',
        '{"B01_age": "yes"',
        b"\xff\xfe\x00",
        b"\x00",
        "[" * 100_000,
        '{"B01_age": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"B01_age": ' + "9" * 5_000 + "}",
        '{"B01_age": "' + "y" * 2_000_000 + '"}',
    ],
    ids=lambda stdin: repr(stdin[:16]),
)
def test_what_is_no_json_object_of_a_sane_size_is_refused(
    complaint: Callable[..., str], stdin: str | bytes
) -> None:
    assert complaint(stdin) == "Standard input does not hold a JSON object."


@pytest.mark.parametrize(
    "site", ["narnia", "national", "_baseline", "../sites/dorset", "two\nlines"]
)
def test_an_unknown_site_is_refused(complaint: Callable[..., str], site: str) -> None:
    assert complaint(json.dumps(CLEAR), site) == f"There is no site called {site!r}."
