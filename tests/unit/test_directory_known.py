"""What wrong details on public pages taught: each kind of mistake has its check and its test."""

from __future__ import annotations

import csv

import pytest

from services_directory.checks.finding import Finding
from services_directory.checks.known import KNOWN_WRONG, check_known
from services_directory.checks.neighbours import across
from services_directory.checks.weekdays import days_in, shifted

GOOD = {
    "id": "one",
    "organisation": "Riverside Recovery",
    "service_name": "Drop-in",
    "area_covered": "Southampton",
    "phone": "0121 496 0123",
    "status": "active",
    "covers": "Southampton|SO14",
}


def found(**fields: str) -> list[Finding]:
    return check_known({**GOOD, **fields})


def beside(*others: dict[str, str]) -> dict[str, set[str]]:
    listings = [{**GOOD, "id": str(at), **other} for at, other in enumerate(others)]
    return {id_: {f.check for f in faults} for id_, faults in across(listings).items()}


def test_a_good_listing_has_no_known_fault() -> None:
    assert found() == []
    assert beside({}) == {}


# What only knowledge can catch


@pytest.mark.parametrize(
    ("fields", "code", "severity", "better"),
    [
        ({"phone": "0808 802 9999"}, "known_superseded", "error", "0808 500 2222"),
        ({"phone": "0116-295-3060"}, "known_superseded", "error", "0808 800 3302"),
        ({"phone": "+44 300 303 1844"}, "known_superseded", "error", "0808 802 0028"),
        ({"phone": "0300 123 3393"}, "known_superseded", "error", "0300 102 1234"),
        ({"how_to_access": "Ring 08444 111444"}, "known_withdrawn", "error", "0800 144 8848"),
        ({"phone": "08000 121 700"}, "known_owner", "error", "Unseen"),
        ({"organisation": "Addaction", "phone": "01179876000"}, "known_owner", "error", "Bristol"),
        ({"organisation": "Aurora New Dawn"}, "known_closed", "error", "31 August 2024"),
        ({"service_name": "HOPELineUK"}, "known_renamed", "warning", "HOPELINE247"),
        ({"organisation": "DHI", "area_covered": "Bath"}, "known_provider_changed", "warning",
         "Turning Point"),
        ({"email": "paragon@theyouthtrust.org.uk"}, "known_misspelt", "error",
         "theyoutrust.org.uk"),
    ],
)  # fmt: skip
def test_a_detail_that_is_known_to_be_wrong_is_told_with_the_better(
    fields: dict[str, str], code: str, severity: str, better: str
) -> None:
    (finding,) = found(**fields)
    assert (finding.check, finding.severity) == (code, severity)
    assert finding.field in fields
    assert better in finding.words


@pytest.mark.parametrize(
    "fields",
    [
        {"organisation": "Unseen", "phone": "08000 121 700"},
        {"organisation": "Bristol Drugs Project", "phone": "0117 987 6000"},
        {"organisation": "Aurora New Dawn", "status": "closed"},
        {"organisation": "New Dawn Counselling"},
        {"organisation": "Papyrus", "service_name": "HOPELINE247"},
        {"organisation": "DHI", "area_covered": "South Gloucestershire"},
        {"notes": "The old number 0808 802 9999 is wrong."},
    ],
)
def test_what_only_looks_like_a_known_mistake_is_none(fields: dict[str, str]) -> None:
    assert found(**fields) == []


def test_every_row_of_the_file_is_found_by_its_check() -> None:
    with KNOWN_WRONG.open(newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    missed = []
    for row in rows:
        value = f"info@{row['value']}" if row["field"] == "email" else row["value"]
        faults = found(**{row["field"]: value, "area_covered": row["where"] or "Southampton"})
        if f"known_{row['kind']}" not in {fault.check for fault in faults}:
            missed.append(row["value"])
    assert rows
    assert missed == []


# What the words of the listing say


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"how_to_access": "Waiting list CLOSED (2024-2025)"}, "status_not_taking"),
        ({"notes": "Not currently taking new referrals."}, "status_not_taking"),
        ({"notes": "CLOSED 31 August 2024."}, "status_closed"),
        ({"eligibility": "The service closed in 2023"}, "status_closed"),
        ({"notes": "Recommissioned in 2025: check who runs it."}, "provider_changed"),
        ({"service_name": "Drop-in (formerly The Hub)"}, "old_name"),
    ],
)
def test_words_that_disagree_with_the_status_are_told(fields: dict[str, str], code: str) -> None:
    assert [finding.check for finding in found(**fields)] == [code]


@pytest.mark.parametrize(
    "fields",
    [
        {"how_to_access": "Waiting list closed", "status": "waiting_list_closed"},
        {"notes": "CLOSED 31 August 2024.", "status": "closed"},
        {"notes": "The door is closed on Mondays."},
        {"eligibility": "Open and closed groups"},
        {"notes": "Recommissioned in 2025.", "status": "verify"},
    ],
)
def test_words_that_agree_with_the_status_are_no_fault(fields: dict[str, str]) -> None:
    assert found(**fields) == []


def test_a_day_in_the_hours_that_the_words_do_not_know_is_told() -> None:
    (finding,) = found(opening_hours="Tue 10:00-12:00", how_to_access="Come on any Wednesday")
    assert finding.check == "weekday_against_words"
    assert "Tuesday" in finding.words
    assert "Wednesday" in finding.words


@pytest.mark.parametrize(
    "words", ["Come on Tuesdays", "Mon to Fri", "Closed Wednesdays", "Ring us"]
)
def test_days_that_agree_are_no_fault(words: str) -> None:
    assert found(opening_hours="Tue 10:00-12:00", how_to_access=words) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon", {0}), ("Tuesdays and thurs", {1, 3}), ("Sat-Mon", {5, 6, 0}), ("Fri – Sat", {4, 5}),
        ("closed on Sunday", set()), ("Sunderland, Monmouth and Wedmore", set()),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, days: set[int]) -> None:
    assert days_in(text) == days


def test_a_list_whose_days_are_all_early_is_told_as_a_whole() -> None:
    early = [
        {"id": str(at), "opening_hours": f"{hours} 10:00-12:00", "how_to_access": f"Every {said}"}
        for at, (hours, said) in enumerate(
            [("Mon", "Tuesday"), ("Tue", "Wednesday"), ("Sun", "Monday"), ("Fri", "Friday")]
        )
    ]
    assert shifted(early) == 1
    assert shifted(early[2:]) == 0
    assert shifted([]) == 0
    assert {at for at, codes in beside(*early).items() if "weekdays_shifted" in codes} == set("012")


# What shows beside other listings


def test_one_number_of_two_organisations_is_told_at_both() -> None:
    codes = beside({"organisation": "Harbour Housing"}, {"organisation": "Meadow Counselling"})
    assert codes == {"0": {"number_shared"}, "1": {"number_shared"}}


def test_one_number_of_one_organisation_is_no_fault() -> None:
    freeva = {"organisation": "Freeva (formerly UAVA)", "service_name": "Support line"}
    joint = {"organisation": "Freeva / Jenkins Centre", "service_name": "Stop abusive behaviour"}
    assert beside(freeva, joint) == {}


def test_a_short_code_is_everybodys() -> None:
    shout = {"phone": "", "text_sms": "SHOUT to 85258"}
    assert beside({"organisation": "Harbour", **shout}, {"organisation": "Meadow", **shout}) == {}


def test_two_numbers_for_one_service_are_told_at_both() -> None:
    codes = beside({}, {"phone": "0113 496 0456"})
    assert codes == {"0": {"number_differs"}, "1": {"number_differs"}}


@pytest.mark.parametrize("other", [{"covers": "York|YO1"}, {"service_name": "Counselling"}])
def test_branches_and_other_services_have_numbers_of_their_own(other: dict[str, str]) -> None:
    assert beside({}, {"phone": "0113 496 0456", **other}) == {}


def test_a_number_that_lacks_a_digit_of_a_neighbours_is_told() -> None:
    short = {"phone": "0121 496 012", "service_name": "Counselling"}
    assert beside({}, short) == {"1": {"number_lacks_digit"}}
    assert beside({}, {**short, "organisation": "Meadow Housing"}) == {}


def test_a_host_that_is_nearly_a_known_one_is_told() -> None:
    right = [{"email": f"{name}@riverside.org.uk"} for name in ("info", "help")]
    assert beside(*right, {"email": "info@rivreside.org.uk"}) == {"2": {"host_misspelt"}}
    assert beside(*right, {"email": "info@hillside.org.uk"}) == {}
    assert beside(*right, {"email": "info@riverside.org"}) == {}
