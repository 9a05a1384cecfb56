"""Damaged, hostile and endless files and feeds: each is named in one line, and nothing comes in."""

from __future__ import annotations

import io
import json
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from services_directory.exchange import feeds
from services_directory.exchange.faults import MOST_BYTES, ExchangeError
from services_directory.exchange.feeds import Options, services_at
from services_directory.listing import COLUMNS
from tests.unit.directory import document
from tests.unit.exchanging import (
    Answer,
    as_json,
    counts,
    csv_file,
    json_file,
    served,
    service,
    taken_in,
    version,
)

MEGABYTE = 1_000_000
HEADER = ",".join(COLUMNS)
HERE = Options(allowed=frozenset({"127.0.0.1/32"}), pause_s=0, pages=20)
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


def workbook(member: str = "", start: bytes = b"") -> bytes:
    """A workbook; ``start`` goes before the content of ``member``."""
    book, made, out = Workbook(), io.BytesIO(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(COLUMNS)
    sheet.append([document(id="x-1")[name] for name in COLUMNS])
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, start + content.split(b"?>", 1)[-1] if name == member else content)
    return out.getvalue()


def bomb(name: str = "services.csv") -> bytes:
    """150 MB of nothing in 150 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(150 * MEGABYTE))
    return out.getvalue()


def lying_bomb() -> bytes:
    """An archive whose member unfolds to more than it declares."""
    data = bomb()
    declared = (150 * MEGABYTE).to_bytes(4, "little")
    return data.replace(declared, (1_000).to_bytes(4, "little"))


def row_of(**fields: str) -> bytes:
    row = document(id="x-1", **fields)
    return f"{HEADER}\n".encode() + ",".join(f'"{row[n]}"' for n in COLUMNS).encode()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a zip bomb": ("a.zip", bomb, "zip bomb"),
    "a workbook that is a bomb": ("a.xlsx", lambda: bomb("xl/workbook.xml"), "zip bomb"),
    "a bomb that lies about its size": ("a.zip", lying_bomb, "damaged"),
    "entities in a sheet": (
        "a.xlsx", lambda: workbook("xl/worksheets/sheet1.xml", DOCTYPE), "declares XML entities"),
    "entities in the strings": (
        "a.xlsx", lambda: workbook("xl/workbook.xml", DOCTYPE), "declares XML entities"),
    "a workbook cut in half": ("a.xlsx", lambda: workbook()[:3000], "damaged"),
    "a csv called xlsx": ("a.xlsx", lambda: row_of(), "damaged, or no packed file"),
    "a zip without tables": ("a.zip", lambda: workbook(), "no table of services"),
    "utf-16": ("a.csv", lambda: row_of().decode().encode("utf-16"), "is written in UTF-16"),
    "utf-16 without its mark": ("a.csv", lambda: row_of().decode().encode("utf-16-le"), "UTF-16"),
    "windows-1252": (
        "a.csv", lambda: row_of(cost="free").replace(b"free", b"Men\x92s \xa35"),
        "line 2, character"),
    "a nul": ("a.csv", lambda: row_of(cost="fr\0ee"), "holds a NUL character, line 2"),
    "no header": ("a.csv", lambda: row_of().split(b"\n", 1)[1], "has no header"),
    "an empty file": ("a.csv", lambda: b"", "has no header"),
    "a column twice": ("a.csv", lambda: row_of().replace(b"notes", b"phone", 1), "a column twice"),
    "a column missing": ("a.csv", lambda: row_of().replace(b"id,", b"key,", 1), "no column “id”"),
    "a quotation mark that never ends": ("a.csv", lambda: row_of()[:-1], "is no CSV from line"),
    "deep json": ("a.json", lambda: b"[" * 10_000 + b"]" * 10_000, "nested deeper"),
    "nan": ("a.json", lambda: b'[{"name": "x", "minimum_age": NaN}]', "NaN is no number"),
    "infinity": ("a.json", lambda: b'[{"name": "x", "minimum_age": 1e999}]', "too large"),
    "a huge number": ("a.json", lambda: b'[{"name": 1' + b"0" * 9_000 + b"}]", "9001 digits"),
    "html": ("a.json", lambda: b"<!doctype html><p>Not here</p>", "is a web page or XML"),
    "json cut off": ("a.json", lambda: json.dumps([service()]).encode()[:-9], "is no JSON: line 1"),
    "a second line cut off": (
        "a.ndjson", lambda: json.dumps(service()).encode() + b'\n{"name": ', "line 2"),
    "no services": ("a.json", lambda: b'{"contents": 3}', "no list of services"),
    "too many values": ("a.json", lambda: b"[" + b"[]," * 3_100_000 + b"[]]", "more values"),
    "too many rows": ("a.csv", lambda: row_of() + b"\n" * 100_002, "more than 100,000 rows"),
    "an unknown ending": ("a.doc", lambda: b"", "say with --format"),
}  # fmt: skip


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_refused_in_one_line_and_whole(
    tmp_path: Path, name: str
) -> None:
    called, made, said = BAD[name]
    before = counts()
    (tmp_path / called).write_bytes(made())
    done = taken_in(tmp_path / called)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
    assert counts() == before


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.zip", "a.json"])
def test_200_megabytes_are_refused_before_they_are_read(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as sparse:
        sparse.truncate(200 * MEGABYTE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = taken_in(tmp_path / name)
    assert (done.exit_code, "larger than 50 MB" in done.stderr) == (2, True)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert more < 4 * MOST_BYTES


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"service_name": "=cmd|' /C calc'!A0"}, "service_name"),
        ({"organisation": "@SUM(A1:A9)"}, "organisation"),
        ({"notes": "-HYPERLINK(A1)"}, "notes"),
        ({"source_year": "0000"}, "source_year"),
        ({"age_max": "9" * 400}, "age_max"),
        ({"age_min": "NaN"}, "age_min"),
        ({"eligibility": "a" * 5_001}, "eligibility"),
        ({"eligibility": "bell \x07"}, "eligibility"),
        ({"id": "../../etc"}, "id"),
        ({"id": "i" * 61}, "id"),
        ({"covers": "Southampton|" + "x" * 81}, "covers"),
        ({"hsds": "[" * 9_000}, "hsds"),
        ({"address_withheld": "perhaps"}, "address_withheld"),
        ({"modes": "carrier pigeon"}, "modes"),
        ({"site": "atlantis"}, "site"),
    ],
)
def test_a_bad_row_is_refused_by_itself(
    tmp_path: Path, fields: dict[str, str], column: str
) -> None:
    rows = [document(id="x-1", service_name="Good"), document(**{"id": "x-2", **fields})]
    done = taken_in(csv_file(tmp_path / "rows.csv", rows))
    assert f"row 3, {column}: " in done.stdout
    assert "1 new, 0 changed, 0 the same, 1 refused" in done.stdout
    assert version("x-1").state == "draft"


@pytest.mark.usefixtures("sqlite")
def test_a_row_of_ten_thousand_columns_is_refused_and_the_others_come_in(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(row_of() + b"\n" + b"x," * 9_999 + b"x\n")
    done = taken_in(path)
    told = f"row 3: The row has 10,000 cells and the header {len(COLUMNS)}: a comma too many?"
    assert told in done.stdout
    assert version("x-1").state == "draft"


@pytest.mark.usefixtures("database")
def test_half_a_character_in_json_is_a_row_that_is_refused(tmp_path: Path) -> None:
    path = json_file(tmp_path / "one.json", service(name="broken \ud800"))
    done = taken_in(path, "--report", tmp_path / "report.jsonl")
    assert "row 1, service_name: A character that cannot be shown is in it: U+D800." in done.stdout


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("schedule", [{"valid_from": "0000-01-01"}, {"opens_at": "99:99"}])
def test_dates_and_times_that_are_none_cost_the_hours_and_not_the_service(
    tmp_path: Path, schedule: dict[str, str]
) -> None:
    rule = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "10:00"}
    taken_in(json_file(tmp_path / "one.json", service(schedules=[{**rule, **schedule}])))
    assert version("33333333-3333-4333-8333-333333333333").document["opening_hours"] == ""


@pytest.mark.usefixtures("sqlite")
def test_values_of_wrong_types_are_nothing_and_no_crash(tmp_path: Path) -> None:
    wrong: list[Any] = [3, None, "text", [], {}, [3], [[]], [None], {"a": [1]}, True]
    services = [
        service(id=f"s-{at}-{name}", service_at_locations=[], **{name: value})
        for at, value in enumerate(wrong)
        for name in service()
        if name not in ("id", "service_at_locations")
    ]
    done = taken_in(json_file(tmp_path / "many.json", services))
    assert (done.exit_code, done.stdout.startswith("Rows: ")) == (0, True)


def refused(answer: Callable[[str], Answer], options: Options = HERE) -> str:
    with served(answer) as (address, _asked), pytest.raises(ExchangeError) as told:
        services_at(address, options=options)
    return told.value.code


def page(number: int, *ids: str, **more: Any) -> Answer:
    contents = [{"id": each, "name": each, "contacts": []} for each in ids]
    return as_json({"page_number": number, "contents": contents, **more})


def number_of(path: str) -> int:
    return int(path.split("page=")[1].split("&")[0])


def test_a_feed_is_read_page_by_page_and_thin_services_one_by_one() -> None:
    def answer(path: str) -> Answer:
        if "?" not in path:
            return as_json({"id": path[-1], "name": "whole", "schedules": []})
        at = number_of(path)
        thin = [{"id": f"{at}", "name": "thin"}]
        return as_json({"contents": thin, "total_pages": 3, "last_page": at == 3})

    heard: list[int] = []
    with served(answer) as (address, asked):
        found = services_at(f"{address}/api/services/", options=HERE, done=heard.append)
    assert [(each["id"], each["name"]) for each in found] == [(n, "whole") for n in "123"]
    assert asked[0] == "/api/services?page=1&per_page=100"
    assert sorted(asked[3:]) == [f"/api/services/{n}" for n in "123"]
    assert sum(heard) == 3


def test_a_host_that_asks_for_patience_is_asked_again() -> None:
    answers = iter([as_json({}, 503), page(1, "a", last_page=True)])
    with served(lambda _path: next(answers)) as (address, _asked):
        assert [each["id"] for each in services_at(address, options=HERE)] == ["a"]


FEEDS: dict[str, tuple[Callable[[str], Answer], Options]] = {
    "feed_endless": (lambda path: page(1, path, last_page=False), HERE),
    "feed_repeats": (lambda _path: page(1, "a", last_page=False, total_pages=9), HERE),
    "feed_away": (lambda _path: as_json({}, 503), HERE),
    "feed_status": (lambda _path: as_json({}, 404), HERE),
    "not_json": (lambda _path: (200, {"Content-Type": "text/html"}, b"<html>Hello</html>"), HERE),
    "not_services": (lambda _path: as_json({"hello": "you"}), HERE),
    "too_deep": (lambda _path: (200, {}, b"[" * 10_000), HERE),
    "feed_redirects": (lambda path: (302, {"Location": f"{path}&again"}, b""), HERE),
    "feed_large": (
        lambda _path: page(1, "a" * 2_000),
        Options(allowed=HERE.allowed, size=1_000),
    ),
    "feed_slow": (
        lambda path: page(1, path, last_page=False),
        Options(allowed=HERE.allowed, seconds=0.2, pages=100_000),
    ),
    "feed_private": (lambda _path: (302, {"Location": "http://169.254.169.254/latest"}, b""), HERE),
}


@pytest.mark.parametrize("code", FEEDS)
def test_a_feed_that_is_none_or_has_no_end_is_named(code: str) -> None:
    assert refused(*FEEDS[code]) == code


def test_a_redirect_to_a_file_or_with_a_password_is_not_followed() -> None:
    for there in ("file:///etc/passwd", "http://me:secret@127.0.0.1/"):
        location = there
        answer: Answer = (302, {"Location": location}, b"")
        assert refused(lambda _path, answer=answer: answer) == "feed_redirects"  # type: ignore[misc]


@pytest.mark.usefixtures("sqlite")
def test_the_command_reads_no_feed_of_this_machine_or_network() -> None:
    before = counts()
    with served(lambda _path: page(1, "a", last_page=True)) as (address, asked):
        done = taken_in(address)
    assert (done.exit_code, done.stdout, asked, counts()) == (2, "", [], before)
    assert "is not a public address" in done.stderr


def test_the_limits_of_a_feed_are_those_that_are_promised() -> None:
    promised = feeds.Options()
    assert (promised.pages, promised.size, promised.seconds) == (10_000, 200_000_000, 1_800)
