"""`cara directory` as an operator runs it: searching, checking, and what it says of mistakes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from core.database import transaction
from services_directory.publishing import mark_changed
from services_directory.tables import LinkCheck, Live
from tests.unit.conftest import forget
from tests.unit.directory import document, make_public
from tests.unit.exchanging import csv_file, directory, taken_in

pytestmark = pytest.mark.usefixtures("sqlite")
RunCara = Callable[..., subprocess.CompletedProcess[str]]
FIELDS = """
id name organisation what needs reasons phone sms email url area distance_m open cost hours
assured_on assured languages
"""


def found(*arguments: str) -> list[dict[str, Any]]:
    done = directory("search", "--site", "hampshire", "--limit", "200", *arguments)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ids(*arguments: str) -> set[str]:
    return {each["id"] for each in found(*arguments)} & {"s-1", "s-2", "s-3"}


def public(*ids: str) -> dict[str, dict[str, Any]]:
    """All that is public of each, but for the number of its row."""
    columns = [each for each in Live.__table__.columns if each.name != "number"]
    with transaction() as session:
        rows = session.execute(select(*columns).where(Live.listing_id.in_(ids)))
        return {row.listing_id: dict(row._mapping) for row in rows}


@pytest.fixture
def three(sqlite: Path) -> None:
    make_public(
        [
            document(
                id="s-1", service_name="Zebra drop-in", covers="*", languages="Polish",
                address="1 High Street, Southampton", postcode="SO14 7DW",
                opening_hours="Mon-Fri 09:00-17:00",
            ),
            document(
                id="s-2", service_name="Giraffe line", covers="*", needs="drugs",
                address="1 High Street, Winchester", postcode="SO23 8UJ",
                opening_hours="Sat 20:00-02:00",
            ),
            document(id="s-3", service_name="Shut", covers="*", status="closed"),
        ]
    )  # fmt: skip


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"s-1", "s-2"}),
        (("--need", "drugs"), {"s-2"}),
        (("--need", "drugs", "--need", "alcohol"), {"s-1", "s-2"}),
        (("zebra",), {"s-1"}),
        (("giraffe", "line"), {"s-2"}),
        (("--near", "SO14 7DW", "--within", "5"), {"s-1"}),
        (("--near", "Winchester", "--within", "5"), {"s-2"}),
        (("--open-at", "2026-01-05T10:00"), {"s-1"}),
        (("--open-at", "2026-01-10T21:00"), {"s-2"}),
    ],
)
def test_a_search_finds_what_is_asked_for(arguments: tuple[str, ...], expected: set[str]) -> None:
    assert ids(*arguments) == expected


@pytest.mark.usefixtures("three")
def test_a_result_is_the_listing_object_with_reasons_in_words() -> None:
    (first,) = [e for e in found("--near", "SO14 7DW", "--language", "pl") if e["id"] == "s-1"]
    assert list(first) == FIELDS.split()
    assert first["distance_m"] == 0
    assert first["languages"] == ["pl"]
    assert all(" " in reason for reason in first["reasons"])
    assert "They speak Polski" in first["reasons"]


@pytest.mark.usefixtures("three")
def test_no_more_than_the_limit_is_shown() -> None:
    done = directory("search", "--site", "hampshire", "--limit", "1")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.usefixtures("three")
def test_production_shows_only_what_is_assured(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        row = session.scalars(select(Live).where(Live.listing_id == "s-2")).one()
        row.assured_on = date(2026, 1, 1)
    monkeypatch.setenv("CARA_MODE", "production")
    forget()
    assert [each["id"] for each in found()] == ["s-2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "--site", "atlantis"), "There is no site called 'atlantis'."),
        (("search", "--site", "hampshire", "--near", "Qqqq"), "no postcode or place “Qqqq”"),
        (("search", "--site", "hampshire", "--within", "3"), "Say with --near"),
        (("search", "--site", "hampshire", "--open-at", "noon"), "“noon” is no moment"),
        (("import", "nowhere.csv", "--site", "hampshire"), "nowhere.csv cannot be read: No such"),
        (("import", "nowhere.csv", "--site", "atlantis"), "There is no site called 'atlantis'."),
        (("import", "http://a.example/", "--format", "csv"), "is read as a feed of ORUK"),
        (("import", "http://[::1]/", "--site", "hampshire"), "is not a public address"),
        (("import", "http://a:b@c.example/", "--site", "hampshire"), "is no web address"),
        (("export", "--format", "csv", "--site", "atlantis"), "There is no site"),
    ],
)
def test_a_mistake_is_told_in_one_plain_line(arguments: tuple[str, ...], said: str) -> None:
    done = directory(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("search",),
        ("search", "--site", "hampshire", "--need", "juggling"),
        ("export", "--format", "pdf"),
        ("export",),
        ("import",),
    ],
)
def test_a_command_that_is_wrong_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert directory(*arguments).exit_code == 2


def test_a_check_tells_each_finding_the_pairs_and_the_counts(tmp_path: Path) -> None:
    twin = document(id="s-1", phone="0808 157 0999", opening_hours="whenever")
    make_public([twin, {**twin, "id": "s-2"}])
    taken_in(csv_file(tmp_path / "one.csv", [{**twin, "opening_hours": "now and then"}]))
    done = directory("check", "--site", "hampshire")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert any(each.startswith("s-1, opening_hours, warning: ") for each in lines)
    assert [each for each in lines if "s-1" in each and "whenever" in each] == []
    assert any(each.startswith("s-1 and s-2 may be one service (100%: ") for each in lines)
    assert {"phone_drama: 2", "duplicate: 1"} <= set(lines)


def test_a_check_compares_listings_with_each_other() -> None:
    make_public(
        [
            document(id="s-1", organisation="Harbour Trust", phone="0121 496 0321"),
            document(id="s-2", organisation="Lantern House", phone="0121 496 0321"),
        ]
    )
    lines = directory("check", "--site", "hampshire").stdout.splitlines()
    shared = [each for each in lines if "whose number is it?" in each]
    assert [each[:3] for each in shared] == ["s-1", "s-2"]
    assert "number_shared: 2" in lines


def test_a_check_of_links_keeps_how_each_answered() -> None:
    make_public([document(id="s-1", site="dorset", url="http://127.0.0.1:9/here")])
    for fails in (1, 2):
        done = directory("check", "--site", "dorset", "--links")
        assert "http://127.0.0.1:9/here: private (status None)." in done.stdout
        assert "link_private: 1" in done.stdout
        with transaction() as session:
            kept = session.get_one(LinkCheck, "http://127.0.0.1:9/here")
            assert (kept.kind, kept.fails) == ("private", fails)
            assert kept.next_at > kept.checked_at


@pytest.mark.usefixtures("three")
def test_the_public_copy_is_made_anew() -> None:
    with transaction() as session:
        session.execute(delete(Live).where(Live.listing_id == "s-1"))
        mark_changed(session)
    assert ids("zebra") != {"s-1"}
    done = directory("reindex")
    assert (done.exit_code, done.stdout.endswith("listings are public.\n")) == (0, True)
    assert ids("zebra") == {"s-1"}


def test_a_file_goes_in_and_out_by_the_command_itself(run_cara: RunCara, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "one.csv", [document(id="s-1")])
    done = run_cara("directory", "import", str(path), "--site", "hampshire", "--publish")
    assert (done.returncode, done.stderr) == (0, "")
    done = run_cara("directory", "export", "--format", "oruk", "--site", "hampshire")
    assert "Harbour drop-in" in json.dumps(json.loads(done.stdout))
    done = run_cara("directory", "search", "--site", "hampshire", "--need", "juggling")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.usefixtures("three")
def test_what_a_file_makes_public_is_what_a_reindex_makes_and_leaves_the_rest_alone(
    tmp_path: Path,
) -> None:
    alone = public("s-1", "s-3")
    rows = [document(id="s-2", service_name="Giraffe helpline"), document(id="s-4")]
    assert taken_in(csv_file(tmp_path / "two.csv", rows), "--publish").exit_code == 0
    taken = public("s-1", "s-2", "s-3", "s-4")
    assert public("s-1", "s-3") == alone
    assert directory("reindex").exit_code == 0
    assert public("s-1", "s-2", "s-3", "s-4") == taken
    assert taken["s-2"]["name"] == "Giraffe helpline"


@pytest.mark.usefixtures("three")
def test_a_synonym_of_our_own_is_kept_found_by_and_taken_away() -> None:
    assert directory("synonym", "Stripy Horse", "--means", "zebra").exit_code == 0
    assert directory("synonym").stdout == "stripy horse: zebra\n"
    assert ids("stripy", "horse") == {"s-1"}
    assert directory("synonym", "stripy horse", "--remove").exit_code == 0
    assert directory("synonym").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["brew", "--means", "need_tea"], "There is no need tea."),
        (["brew"], "Say what it stands for"),
        (["...", "--means", "need_alcohol"], "A term has at least one letter"),
        (["brew", "--remove"], "There is no synonym brew."),
    ],
)
@pytest.mark.usefixtures("three")
def test_a_synonym_that_cannot_be_is_told_in_one_line(arguments: list[str], said: str) -> None:
    done = directory("synonym", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
