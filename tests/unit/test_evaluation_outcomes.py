"""The police's outcome file joined to an extract: whole, or not at all with every fault named."""

from __future__ import annotations

from datetime import date

import pytest

from referrals.evaluation import outcomes
from referrals.evaluation.outcomes import HarmIndex, Joined, Subject
from referrals.evaluation.sheets import SheetError

UNTIL = date(2027, 3, 31)
SUBJECTS = [
    Subject("c1", date(2026, 1, 10)),
    Subject("c2", date(2026, 2, 1)),
    Subject("c3", date(2026, 12, 1)),
]
HEADER = "case_id,event_date,days_from_t0,offence_code,is_da,same_victim,outcome_type,chi_days\r\n"
INDEX = HarmIndex("2026-02", {"105/1": 1.0, "8/6": 19.5})


def join(*lines: str, index: HarmIndex | None = None, until: date = UNTIL) -> Joined:
    data = (HEADER + "\r\n".join(lines)).encode()
    return outcomes.join(SUBJECTS, data, "police.csv", until=until, index=index)


def faults(*lines: str, index: HarmIndex | None = None) -> tuple[str, ...]:
    with pytest.raises(SheetError) as raised:
        join(*lines, index=index)
    return raised.value.lines


def test_everybody_is_joined_those_without_an_event_too() -> None:
    joined = join(
        "c1,2026-01-30,20,105/1,yes,yes,arrest,",
        "c1,2026-07-29,200,8/6,no,no,charge,",
        index=INDEX,
    )
    first, second, third = joined.cases
    assert (first.first(), first.first(da=True), second.first()) == (20, 20, None)
    assert [len(first.within(days)) for days in (19, 20, 180, 200, 365)] == [0, 1, 1, 2, 2]
    assert (first.harm(180), first.harm(365), first.harm(365, da=True)) == (1.0, 20.5, 1.0)
    assert third.days == 120
    assert joined.index == INDEX


GOOD = "c1,2026-01-30,20,105/1,yes,yes,arrest,"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("c9,2026-01-30,20,105/1,yes,yes,arrest,", "there is no case c9 in the extract"),
        ("c2,2026-01-30,-2,105/1,yes,yes,arrest,", "is before the case's t0, 2026-02-01"),
        ("c1,2026-02-30,51,105/1,yes,yes,arrest,", "there is no day 2026-02-30"),
        ("c1,30/01/2026,20,105/1,yes,yes,arrest,", "write it as 2026-03-27"),
        ("c1,20260130,20,105/1,yes,yes,arrest,", "write it as 2026-03-27"),
        ("c1,2027-04-01,446,105/1,yes,yes,arrest,", "after the last day of the police data"),
        ("c1,2026-01-30,21,105/1,yes,yes,arrest,", "days_from_t0 says 21, the dates say 20"),
        ("c1,2026-01-30,soon,105/1,yes,yes,arrest,", "“soon” is no whole number"),
        ("c1,2026-01-30,20,105/1,perhaps,yes,arrest,", "neither yes nor no"),
        ("c1,2026-01-30,20,105/1,yes,yes,rumour,", "arrest, complaint, charge"),
        ("c1,2026-01-30,20,105/1,yes,yes,arrest", "more or fewer cells"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_joined(line: str, why: str) -> None:
    (told,) = faults(GOOD, line)
    assert told.startswith("police.csv, line 3: ")
    assert why in told


def test_all_bad_lines_are_told_at_once() -> None:
    told = faults("c9,2026-01-30,20,1,yes,yes,arrest,", GOOD, "c1,2025-01-30,1,1,yes,yes,arrest,")
    assert [each.partition(":")[0] for each in told] == ["police.csv, line 2", "police.csv, line 4"]


def test_of_very_many_bad_lines_the_first_are_told_and_the_rest_counted() -> None:
    told = faults(*["c9,2026-01-30,20,1,yes,yes,arrest,"] * 80)
    assert (len(told), told[-1]) == (51, "and 30 more.")


def test_an_offence_that_the_index_lacks_or_weighs_otherwise_is_named() -> None:
    (lacking,) = faults("c1,2026-01-30,20,99/9,yes,yes,arrest,", index=INDEX)
    assert "“99/9” is not in the index (version 2026-02)" in lacking
    (otherwise,) = faults("c1,2026-01-30,20,8/6,yes,yes,arrest,10", index=INDEX)
    assert "chi_days says 10, the index (version 2026-02) 19.5" in otherwise


def test_harm_is_counted_by_a_loaded_index_alone() -> None:
    joined = join("c1,2026-01-30,20,8/6,yes,yes,arrest,19.5")
    assert joined.index is None
    assert joined.cases[0].events[0].harm is None


def test_lines_that_say_the_same_are_counted_and_told() -> None:
    joined = join(GOOD, GOOD, GOOD)
    assert (len(joined.cases[0].events), joined.repeated) == (3, 2)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"case_id,event_date\n", "the column days_from_t0 is missing"),
        (HEADER.replace("chi_days", "chi_day").encode(), "no column called “chi_day”"),
        (b"", "the column case_id is missing"),
        (HEADER.encode() + b"c1,\xff\n", "line 2: it is not UTF-8"),
        (HEADER.encode() + b'c1,"2026\n', "it is no CSV"),
    ],
)
def test_a_file_that_is_no_outcome_file_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(SheetError, match=why.replace("(", r"\(")):
        outcomes.join(SUBJECTS, data, "police.csv", until=UNTIL)


# The index and the extract


def test_the_index_keeps_its_version() -> None:
    found = outcomes.index_of(b"offence_code,days,version\n8/6,19.5,2026-02\n", "chi.csv")
    assert found == HarmIndex("2026-02", {"8/6": 19.5})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("8/6,19.5,2026-02\n8/6,1,2026-02", "line 3: the offence code “8/6” is empty or there"),
        ("8/6,19.5,2026-02\n105/1,1,2020", "line 3: there are two versions: 2026-02, 2020"),
        ("8/6,-1,2026-02", "it has to be 0 or more"),
        ("8/6,nan,2026-02", "it has to be 0 or more"),
        ("8/6,many,2026-02", "“many” is no number"),
        ("8/6,1,", "the version is empty"),
        ("", "there is no offence in it"),
    ],
)
def test_an_index_with_a_fault_is_refused(lines: str, why: str) -> None:
    with pytest.raises(SheetError, match=why):
        outcomes.index_of(f"offence_code,days,version\n{lines}".encode(), "chi.csv")


def test_a_comparison_group_needs_no_more_than_a_case_and_a_day() -> None:
    data = b"case_id,t0_date,assign_arm\nc1,2026-01-10,CARA\nm1,2026-01-12,control\n"
    assert outcomes.subjects_of(data, "x.csv") == [
        Subject("c1", date(2026, 1, 10), "CARA"),
        Subject("m1", date(2026, 1, 12), "control"),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"case_id,t0_date\nc1,2026-01-10\nc1,2026-01-10\n", "line 3: the case c1 is there twice"),
        (b"case_id,t0_date\n,2026-01-10\n", "line 2: the case_id is empty"),
        (b"case_id,t0_date\nc1,\n", "line 2: “” is no date"),
        (b"case_id,t0_date\n", "there is no case in it"),
        (b"case_id,t0_date,assign_am\nc1,2026-01-10,CARA\n", "no column called “assign_am”"),
        (b"PAR1 this is none", "it is no Parquet file"),
    ],
)
def test_an_extract_with_a_fault_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(SheetError, match=why):
        outcomes.subjects_of(data, "x.csv")
