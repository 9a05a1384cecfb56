"""The bench's own pieces on a directory of forty places, so that `make bench` cannot rot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.database import engine, transaction
from services_directory.exchange.importing import carry_out, planned
from services_directory.exchange.showing import show
from services_directory.exchange.sources import read
from tests.bench import measuring, ours, reminders
from tests.bench.asked import AFTERNOON, SITE, questions
from tests.bench.floor import Floor, inserted
from tests.bench.made import documents, write_csv
from tests.bench.measuring import Asked, Kept, Size
from tests.bench.tables import in_words, machine, met
from tests.bench.telling import told
from tests.bench.timing import Load, Spread
from tests.faults.shape import wait_until

PLACES = 40
ALL = 1_000
DOCUMENTS = {each["id"]: each for each in documents(PLACES)}


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    made = Floor(tmp_path / "floor.db", DOCUMENTS.values())
    yield made
    made.close()


@pytest.fixture
def filled(sqlite: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "made.csv", PLACES)
    with transaction() as session:
        rows = read(str(tmp_path / "made.csv"), form="csv", id_of=str)
        plan = planned(session, rows, site=SITE)
        carry_out(session, plan)
        show(session, plan.ids("new"), demo=True)


@pytest.mark.usefixtures("filled")
def test_the_floor_and_ours_find_the_same_where_they_mean_the_same(floor: Floor) -> None:
    """Ours also asks whom a service is for and whom it serves, and keeps what is not known."""
    compared = 0
    for turn in range(8):
        for question in questions(turn):
            found = ours.asked(question, ALL)
            if question.text or "distance" in found.relaxed or "wishes" in found.relaxed:
                continue
            rows, total = floor.find(question, ALL)
            assert len(rows) == total
            for_all = {
                row[0]
                for row in rows
                if DOCUMENTS[row[0]]["gender"] != "women"
                and (not question.place or measuring.serves(DOCUMENTS[row[0]], question.place))
            }
            assert {
                each.listing.id
                for each in found.results
                if each.listing.id in DOCUMENTS
                and (not question.place or each.distance_m is not None)
                and (not question.open_at or each.open.state == "open")
            } == for_all, question
            compared += len(for_all)
    assert compared > PLACES


@pytest.mark.usefixtures("filled")
def test_nothing_that_is_named_or_open_at_night_is_missed(floor: Floor) -> None:
    kept = [*measuring.named(floor, [*DOCUMENTS.values()])]
    kept += measuring.at_night(floor, [*DOCUMENTS.values()])
    in_all, first_page, *nights = kept
    assert in_all == Kept("named naloxone", 2, 2, 2)
    assert first_page.of == first_page.floor == 2
    assert [each.what for each in nights] == ["open Tue 23:00", "open Wed 02:00"]
    assert all(each.of == each.floor == each.ours == 1 for each in nights)


@pytest.mark.usefixtures("filled")
def test_everything_is_made_anew(floor: Floor) -> None:
    reindexed, rebuilt = measuring.indexed(floor)
    assert rebuilt > 0
    assert reindexed > 0
    assert ours.make_anew() >= len(DOCUMENTS)


@pytest.mark.usefixtures("filled")
def test_the_floor_of_an_import_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(inspect(engine()).get_table_names())
    assert inserted(tmp_path / "made.csv") > 0
    assert set(inspect(engine()).get_table_names()) == before


def test_what_lasts_says_so_until_it_ends() -> None:
    said: list[str] = []
    with told(said.append, "making", every=0.01):
        wait_until(lambda: len(said) > 1, "it says how long", 10)
    assert said[:2] == ["making", "making: 0 s"]


def test_reminders_leave_at_any_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "POSTS", 10)
    monkeypatch.setattr(reminders, "WARM", 2)
    [figure] = reminders.figures(tmp_path / "sent", 3, print)
    assert figure.ours > 0
    assert figure.peer
    assert figure.note.startswith("3 by one worker")


def test_figures_stand_beside_their_targets() -> None:
    one = Spread.of([0.001] * 19 + [0.03])
    assert one == Spread(1.0, 1.0)
    fast = Asked("keyword", 7, one, one, one, Load(200, 40))
    slow = Asked("need only", 7, one, one, Spread(20, 90), Load(200, 140))
    size = Size("SQLite", 20_000, 36_000, [fast, slow], 70, 2, 3, 4, 0.1, [Kept("named", 9, 9, 8)])
    table = in_words(machine(), [size])
    assert "| keyword | 7 | 1.0 / 1.0 | 1.0 / 1.0 | 1.0 / 1.0 | met | 200 | 40 | met |" in table
    assert "| 20 / 90 | not met | 200 | 140 | not met |" in table
    assert "| 70.0 | 2.0 | <= 60 | not met |" in table
    assert "| named | 9 of 9 | 8 of 9 | not met |" in table
    assert met(1, None) == ""


def test_a_question_is_the_same_for_every_peer() -> None:
    by_kind = {each.kind: each for each in questions(0)}
    assert len(by_kind) == 6
    asked = by_kind["near + need + open at"]
    assert asked.body()["open_at"] == AFTERNOON.isoformat()
    assert asked.body()["needs"] == list(asked.query().needs)
    assert asked.query().place is not None
    assert "near" not in by_kind["need only"].body()
