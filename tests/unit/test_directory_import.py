"""Listings from outside become drafts: each once, whole or not at all, and nothing public."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.audit import AuditRow
from core.database import transaction
from services_directory.curation import import_draft
from services_directory.exchange import importing
from services_directory.listing import COLUMNS
from services_directory.tables import DirectoryListing, Live, Revision
from tests.unit.directory import document, make_public
from tests.unit.exchanging import (
    counts,
    csv_file,
    directory,
    lines,
    taken_in,
    version,
)


@pytest.mark.usefixtures("database")
def test_a_file_becomes_drafts_that_nobody_sees_and_a_second_time_nothing(tmp_path: Path) -> None:
    before = counts()
    rows = [document(id="x-1", service_name="One"), document(id="x-2", service_name="Two")]
    path = csv_file(tmp_path / "two.csv", rows)
    done = taken_in(path)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        0,
        "Rows: 2 new, 0 changed, 0 the same, 0 refused.",
    )
    assert counts() == (before[0] + 2, before[1] + 2, before[2])
    made = version("x-1")
    assert (made.state, made.source, made.author, made.n) == ("draft", "import", "import", 1)
    assert made.document == rows[0]
    again = taken_in(path)
    assert "0 new, 0 changed, 2 the same" in again.stdout
    assert counts() == (before[0] + 2, before[1] + 2, before[2])


@pytest.mark.usefixtures("sqlite")
def test_many_at_once_are_stored_as_one_by_one(tmp_path: Path) -> None:
    taken_in(csv_file(tmp_path / "one.csv", [document(id="x-1", service_name="Same")]))
    with transaction() as session:
        import_draft(session, "import", document(id="x-2", service_name="Same"))
    columns = [c.name for c in Revision.__table__.columns]
    one, other = version("x-1"), version("x-2")
    unlike = {name for name in columns if getattr(one, name) != getattr(other, name)}
    assert unlike == {"id", "listing_id", "document", "written_at"}
    assert {**one.document, "id": "x-2"} == other.document
    with transaction() as session:
        assert session.get_one(DirectoryListing, "x-1").lock == 1
        assert session.get_one(DirectoryListing, "x-2").lock == 1


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("before", ["live", "own draft", "draft of another", "both"])
def test_changes_of_many_are_stored_as_those_of_one(tmp_path: Path, before: str) -> None:
    pair = [document(id=each, service_name=f"Old {each}") for each in ("x-1", "x-2")]
    if before in ("live", "both"):
        make_public(pair)
    authors = {"own draft": "import", "draft of another": "kim", "both": "kim"}
    with transaction() as session:
        for each in pair if before in authors else ():
            import_draft(session, authors[before], {**each, "notes": "Begun"})
    changed = [{**each, "phone": "023 8000 2222"} for each in pair]
    assert "1 changed" in taken_in(csv_file(tmp_path / "one.csv", changed[:1])).stdout
    with transaction() as session:
        import_draft(session, "import", changed[1])
    found = {}
    with transaction() as session:
        for each in pair:
            listing = session.get_one(DirectoryListing, each["id"])
            rows = session.scalars(
                select(Revision).where(Revision.listing_id == each["id"]).order_by(Revision.n)
            )
            found[each["id"]] = (
                [
                    (
                        r.n,
                        r.state,
                        r.author,
                        r.source,
                        r.document["phone"],
                        r.document["notes"],
                    )
                    for r in rows
                ],
                listing.lock,
            )
    assert found["x-1"] == found["x-2"]


@pytest.mark.usefixtures("sqlite")
def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    before = counts()
    path = csv_file(tmp_path / "one.csv", [document(id="x-1")])
    done = taken_in(path, "--dry-run", "--report", tmp_path / "report.jsonl")
    assert done.stdout.startswith("Would be: 1 new, 0 changed")
    assert counts() == before
    assert lines(tmp_path / "report.jsonl")[-1]["dry_run"] is True
    with transaction() as session:
        acts = set(session.scalars(select(AuditRow.act)))
    assert "directory.import" not in acts


@pytest.mark.usefixtures("sqlite")
def test_a_change_is_told_field_by_field_and_the_public_copy_stays(tmp_path: Path) -> None:
    old = document(id="x-1", phone="023 8000 1111")
    make_public([old])
    path = csv_file(tmp_path / "one.csv", [{**old, "phone": "023 8000 2222"}])
    done = taken_in(path, "--report", tmp_path / "report.jsonl")
    assert "x-1, phone: “023 8000 1111” -> “023 8000 2222”" in done.stdout
    changed = [each for each in lines(tmp_path / "report.jsonl") if each.get("id") == "x-1"]
    assert changed[0]["changes"] == [
        {"field": "phone", "old": "023 8000 1111", "new": "023 8000 2222"}
    ]
    made = version("x-1")
    assert (made.state, made.n) == ("draft", 2)
    with transaction() as session:
        public = session.scalar(select(Live.public).where(Live.listing_id == "x-1"))
    assert public is not None
    assert "023 8000 1111" in public


@pytest.mark.usefixtures("sqlite")
def test_good_rows_come_in_and_each_bad_one_is_told_by_row_field_and_words(tmp_path: Path) -> None:
    rows = [
        document(id="x-1"),
        document(id="x-2", organisation=""),
        document(id="x-3", phone="0808 800330"),
        document(id="x-4", needs=""),
        document(id="x-5", needs="juggling"),
        document(id=""),
        document(id="x 7"),
        document(id="x-8", source_year="0000"),
        document(id="x-9", age_min="١٨"),
        document(id="x-10", site="dorset"),
        document(id="x-11", needs="", crisis="Yes"),
    ]
    path = csv_file(tmp_path / "rows.csv", rows)
    done = taken_in(path, "--report", tmp_path / "report.jsonl")
    told = {
        (each["row"], finding["field"])
        for each in lines(tmp_path / "report.jsonl")
        if each.get("outcome") == "refused"
        for finding in each["findings"]
        if finding["severity"] == "error"
    }
    assert told == {
        (3, "organisation"),
        (4, "phone"),
        (5, "needs"),
        (6, "needs"),
        (7, "id"),
        (8, "id"),
        (9, "source_year"),
        (10, "age_min"),
        (11, "site"),
    }
    assert "row 4, phone: 0808 800330 has 10 digits, a UK number has 11." in done.stdout
    assert version("x-1").document["id"] == "x-1"
    assert version("x-11").document["crisis"] == "yes"
    assert "2 new, 0 changed, 0 the same, 9 refused" in done.stdout


@pytest.mark.usefixtures("sqlite")
def test_a_row_that_is_there_twice_comes_in_once(tmp_path: Path) -> None:
    first = document(id="x-1")
    rows = [first, {**first, "phone": "023 8000 9999"}, {**first, "id": "x-3"}]
    done = taken_in(csv_file(tmp_path / "rows.csv", rows))
    assert "row 3, id: Row 2 has this id already." in done.stdout
    assert "row 4, id: It says the same as row 2 under another id (x-1)." in done.stdout
    assert "1 new, 0 changed, 0 the same, 2 refused" in done.stdout
    assert version("x-1").document["phone"] == first["phone"]


@pytest.mark.usefixtures("sqlite")
def test_hours_that_are_a_day_early_against_the_words_are_told(tmp_path: Path) -> None:
    early = [
        document(
            id=f"x-{at}", opening_hours="Sun-Thu 09:00-17:00", eligibility="Open Monday to Friday"
        )
        for at in range(3)
    ]
    right = document(
        id="x-4", opening_hours="Mon-Fri 09:00-17:00", eligibility="Open Monday-Friday"
    )
    path = csv_file(tmp_path / "rows.csv", [*early, right])
    done = taken_in(path, "--report", tmp_path / "report.jsonl")
    shifted = {
        each["row"]
        for each in lines(tmp_path / "report.jsonl")
        for finding in each.get("findings", ())
        if finding["check"] == "weekday_shifted"
        and "every day is one day early" in finding["words"]
    }
    assert shifted == {2, 3, 4}
    assert "In 3 rows the weekdays of the hours are not those of their own words" in done.stdout


@pytest.mark.usefixtures("sqlite")
def test_what_the_file_lacks_stays_and_is_only_told(tmp_path: Path) -> None:
    kept, gone = document(id="x-1", notes="Ask for Kim"), document(id="x-2")
    make_public([kept, gone])
    columns = [name for name in COLUMNS if name not in ("notes", "site")]
    path = csv_file(tmp_path / "part.csv", [kept], columns)
    done = taken_in(path, "--report", tmp_path / "report.jsonl")
    assert "1 the same" in done.stdout
    assert "x-2" in {e["id"] for e in lines(tmp_path / "report.jsonl") if "absent" in e.values()}
    assert version("x-1").document["notes"] == "Ask for Kim"
    assert version("x-2").state == "live"


@pytest.mark.usefixtures("sqlite")
def test_an_address_that_is_withheld_is_not_lost_by_a_file_without_it(tmp_path: Path) -> None:
    secret = document(id="x-1", address="9 Hidden Way", postcode="SO14 7DW", address_withheld="yes")
    make_public([secret])
    given = {**secret, "address": "", "postcode": "", "address_withheld": "YES"}
    assert "1 the same" in taken_in(csv_file(tmp_path / "one.csv", [given])).stdout
    assert version("x-1").document["address"] == "9 Hidden Way"


@pytest.mark.usefixtures("sqlite")
def test_a_listing_of_another_site_is_not_taken_over(tmp_path: Path) -> None:
    make_public([document(id="x-1", site="dorset")])
    done = taken_in(csv_file(tmp_path / "one.csv", [document(id="x-1")]))
    assert "There is a listing of this id already, which belongs to “dorset”." in done.stdout
    assert version("x-1").n == 1


@pytest.mark.usefixtures("sqlite")
def test_a_failure_in_the_middle_leaves_nothing_of_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts()

    def fails(*_given: Any) -> None:
        raise OperationalError("", {}, Exception("the disk is full"))

    monkeypatch.setattr(importing, "record", fails)
    rows = [document(id=f"x-{at}") for at in range(1_200)]
    done = taken_in(csv_file(tmp_path / "rows.csv", rows))
    assert (done.exit_code, counts()) == (2, before)
    assert "nothing was written" in done.stderr


@pytest.mark.usefixtures("sqlite")
def test_a_workbook_is_read_like_the_csv(tmp_path: Path) -> None:
    row = document(id="x-1", age_min="18", phone="0808 800 2222")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*COLUMNS, None, None])
    sheet.append([18 if name == "age_min" else row[name] or None for name in COLUMNS])
    sheet.append([None] * 40)
    book.create_sheet("other").append(["nothing of ours"])
    book.save(tmp_path / "book.xlsx")
    assert "1 new" in taken_in(tmp_path / "book.xlsx").stdout
    assert version("x-1").document == row


@pytest.mark.usefixtures("sqlite")
def test_published_at_once_is_public_and_unassured_in_the_demonstration(tmp_path: Path) -> None:
    old = document(id="x-1", phone="023 8000 1111")
    make_public([old])
    rows = [{**old, "phone": "023 8000 2222"}, document(id="x-2")]
    done = taken_in(csv_file(tmp_path / "two.csv", rows), "--publish")
    assert "nobody has approved them" in done.stdout
    with transaction() as session:
        found = {
            row.listing_id: (json.loads(row.public)["phone"], row.assured_on)
            for row in session.scalars(select(Live).where(Live.listing_id.in_(("x-1", "x-2"))))
        }
        states = session.scalars(
            select(Revision.state).where(Revision.listing_id == "x-1").order_by(Revision.n)
        ).all()
    assert found == {"x-1": ("023 8000 2222", None), "x-2": (rows[1]["phone"], None)}
    assert states == ["replaced", "live"]


@pytest.mark.usefixtures("sqlite")
def test_nothing_is_published_without_approval_in_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.conftest import forget

    monkeypatch.setenv("CARA_MODE", "production")
    forget()
    before = counts()
    done = taken_in(csv_file(tmp_path / "one.csv", [document(id="x-1")]), "--publish")
    assert (done.exit_code, done.stderr, counts()) == (
        2,
        "Error: Listings are made public without approval in demonstration mode only.\n",
        before,
    )


@pytest.mark.usefixtures("sqlite")
def test_a_row_names_its_site_or_the_command_does(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "one.csv", [document(id="x-1", site="")])
    assert "It names no site: say which with --site." in directory("import", path).stdout
    assert "1 new" in taken_in(path).stdout
    assert version("x-1").document["site"] == "hampshire"


def test_the_columns_of_our_own_files_can_all_be_taken_in() -> None:
    with Path("sites/hampshire/services.csv").open(newline="", encoding="utf-8") as source:
        assert set(next(csv.reader(source))) <= set(COLUMNS)
