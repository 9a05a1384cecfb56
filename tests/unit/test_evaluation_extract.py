"""The extract from a real database: whole, the same in each form, and for an evaluator alone."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import event, select

from accounts.demonstration import PASSWORD, demonstration_account, username
from accounts.staff import sign_in
from accounts.tables import Role, Staff
from accounts.web.session import COOKIE
from bot.web.app import app
from cli.evaluation import evaluation_command
from core.audit import SYSTEM, AuditRow
from core.database import engine, transaction
from outreach.texts import contacts, signposting
from outreach.texts.contacts import Asked, Reach
from outreach.texts.tables import Signposting
from referrals import moving
from referrals.evaluation import extract, files, reading
from referrals.evaluation.extract import NotForYouError
from referrals.evaluation.files import Form, cell, harmless
from referrals.evaluation.row import COLUMNS, KINDS
from referrals.tables import Referral
from referrals.transitions import Event
from referrals.web.evaluation import told
from sites import site_of
from tests.unit import drafts

RunCara = Callable[..., subprocess.CompletedProcess[str]]
ENDED = {
    "completed": (Event.authorise, Event.accept, Event.book, Event.attend_a, Event.attend_b),
    "returned_to_police": (Event.authorise, Event.accept, Event.book, Event.report_breach),
    "not_proceeded": (Event.authorise, Event.decline),
    "withdrawn": (Event.withdraw,),
}
WHY = {Event.report_breach: "missed", Event.decline: "capacity", Event.withdraw: "charged"}


def evaluator(site: str = "hampshire") -> Staff:
    with transaction() as session:
        return demonstration_account(session, Role.evaluator, site)


def ended(*events: Event) -> str:
    """The id of a complete referral that was sent and then moved so."""
    referral_id = drafts.full_draft()
    drafts.submit(referral_id)
    with transaction() as session:
        found = session.get(Referral, referral_id)
        assert found is not None
        for n, each in enumerate(events):
            moving.apply(session, SYSTEM, found, each, key=f"{n}", reason=WHY.get(each, ""))
    return referral_id


def taken(form: Form = "csv", study: str = "evaluation", site: str = "hampshire") -> bytes:
    out, staff = io.BytesIO(), evaluator(site)
    with transaction() as session:
        extract.extract(session, staff, site=site, study=study, form=form, out=out)
    return out.getvalue()


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def audited() -> list[tuple[str, str, bool]]:
    with transaction() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.act.startswith("evaluation")))
        return [(row.act, row.record, row.refused) for row in found]


# Everybody is in it


def test_every_referral_of_the_site_is_a_row_whatever_became_of_it(database: str) -> None:
    for moves in ENDED.values():
        ended(*moves)
    drafts.new_draft()
    drafts.close(drafts.full_draft(B06_risk="high"))
    found = rows(taken())
    assert tuple(found[0]) == COLUMNS
    statuses = sorted(row["status"] for row in found)
    assert statuses == sorted([*ENDED, "draft", "not_proceeded"])
    by_status = {(row["status"], row["closed_by"]): row for row in found}
    unmet = by_status["not_proceeded", "close_not_met"]
    assert (unmet["eligibility_result"], unmet["failed_criteria"]) == ("does_not_meet", "B06_risk")
    assert by_status["not_proceeded", "decline"]["closed_reason"] == "capacity"
    done = by_status["completed", "attend_b"]
    assert (done["completed"], done["breach"], done["missed"]) == ("yes", "no", "0")
    assert done["ws_b_attended"] == done["status_date"]
    assert rows(taken(site="dorset")) == []


def test_nothing_of_it_says_who_anybody_is(sqlite: Path) -> None:
    referral_id = ended(*ENDED["completed"])
    text = taken().decode()
    with transaction() as session:
        found = session.get(Referral, referral_id)
        assert found is not None
        assert found.reference is not None
        held = [found.id, found.reference, found.created_by, found.detail.authoriser]
    given = [drafts.FIELDS[name] for name in ("crime_reference", "custody_reference", "full_name")]
    for secret in (*held, *given, "1991-09-14", "SO14"):
        assert secret is not None
        assert secret not in text
    assert re.search(r"\d{2}:\d{2}", text) is None
    (row,) = rows(taken())
    assert row["off_age_band"] == "25-34"
    assert row["support_needs_seen"] == "alcohol|work"
    assert (row["needs_codes"], row["participant_consent"]) == ("", "no")


def test_only_the_latest_answer_counts(sqlite: Path) -> None:
    referral_id = drafts.full_draft()
    drafts.answer(referral_id, B06_risk="medium")
    (row,) = rows(taken())
    assert row["risk_grade"] == "medium"


# Pseudonyms in the file


def test_two_extracts_of_one_study_agree_and_those_of_two_cannot_be_joined(sqlite: Path) -> None:
    for _each in range(6):
        drafts.new_draft()
    first, again, other = taken(), taken(), taken(study="trial-2")
    assert first == again
    names, others = ([row["case_id"] for row in rows(each)] for each in (first, other))
    assert not set(names) & set(others)
    assert (names, others) == (sorted(names), sorted(others))


# Forms


def test_csv_and_parquet_say_the_same(sqlite: Path) -> None:
    for moves in ENDED.values():
        ended(*moves)
    table = pq.read_table(io.BytesIO(taken("parquet")))
    assert table.schema.equals(files.schema())
    typed = table.to_pylist()
    as_text = [
        {
            name: cell(tuple(value) if KINDS[name] == "codes" and value is not None else value)
            for name, value in row.items()
        }
        for row in typed
    ]
    assert as_text == rows(taken())
    assert isinstance(typed[0]["t0_date"], date)
    assert {type(row["missed"]) for row in typed} == {int}


def test_csv_is_that_of_rfc_4180(sqlite: Path) -> None:
    drafts.new_draft()
    data = taken()
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == data.count(b"\n") == 2


@pytest.mark.parametrize("text", ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_one_that_a_spreadsheet_runs(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_an_empty_list_is_not_the_same_as_no_list() -> None:
    assert [cell(()), cell(None), cell(("a", "b")), cell(0)] == ["none", "", "a|b", "0"]


def test_many_referrals_are_read_in_few_questions(sqlite: Path) -> None:
    for _each in range(12):
        drafts.new_draft()
    asked: list[str] = []
    with transaction() as session:
        evaluator = drafts.person(session, Role.evaluator)

    def heard(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", heard)
    with transaction() as session:
        found = list(reading.rows(session, site_of("hampshire"), evaluator, "evaluation"))
    # The salt of the study, the referrals, and three times what hangs on them.
    assert (len(found), len(asked)) == (12, 5)
    assert not [each for each in asked if "full_name" in each or "frozen" in each]


# What participants said


def told_us(referral_id: str, *, research: bool | None) -> None:
    """Somebody was shown help with drinking and with work, and got through to the first."""
    reach = Reach("hampshire", referral_id, "+447700900461", "private", "en")
    asked = [] if research is None else [Asked("research", research, "May they?", "en", "staff")]
    shown = [("hiow-001", ["alcohol"]), ("hiow-002", ["work"])]
    with transaction() as session:
        contact = contacts.keep(session, reach, asked, key="1")
        for at, each in enumerate(shown):
            signposting.signposted(session, contact, "chat-1", ["alcohol", "work", "money"], [each])
            if at == 0:
                (row,) = session.scalars(select(Signposting))
                signposting.answer(session, row, signposting.THROUGH)


@pytest.mark.parametrize("research", [True, False, None])
def test_what_a_participant_said_is_in_it_only_with_their_consent_to_research(
    sqlite: Path, research: bool | None
) -> None:
    told_us(ended(*ENDED["completed"]), research=research)
    out, staff = io.BytesIO(), evaluator()
    with transaction() as session:
        study = {"site": "hampshire", "study": "evaluation"}
        extract.extract(session, staff, **study, form="csv", out=out, told=told)
    (row,) = rows(out.getvalue())
    columns = ("participant_consent", "needs_codes", "signposted_codes", "engaged_codes")
    said = ["yes", "alcohol|work|money", "alcohol|work", "alcohol"]
    assert [row[each] for each in columns] == (said if research else ["no", "", "", ""])


# Who may have it

OTHERS = [role for role in Role if role is not Role.evaluator]


@pytest.mark.parametrize("role", OTHERS)
def test_every_other_role_is_refused(sqlite: Path, role: Role) -> None:
    with transaction() as session:
        staff = demonstration_account(session, role, "hampshire")
    out = io.BytesIO()
    with pytest.raises(NotForYouError), transaction() as session:
        extract.extract(session, staff, site="hampshire", study="evaluation", form="csv", out=out)
    assert out.getvalue() == b""


def test_an_evaluator_of_another_site_is_refused(sqlite: Path) -> None:
    staff, out = evaluator("dorset"), io.BytesIO()
    with pytest.raises(NotForYouError, match="Hampshire"), transaction() as session:
        extract.extract(session, staff, site="hampshire", study="evaluation", form="csv", out=out)


def test_each_extract_is_in_the_audit(database: str) -> None:
    taken()
    taken("parquet", study="trial-2")
    assert audited() == [
        ("evaluation.extract.csv", "extract:hampshire:evaluation", False),
        ("evaluation.extract.parquet", "extract:hampshire:trial-2", False),
    ]


# The page


def browse(role: Role | None, *asked: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    """What the pages answer somebody of a role, one after the other; forms carry their token."""
    cookies = {}
    if role:
        with transaction() as session:
            staff = demonstration_account(session, role, "hampshire")
            cookies = {COOKIE: sign_in(session, staff)}

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://cara.example", cookies=cookies
        ) as client:
            answers = []
            for method, path, form in asked:
                data = dict(form)
                if method == "POST" and answers:
                    token = re.search(r'name="csrf_token" value="(\w+)"', answers[0].text)
                    data["csrf_token"] = token[1] if token else ""
                answers.append(await client.request(method, path, data=data or None))
            return answers

    return asyncio.run(ask())


PAGE = ("GET", "/evaluation", {})
FILE = {"study": "evaluation", "format": "csv"}


def test_an_evaluator_downloads_the_extract_from_the_page(sqlite: Path) -> None:
    drafts.new_draft()
    page, got, typed = browse(
        Role.evaluator,
        PAGE,
        ("POST", "/evaluation/extract", FILE),
        ("POST", "/evaluation/extract", FILE | {"format": "parquet"}),
    )
    assert page.status_code == 200
    assert "each of 1 referrals" in page.text
    assert got.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(
        r'filename="cara-hampshire-evaluation-\d{4}-\d\d-\d\d\.csv"',
        got.headers["content-disposition"],
    )
    assert got.headers["cache-control"] == "no-store"
    assert got.content == taken()
    assert pq.read_table(io.BytesIO(typed.content)).num_rows == 1


@pytest.mark.parametrize("role", OTHERS)
def test_for_every_other_role_there_is_no_such_page(sqlite: Path, role: Role) -> None:
    answers = browse(role, PAGE, ("GET", "/evaluation/code-book.md", {}))
    assert [each.status_code for each in answers] == [404, 404]
    # Nor by a form that was kept from elsewhere.
    assert browse(role, ("POST", "/evaluation/extract", FILE))[0].status_code in (403, 404)
    assert audited() == []


def test_without_a_page_of_ours_before_it_nothing_is_downloaded(sqlite: Path) -> None:
    (answer,) = browse(Role.evaluator, ("POST", "/evaluation/extract", FILE))
    assert answer.status_code == 403
    assert audited() == []


def test_nobody_who_is_not_signed_in_gets_anything(sqlite: Path) -> None:
    (answer,) = browse(None, PAGE)
    assert answer.status_code in (302, 303)
    assert "sign-in" in answer.headers["location"]


def test_a_name_of_a_study_that_cannot_be_is_told_on_the_page(sqlite: Path) -> None:
    _page, told = browse(
        Role.evaluator, PAGE, ("POST", "/evaluation/extract", FILE | {"study": "My <study>"})
    )
    assert told.status_code == 422
    assert "“My &lt;study&gt;” is no name of a study" in told.text
    assert audited() == []


def test_the_code_book_is_there_to_read_and_for_machines(sqlite: Path) -> None:
    read, typed, none = browse(
        Role.evaluator,
        *(("GET", f"/evaluation/code-book.{form}", {}) for form in ("md", "csv", "exe")),
    )
    assert read.text.startswith("# Code book")
    assert [row["column"] for row in rows(typed.content)] == list(COLUMNS)
    assert none.status_code == 404


# The command

AS = ("--as", username(Role.evaluator, "hampshire"), "--site", "hampshire")


def test_the_command_writes_a_whole_file_for_its_owner(
    sqlite: Path, run_cara: RunCara, tmp_path: Path
) -> None:
    drafts.new_draft()
    evaluator()
    out = tmp_path / "extract.csv"
    done = run_cara("evaluation", "extract", *AS, "--out", str(out), stdin=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 referrals.\n")
    assert out.read_bytes() == taken()
    assert out.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("extract*")] == ["extract.csv"]


@pytest.mark.parametrize(
    ("changed", "password", "told"),
    [
        ({"--as": username(Role.officer, "hampshire")}, PASSWORD, "Only an evaluator of Hampshire"),
        ({"--site": "dorset"}, PASSWORD, "Only an evaluator of Dorset"),
        ({}, "a guess that is wrong", "The user name, the password or the code is wrong."),
        ({"--as": "nobody"}, PASSWORD, "The user name, the password or the code is wrong."),
        ({"--site": "narnia"}, PASSWORD, "There is no site called 'narnia'."),
        ({"--study": "My study"}, PASSWORD, "“My study” is no name of a study"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(
    sqlite: Path, tmp_path: Path, changed: dict[str, str], password: str, told: str
) -> None:
    evaluator()
    asked = {"--as": AS[1], "--site": "hampshire", "--out": str(tmp_path / "x.csv")} | changed
    options = ["extract", *(part for pair in asked.items() for part in pair)]
    done = CliRunner().invoke(evaluation_command, options, input=f"{password}\n")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("x.csv*"))
    refusals = [row for row in audited() if row[2]]
    assert len(refusals) == ("Only an evaluator" in told)
