"""A learned model is promoted only where it reads nothing worse, and there is a way back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.learning.lessons import Lesson
from bot.learning.measuring import Case, Measure, cases, fallen, measured, share
from bot.learning.readings import Reading
from cli import learning, supervisor
from cli.artefacts import classifier_path, model_path, model_state
from cli.house import House, Trouble
from cli.place import Place
from cli.shelf import Shelf, Version, alone
from core import signing
from core.audit import AuditRow
from core.database import transaction
from core.settings import ROOT
from tests.unit.conftest import RunCara

LESSONS = [Lesson("participant", "en", "the gee gees", Reading("find_help", ("gambling",)))]
DRINK = frozenset({"alcohol"})
CASES = [
    *[Case(f"drink {n}", "participant", "en", "find_help", DRINK) for n in range(40)],
    *[Case(f"piwo {n}", "participant", "pl", "find_help", DRINK) for n in range(40)],
    *[Case(f"moon {n}", "participant", "pa", "out_of_scope") for n in range(40)],
    *[
        Case(f"std {n}", "officer", asked="B06_risk", answers=frozenset({("B06_risk", "standard")}))
        for n in range(40)
    ],
]  # fmt: skip
FIGURES = [
    *[f"needs_{code}" for code in ("en", "pl", "pa")],
    *[f"intent_{code}" for code in ("en", "pl", "pa")],
    "out_of_scope",
    "criteria_precision",
    "criteria_recall",
]


def rightly(case: Case) -> dict[str, Any]:
    """A model that reads everything as it is meant."""
    answers = [{"criterion": key, "value": value} for key, value in case.answers]
    intent = case.intent or ("give_answers" if answers else "ask_why")
    return {"intent": intent, "needs": sorted(case.needs), "entities": answers}


def but(wrong: Callable[[Case], bool], **found: Any) -> list[Measure]:
    """The figures of one that reads some of the texts wrongly."""
    return measured(CASES, lambda case: rightly(case) | (found if wrong(case) else {}))


def ends(*digits: str) -> Callable[[Case], bool]:
    return lambda case: case.text.endswith(digits)


# Figures


def test_there_is_a_figure_for_each_thing_that_must_not_fall() -> None:
    figures = measured(CASES, rightly)
    assert [each.name for each in figures] == FIGURES
    assert {each.value for each in figures} == {1.0}
    assert set(learning.NAMES) == set(FIGURES)


def test_the_development_sets_give_every_figure() -> None:
    figures = measured(cases(), rightly)
    assert [each.name for each in figures] == FIGURES
    assert {each.value for each in figures} == {1.0}
    assert all(each.of >= 50 for each in figures)


def test_codes_of_answers_are_read_as_they_stand() -> None:
    told = {value for case in cases() for _, value in case.answers}
    assert {"yes", "no", "standard"} <= told
    assert all(isinstance(value, str) for value in told)


def test_needs_count_by_f1_with_an_interval_that_is_the_same_at_every_run() -> None:
    figures = but(lambda case: case.text in ("drink 1", "drink 2"), needs=["drugs"])
    assert figures == but(lambda case: case.text in ("drink 1", "drink 2"), needs=["drugs"])
    english = figures[0]
    assert english.value == pytest.approx(2 * 38 / (2 * 38 + 2 + 2))
    assert english.low < english.value < english.high
    assert [each.value for each in figures[1:]] == [1.0] * 8


def test_a_share_has_wilsons_interval() -> None:
    assert share("x", 8, 10) == Measure("x", 0.8, pytest.approx(0.490, abs=1e-3),
                                        pytest.approx(0.943, abs=1e-3), 10)  # fmt: skip
    assert (share("x", 0, 10).low, share("x", 10, 10).high) == (0.0, 1.0)


def test_an_answer_counts_only_where_the_message_is_taken_for_one() -> None:
    figures = {each.name: each for each in but(ends("1"), intent="ask_why")}
    assert figures["criteria_recall"].value == pytest.approx(36 / 40)
    assert figures["criteria_precision"].value == 1.0


# Promoted or refused


@pytest.mark.parametrize(
    ("new", "fell"),
    [
        (but(lambda _case: False), []),
        (but(lambda case: case.text == "drink 1", needs=[]), []),
        (but(ends("1", "2"), needs=["drugs"], intent="thanks"), [
            "needs_en", "needs_pl", "needs_pa", "intent_en", "intent_pl", "intent_pa",
            "out_of_scope", "criteria_recall"]),
        (but(lambda case: case.language == "pl", intent="thanks"), ["intent_pl"]),
        (but(lambda case: "moon" in case.text, intent="find_help"), ["intent_pa", "out_of_scope"]),
        (but(lambda case: "std" in case.text, entities=[
            {"criterion": "B06_risk", "value": "high"}]),
         ["criteria_precision", "criteria_recall"]),
    ],
    ids=["equal", "a little worse", "worse all over", "Polish alone", "never refuses", "answers"],
)  # fmt: skip
def test_what_falls_below_the_old_lower_bound_is_named(new: list[Measure], fell: list[str]) -> None:
    assert fallen(but(lambda case: case.text == "drink 3", needs=[]), new) == fell


def test_a_figure_that_is_missing_has_fallen() -> None:
    old = measured(CASES, rightly)
    assert fallen(old, old[1:]) == ["needs_en"]


@pytest.fixture
def shelf(sqlite: Path) -> Shelf:
    return Shelf.of(sqlite.parent)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A clone with all that training reads, and its own model."""
    for name in ("bot/domain/a.yml", "data/nlu/b.yml", "data/stories/c.yml", "bot/runtime/d.py",
                 "config.yml", "requirements/rasa.txt"):  # fmt: skip
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    made = House(tmp_path / "house")
    for path in (model_path(made), classifier_path(made)):
        path.parent.mkdir(parents=True)
        path.write_text("own")
        signing.sign(path, made.root)
    return made


def learned(shelf: Shelf, house: House, new: list[Measure]) -> bool:
    """A candidate was trained and measured; gives whether it was promoted."""
    path = shelf.path(shelf.next_number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"model {shelf.next_number}")
    signing.sign(path, house.root)
    return learning.decide(shelf, LESSONS, measured(CASES, rightly), new, model_state(house))


BETTER, WORSE = measured(CASES, rightly), but(lambda case: case.language == "pl", intent="thanks")


def test_a_model_that_reads_nothing_worse_serves_from_the_next_start(
    shelf: Shelf, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shelf.chosen(house) == (model_path(house), "")
    assert learned(shelf, house, BETTER)
    said = capsys.readouterr().out
    assert "Version 1 was promoted: no figure fell below the lower bound." in said
    assert "at its next start" in said
    assert said.count("ok") == len(FIGURES)
    again = Shelf.of(shelf.folder.parent)
    assert again.chosen(house) == (shelf.path(1), "Learned model, version 1.")


def test_one_that_reads_something_worse_is_refused_with_what_fell(
    shelf: Shelf, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not learned(shelf, house, WORSE)
    said = capsys.readouterr().out
    assert "Version 1 was NOT promoted: Intent right, Polish fell below" in said
    assert "Version 0 goes on serving." in said
    assert said.count("FELL") == 1
    assert not shelf.path(1).exists()
    assert Shelf.of(shelf.folder.parent).chosen(house) == (model_path(house), "")


def test_both_are_on_record(shelf: Shelf, house: House) -> None:
    learned(shelf, house, BETTER)
    learned(shelf, house, WORSE)
    with transaction() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act.startswith("nlu."))).all()
        assert [(row.act, row.record) for row in rows] == [
            ("nlu.promote", "model:1"),
            ("nlu.refuse", "model:2"),
        ]


def test_going_back_is_one_step(shelf: Shelf, house: House) -> None:
    for figures in (BETTER, WORSE, BETTER):
        learned(shelf, house, figures)
    assert shelf.serving == 3
    assert shelf.back(house) == 1
    assert shelf.back(house) == 0
    with pytest.raises(Trouble, match="nothing before it"):
        shelf.back(house)
    assert shelf.back(house, 3) == 3
    assert Shelf.of(shelf.folder.parent).chosen(house)[0] == shelf.path(3)
    for number, told in ((2, "was not promoted"), (9, "There is no version 9"), (3, "already")):
        with pytest.raises(Trouble, match=told):
            shelf.back(house, number)


def test_a_model_does_not_serve_on_other_project_data(shelf: Shelf, house: House) -> None:
    learned(shelf, house, BETTER)
    (house.root / "data/nlu/b.yml").write_text("changed")
    path, note = shelf.chosen(house)
    assert path == model_path(house)
    assert "other project data" in note
    assert "The project's own model serves instead." in note


def test_a_model_that_is_gone_does_not_keep_a_copy_from_starting(
    shelf: Shelf, house: House
) -> None:
    learned(shelf, house, BETTER)
    shelf.path(1).unlink()
    assert shelf.chosen(house)[0] == model_path(house)


def test_one_that_somebody_exchanged_does_not_serve(shelf: Shelf, house: House) -> None:
    for _ in range(2):
        learned(shelf, house, BETTER)
    for exchanged in (shelf.path(1), shelf.path(2)):
        exchanged.unlink()
        exchanged.write_text("theirs")
    path, note = shelf.chosen(house)
    assert path == model_path(house)
    assert note.startswith("The model of version 2 is not as this installation signed it.")
    with pytest.raises(Trouble, match="version 1 is not as this installation signed it"):
        shelf.back(house)


def test_a_starting_copy_takes_it_and_says_so(
    shelf: Shelf, house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learned(shelf, house, BETTER)
    taken: list[Path] = []

    def stop(_place: Place, _ports: object, model: Path) -> None:
        taken.append(model)
        raise Trouble("far enough")

    monkeypatch.setattr(supervisor, "write_run_file", stop)
    monkeypatch.setattr(supervisor.children, "ignore_signals", lambda: None)
    monkeypatch.setattr(supervisor, "upgrade_database", lambda *_about: None)
    monkeypatch.setattr(supervisor.Supervisor, "add", lambda *_about: None)
    with pytest.raises(Trouble, match="far enough"):
        supervisor.run(house, Place(shelf.folder.parent, 8000), {})
    assert taken == [shelf.path(1)]
    assert "Learned model, version 1." in capsys.readouterr().out


def test_old_models_go_and_never_the_one_that_serves(shelf: Shelf, house: House) -> None:
    learned(shelf, house, BETTER)
    shelf.served = [0, 1]
    for number in range(2, 9):
        shelf.path(number).write_text("model")
        shelf.versions.append(replace(shelf.versions[0], number=number))
    shelf.add(replace(shelf.versions[0], number=9, promoted=False))
    left = sorted(int(path.name[:4]) for path in (shelf.folder / "models").glob("*.tar.gz"))
    assert left == [1, 4, 5, 6, 7, 8]


def test_two_do_not_learn_at_once(shelf: Shelf) -> None:
    with (
        alone(shelf.folder),
        pytest.raises(Trouble, match="Somebody else is learning"),
        alone(shelf.folder),
    ):
        pass


def test_what_was_learned_is_for_its_owner_alone(shelf: Shelf, house: House) -> None:
    learned(shelf, house, BETTER)
    assert (shelf.folder / "models.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((shelf.folder / "models.json").read_text())["served"] == [0, 1]


# The command


@pytest.mark.usefixtures("sqlite")
def test_with_no_reading_there_is_nothing_to_learn(run_cara: RunCara) -> None:
    done = run_cara("nlu", "learn")
    assert done.returncode == 0, done.stderr
    assert "There is nothing to learn." in done.stdout


@pytest.mark.usefixtures("sqlite")
def test_the_models_are_listed_and_there_is_nothing_to_go_back_to(run_cara: RunCara) -> None:
    listed = run_cara("nlu", "models")
    assert listed.returncode == 0, listed.stderr
    assert "   0  the project's own data  SERVES" in listed.stdout
    back: subprocess.CompletedProcess[str] = run_cara("nlu", "rollback")
    assert back.returncode == 1
    assert "nothing before it" in back.stderr
    assert run_cara("nlu", "rollback", "7").returncode == 1


def test_a_listed_version_has_its_date_examples_and_figures(
    shelf: Shelf, house: House, run_cara: RunCara
) -> None:
    learned(shelf, house, BETTER)
    learned(shelf, house, WORSE)
    said = run_cara("nlu", "models").stdout
    assert "1 examples  promoted  SERVES" in said
    assert "1 examples  refused" in said
    assert said.count("Needs, F1, English") == 2
    # This clone's data are not those of the house above.
    assert "other project data" in said
    assert str(model_path(House(ROOT))) in said


def test_a_version_is_kept_whole(shelf: Shelf, house: House) -> None:
    learned(shelf, house, BETTER)
    kept = Shelf.of(shelf.folder.parent).versions
    assert kept == shelf.versions
    assert isinstance(kept[0], Version)
    assert [Measure(**each) for each in kept[0].measures] == BETTER
