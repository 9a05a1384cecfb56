"""The report of a site: its figures, what it hides, and what it says that it is not."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.evaluation import evaluation_command
from core.shares import wilson
from referrals.evaluation.figures import Line, figures_of
from referrals.evaluation.intervals import poisson
from referrals.evaluation.outcomes import Event, Followed, HarmIndex, Joined, Subject
from referrals.evaluation.report import report
from referrals.evaluation.sheets import SheetError

UNTIL, T0 = date(2027, 6, 30), date(2026, 1, 10)
INDEX = HarmIndex("2026-02", {"8/6": 20.0})
HIDDEN = "[hidden]"


def followed(
    n: int, *days: int, group: str = "", status: str = "completed", da: bool = True, t0: date = T0
) -> Followed:
    """A case with events on these days after t0."""
    name = f"{group}{status}{n}"
    subject = Subject(name, t0, group, status, "appears_to_meet")
    events = tuple(Event(name, day, "8/6", da, True, "arrest", 20.0) for day in days)
    return Followed(subject, (UNTIL - t0).days, events)


def joined(cases: Sequence[Followed], index: HarmIndex | None = INDEX) -> Joined:
    return Joined(tuple(cases), UNTIL, index, 0)


def study(group: str = "", base: int = 0) -> list[Followed]:
    """100 people: 28 with events of abuse, 8 of them late; 17 with another, 10 of them late."""
    cases = [
        *(((40 + n, 170), True, "completed") for n in range(20)),
        *(((250 + n,), True, "completed") for n in range(8)),
        *(((100 + n,), False, "completed") for n in range(7)),
        *(((300,), False, "completed") for n in range(10)),
        *(((), False, "not_proceeded") for n in range(10)),
        *(((), False, "completed") for n in range(45)),
    ]
    return [
        followed(base + n, *days, group=group, da=da, status=status)
        for n, (days, da, status) in enumerate(cases)
    ]


def page(cases: Sequence[Followed], index: HarmIndex | None = INDEX) -> str:
    return report(joined(cases, index), title="Hampshire", on=date(2027, 7, 1))


def line(lines: Sequence[Line], *, days: int, da: bool, group: str = "") -> Line:
    (found,) = [each for each in lines if (each.days, each.da, each.group) == (days, da, group)]
    return found


def test_prevalence_count_and_harm_are_those_of_the_people_followed() -> None:
    found = figures_of(joined(study()))
    year = line(found.lines, days=365, da=False)
    assert year.share is not None
    assert year.events is not None
    assert year.rate is not None
    assert year.harm is not None
    assert (year.people, year.share.count, year.share.value) == (100, 45, 0.45)
    assert (year.share.low, year.share.high) == wilson(45, 100)
    assert (year.events.value, (year.events.low, year.events.high)) == (65, poisson(65))
    assert year.rate.value == pytest.approx(65)
    assert year.harm.value == pytest.approx(65 * 20 / 100)
    assert year.harm.low < year.harm.value < year.harm.high
    half = line(found.lines, days=180, da=True)
    assert half.share is not None
    assert half.share.count == 20


def test_nobody_is_dropped_for_what_became_of_the_referral() -> None:
    found = figures_of(joined(study()))
    assert found.statuses == {"completed": 90, "not_proceeded": 10}
    assert found.cases == {"": 100}


def test_who_was_not_followed_for_a_year_counts_in_the_curve_alone() -> None:
    recent = [followed(900 + n, t0=UNTIL - timedelta(days=100)) for n in range(10)]
    found = figures_of(joined([*study(), *recent]))
    assert (found.cases[""], found.people[""]) == (110, 100)
    assert line(found.lines, days=365, da=False).people == 100


def test_curves_step_where_five_or_more_people_had_a_first_event() -> None:
    any_kind, abuse = figures_of(joined(study())).survival
    assert [(day, each.count) for day, each in any_kind.points] == [
        (60, 20),
        (180, 27),
        (270, 35),
        (365, 45),
    ]
    assert any_kind.points[-1][1].value == pytest.approx(0.55)
    assert any_kind.median == (None, 365, None)
    # Nobody's first abuse was between the days 60 and 180: that is a small number too.
    assert [(day, each.count) for day, each in abuse.points] == [(180, 20), (365, 28)]


def test_no_group_and_a_group_called_not_assigned_are_one() -> None:
    found = figures_of(joined([*study(""), *study("not assigned", 200), *study("CARA", 400)]))
    assert found.groups == ("CARA", "not assigned")


def test_groups_stand_beside_each_other_with_everybody_above() -> None:
    found = figures_of(joined([*study("CARA"), *study("control", 500)]))
    assert found.groups == ("CARA", "control")
    assert line(found.lines, days=365, da=False, group="control").people == 100
    assert line(found.lines, days=365, da=False).people == 200
    assert {each.group for each in found.survival} == {"CARA", "control"}


def test_more_groups_than_can_be_shown_are_refused_in_words() -> None:
    cases = [followed(n, group=f"g{n}") for n in range(9)]
    with pytest.raises(SheetError, match="9 groups in assign_arm; 8 can be shown"):
        figures_of(joined(cases))


# What is hidden


def test_a_small_group_is_hidden_and_does_not_follow_from_the_other() -> None:
    small = [followed(n, 30, group="CARA") for n in range(3)]
    others = [followed(n, 60, group="CARA") for n in range(10, 10 + 30)]
    control = [followed(n, group="control") for n in range(60)]
    control += [followed(n, 90, group="control") for n in range(100, 103)]
    found = figures_of(joined([*small, *others, *control]))
    had = [line(found.lines, days=365, da=False, group=group) for group in ("", "CARA", "control")]
    assert had[2].share is None
    assert sum(each.share is None for each in had) >= 2
    assert had[2].events is None
    assert had[2].harm is None
    assert [each for each in found.survival if each.group == "control"] == []


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["CARA", "control"]),
        st.lists(st.integers(0, 500), max_size=2),
        st.booleans(),
        st.sampled_from(["completed", "withdrawn", "not_proceeded"]),
        st.sampled_from([100, 400, 500]),
    ),
    min_size=1,
    max_size=60,
)


@given(PEOPLE)
@settings(deadline=None, max_examples=8)
def test_no_count_under_five_is_ever_on_the_page(
    people: list[tuple[str, list[int], bool, str, int]],
) -> None:
    cases = [
        followed(n, *days, group=group, da=da, status=status, t0=UNTIL - timedelta(days=long))
        for n, (group, days, da, status, long) in enumerate(people)
    ]
    found = figures_of(joined(cases))
    counts = [*found.cases.values(), *found.people.values(), *found.statuses.values()]
    counts += found.results.values()
    for each in found.lines:
        counts.append(each.people)
        counts += [told.count for told in (each.share, each.events) if told]
        if each.people and each.share:
            assert each.people - each.share.count >= 5
        assert each.share or not (each.events or each.harm)
    assert min((count for count in counts if count is not None), default=5) >= 5
    for group in found.groups:
        told = {(each.days, each.da): each.share for each in found.lines if each.group == group}
        for da in (False, True):
            half, year = told[180, da], told[365, da]
            assert not (half and year) or year.count - half.count >= 5
        for days in (180, 365):
            every, abuse = told[days, False], told[days, True]
            assert not (every and abuse) or every.count - abuse.count >= 5
    for curve in found.survival:
        had = [each.count for _day, each in curve.points]
        assert all(b - a >= 5 for a, b in zip([0, *had], had, strict=False))


# The page


def test_the_page_stands_alone_and_runs_nothing() -> None:
    text = page(study())
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!#)(?!http://www\.w3\.org)', text)
    assert "@import" not in text
    assert "@media print" in text
    assert "default-src 'none'" in text


def test_every_plot_is_said_in_words_and_has_its_table_under_it() -> None:
    text = page(study())
    figures = re.findall(r"<figure>.*?</figure>", text, flags=re.DOTALL)
    assert len(figures) >= 3
    for figure in figures:
        drawn = ET.fromstring(figure)[0]
        name, says = drawn.attrib["aria-labelledby"].split()
        assert drawn.attrib["role"] == "img"
        held = {each.get("id"): each.text for each in drawn.iter() if each.text}
        assert held[name]
        assert re.search(r"\d", held[says] or "")
        after = text[text.index(figure) + len(figure) :]
        assert after.index("<table") < (after + "<figure").index("<figure")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_the_page_says_what_it_is_not() -> None:
    assert "without a control group nothing here is an effect" in page(study())
    grouped = page([*study("CARA"), *study("control", 500)])
    assert "a difference between them is not its effect" in grouped
    assert "without a control group" not in grouped


def test_harm_is_shown_with_the_version_of_the_index_or_not_at_all() -> None:
    assert "version 2026-02" in page(study())
    without = page(study(), index=None)
    assert "Not shown: no table of the Cambridge Crime Harm Index was loaded." in without
    assert "Mean days" not in without


def test_what_is_hidden_says_so_on_the_page() -> None:
    assert f'<td class="n">{HIDDEN}</td>' in page([followed(n, 20) for n in range(6)])
    assert page(study()).count(f">{HIDDEN}<") < page(study()[:25]).count(f">{HIDDEN}<")


def test_a_group_s_name_is_text_and_nothing_else() -> None:
    text = page([*study("<b>$x$ & y</b>"), *study("control", 500)])
    assert "<b>" not in text
    assert "&lt;b&gt;$x$ &amp; y&lt;/b&gt;" in text


def test_the_same_study_has_the_same_page() -> None:
    assert page(study()) == page(study())


# The command


HEADER = "case_id,event_date,days_from_t0,offence_code,is_da,same_victim,outcome_type\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 cases, 12 of them with an event, and an index."""
    subjects = "".join(f"c{n},2026-01-10,completed\n" for n in range(40))
    (tmp_path / "x.csv").write_text(f"case_id,t0_date,status\n{subjects}")
    events = "".join(f"c{n},2026-01-30,20,8/6,yes,no,arrest\n" for n in range(12))
    (tmp_path / "o.csv").write_text(HEADER + events)
    (tmp_path / "chi.csv").write_text("offence_code,days,version\n8/6,19.5,2026-02\n")
    return tmp_path


def made(folder: Path, until: str = "2026-11-01") -> Result:
    files = {"outcomes": "o.csv", "chi": "chi.csv", "out": "r.html"}
    options = [f"--{name}={folder / file}" for name, file in files.items()]
    source = str(folder / "x.csv")
    return CliRunner().invoke(evaluation_command, ["report", source, f"--until={until}", *options])


def test_the_command_makes_the_page_from_files(folder: Path) -> None:
    done = made(folder)
    assert (done.exit_code, done.stderr) == (0, "40 cases.\n")
    assert "version 2026-02" in (folder / "r.html").read_text()


def test_the_command_names_a_bad_line_and_writes_nothing(folder: Path) -> None:
    with (folder / "o.csv").open("a") as file:
        file.write("c99,2026-01-30,20,8/6,yes,no,arrest\n")
    done = made(folder)
    assert done.exit_code == 2
    assert done.stderr == "Error: o.csv, line 14: there is no case c99 in the extract.\n"
    assert not list(folder.glob("r.html*"))


@pytest.mark.parametrize("until", ["2999-01-01", "31 March 2026", "2026-02-30"])
def test_the_command_takes_no_last_day_that_cannot_be(folder: Path, until: str) -> None:
    done = made(folder, until)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: --until: ")
    assert until in done.stderr
