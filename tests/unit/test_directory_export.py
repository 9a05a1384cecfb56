"""What goes out is public to the last word, and comes back as it was."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from core.database import transaction
from services_directory.exchange import echoes, sources
from services_directory.exchange.exporting import PUBLIC_COLUMNS
from services_directory.exchange.texts import as_meant, harmless
from services_directory.hours_text import read_hours
from services_directory.listing import INTERNAL, from_document
from services_directory.tables import Live
from tests.unit.conftest import forget
from tests.unit.directory import document, make_public
from tests.unit.exchanging import directory, taken_in

pytestmark = pytest.mark.usefixtures("sqlite")
FORMATS = ("csv", "xlsx", "hsds", "oruk")
SERVICES_COLUMNS = """
id organization_id program_id name alternate_name description url email status
interpretation_services application_process fees_description wait_time fees accreditations
eligibility_description minimum_age maximum_age assured_date assurer_email licenses alert
last_modified
"""
VARIED = [
    document(id="v-1", phone="+44 20 7946 0958", service_name="+Choices", notes="secret-note"),
    document(id="v-2", address="1 High Street, Southampton", postcode="SO14 7DW", text_sms="85258"),
    document(id="v-3", opening_hours="2nd Tue 10:00-12:00; Fri 22:00-02:00", needs="drugs|housing"),
    document(id="v-4", service_name='A "quoted", name', eligibility="Zoë’s\ngroup", gender="women"),
    document(id="v-5", service_name="'=already quoted", status="referral_only", self_referral="no"),
    document(id="v-6", opening_hours="24/7", crisis="yes", languages="Polish", age_min="18"),
    document(id="v-7", opening_hours="By appointment; 25 Dec 2030 closed", covers="*"),
    document(id="v-8", hsds='{"accreditations":"BACP","organization":{"website":"https://q.example"}}'),
]  # fmt: skip
SECRET = document(
    id="v-9",
    address="9 Hidden Way",
    postcode="SO15 2EA",
    address_withheld="yes",
    hsds='{"accreditations":"Found behind 9 Hidden Way"}',
    **{name: f"internal-{name}" for name in INTERNAL - {"source_year"}},
)


def exported(tmp_path: Path, form: str, *more: str) -> Path:
    path = tmp_path / f"out.{form}"
    done = directory("export", "--format", form, "--site", "hampshire", "-o", path, *more)
    assert done.exit_code == 0, done.stderr
    return path


def everything_in(path: Path) -> str:
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return data.decode()
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


@pytest.mark.parametrize("form", FORMATS)
def test_what_went_out_comes_back_the_same(tmp_path: Path, form: str) -> None:
    make_public([*VARIED, SECRET])
    path = exported(tmp_path, form)
    done = taken_in(path, "--format", form)
    counted = done.stdout.splitlines()[0]
    assert ("0 new, 0 changed" in counted, "0 refused" in counted) == (True, True), done.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_a_change_in_what_went_out_is_a_change_of_that_alone(tmp_path: Path, form: str) -> None:
    make_public([document(id="v-1", phone="023 8000 1111", notes="kept", crisis="yes")])
    path = exported(tmp_path, form)
    make_public([document(id="v-1", phone="023 8000 2222", notes="kept", crisis="yes",
                          service_name="Renamed since")])  # fmt: skip
    done = taken_in(path, "--format", form)
    changed = [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("  v-1")]
    assert changed == ["  v-1, service_name", "  v-1, phone"]


@pytest.mark.parametrize("form", ["hsds", "oruk"])
def test_others_read_the_same_ids_names_numbers_hours_and_needs(tmp_path: Path, form: str) -> None:
    make_public(VARIED)
    path = exported(tmp_path, form)
    with transaction() as session:
        id_of = echoes.listing_ids(session)
    read = sources.read(str(path), form=form, id_of=id_of)
    found = {row.document["id"]: row.document for row in read.rows}
    for held in VARIED:
        back, there = from_document(found[held["id"]]), from_document(held)
        assert (back.organisation, back.name, back.needs) == (
            there.organisation,
            there.name,
            there.needs,
        )
        assert (back.phone, back.sms, back.email) == (there.phone, there.sms, there.email)
        assert (back.audience, back.age_min, back.languages) == (
            there.audience,
            there.age_min,
            there.languages,
        )
        assert read_hours(back.hours) == read_hours(there.hours), held["id"]
    assert found["v-5"]["self_referral"] == "no"
    assert found["v-7"]["covers"] == "*"


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_internal_and_no_place_that_is_withheld_goes_out(tmp_path: Path, form: str) -> None:
    make_public([SECRET])
    said = everything_in(exported(tmp_path, form))
    assert SECRET["service_name"] in said
    for secret in ("Hidden", "SO15 2EA", "internal-"):
        assert secret not in said, secret
    assert not set(PUBLIC_COLUMNS) & INTERNAL


@pytest.mark.parametrize("form", FORMATS)
def test_in_production_only_what_is_assured_goes_out(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_public(
        [document(id="v-1", service_name="Sure one"), document(id="v-2", service_name="Unsure")]
    )
    with transaction() as session:
        session.query(Live).filter(Live.listing_id == "v-1").update(
            {"assured_on": date(2026, 1, 1), "hide_after": date(2999, 1, 1)}
        )
    monkeypatch.setenv("CARA_MODE", "production")
    forget()
    said = everything_in(exported(tmp_path, form))
    assert ("Sure one" in said, "Unsure" in said) == (True, False)


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    make_public(VARIED)
    rows = list(csv.reader(io.StringIO(exported(tmp_path, "csv").read_text(encoding="utf-8"))))
    assert [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")] == []
    names = {row[0]: row[2] for row in rows}
    assert (names["v-1"], names["v-5"]) == ("'+Choices", "''=already quoted")


@pytest.mark.parametrize(
    "text", ["", "plain", "=1", "'=1", "''=1", "+44 20", "-1.5", "-a", "@x", "\t=1", "'", "'plain"]
)
def test_an_apostrophe_is_taken_off_exactly_where_it_was_put(text: str) -> None:
    assert as_meant(harmless(text)) == text


def test_every_reference_of_a_package_leads_to_a_row(tmp_path: Path) -> None:
    make_public([*VARIED, SECRET])
    with zipfile.ZipFile(exported(tmp_path, "hsds")) as archive:
        package = json.loads(archive.read("datapackage.json"))
        tables = {
            each["name"]: list(csv.DictReader(io.StringIO(archive.read(each["path"]).decode())))
            for each in package["resources"]
        }
    followed: Counter[str] = Counter()
    for each in package["resources"]:
        rows = tables[each["name"]]
        assert [field["name"] for field in each["schema"]["fields"]] == list(rows[0])
        assert len({row["id"] for row in rows}) == len(rows)
        for key in each["schema"]["foreignKeys"]:
            there = {row["id"] for row in tables[key["reference"]["resource"]]}
            given = [row[key["fields"]] for row in rows if row[key["fields"]]]
            assert set(given) <= there, (each["name"], key)
            followed[f"{each['name']}.{key['fields']}"] += len(given)
    assert list(tables["service"][0]) == SERVICES_COLUMNS.split()
    for reference in (
        "service.organization_id",
        "service_at_location.service_id",
        "service_at_location.location_id",
        "address.location_id",
        "phone.contact_id",
        "contact.service_id",
        "schedule.service_id",
        "attribute.taxonomy_term_id",
        "taxonomy_term.taxonomy_id",
    ):
        assert followed[reference] > 0, reference


def test_the_whole_directory_or_one_site_goes_out_and_to_standard_output_too() -> None:
    make_public([document(id="v-1"), document(id="w-1", site="dorset")])
    for more, ids in (((), {"v-1", "w-1"}), (("--site", "dorset"), {"w-1"})):
        done = directory("export", "--format", "csv", *more)
        rows = csv.DictReader(io.StringIO(done.stdout))
        assert {row["id"] for row in rows} & {"v-1", "w-1"} == ids


def test_a_file_that_cannot_be_written_is_told_and_none_is_left(tmp_path: Path) -> None:
    done = directory("export", "--format", "csv", "-o", tmp_path / "nowhere" / "out.csv")
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)
    assert list(tmp_path.rglob("out*")) == []
