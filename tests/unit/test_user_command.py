"""`cara user` and `cara token` as an operator runs them, on a database already migrated."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts.changing import set_by_code
from accounts.staff import add_staff, check_password, sign_in, signed_in
from accounts.tables import Role, Staff, StaffSession
from core.clock import now
from core.database import transaction

pytestmark = pytest.mark.usefixtures("sqlite")
RunCara = Callable[..., subprocess.CompletedProcess[str]]
ADD = ("user", "add", "kit.marlow", "--role", "authoriser", "--site", "hampshire", "--name", "Kit")
PASSWORD = "long enough to do"


def usernames() -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(Staff.username)))


def test_an_added_person_gets_in_with_that_password_role_and_site(run_cara: RunCara) -> None:
    more = ("--rank", "Sergeant", "--collar-number", "2210", "--email", "kit@hampshire.example")
    done = run_cara(*ADD, *more, stdin=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Added kit.marlow.\n", "")
    with transaction() as session:
        kit = check_password(session, "kit.marlow", PASSWORD)
        assert kit is not None
        assert (kit.role, kit.site, kit.name, kit.rank) == (
            "authoriser",
            "hampshire",
            "Kit",
            "Sergeant",
        )
        assert (kit.collar_number, kit.email) == ("2210", "kit@hampshire.example")
        assert not kit.demonstration


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (ADD, "too short\n", "12 characters or more"),
        (ADD, "", "12 characters or more"),
        (("user", "add", "OFFICER.hampshire", *ADD[3:]), PASSWORD, "already an account"),
        ((*ADD, "--role", "chief"), PASSWORD, "chief"),
        ((*ADD, "--site", "narnia"), PASSWORD, "There is no site called 'narnia'"),
    ],
)
def test_what_cannot_be_added_is_told_plainly_and_nobody_is_added(
    run_cara: RunCara, arguments: tuple[str, ...], stdin: str, told: str
) -> None:
    before = usernames()
    done = run_cara(*arguments, stdin=stdin)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert usernames() == before


def test_the_password_is_never_said_back(run_cara: RunCara) -> None:
    done = run_cara(*ADD, stdin=f"{PASSWORD}\n")
    assert PASSWORD not in done.stdout + done.stderr


# An account that is there


@pytest.fixture
def kit() -> str:
    """An account with a session; gives its secret."""
    with transaction() as session:
        staff = add_staff(
            session, username="kit.marlow", password=PASSWORD, role=Role.navigator,
            site="hampshire", name="Kit",
        )  # fmt: skip
        return sign_in(session, staff)


def who(secret: str) -> str | None:
    with transaction() as session:
        found = signed_in(session, secret)
        return found.username if found else None


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_an_account_is_switched_off_and_on(run_cara: RunCara, kit: str) -> None:
    assert "switched off" in told(run_cara("user", "disable", "Kit.Marlow"))
    assert who(kit) is None
    with transaction() as session:
        assert check_password(session, "kit.marlow", PASSWORD) is None
    assert "switched on" in told(run_cara("user", "enable", "kit.marlow"))
    with transaction() as session:
        assert check_password(session, "kit.marlow", PASSWORD)


def test_another_role_ends_the_session(run_cara: RunCara, kit: str) -> None:
    change = ("user", "change", "kit.marlow", "--role", "coordinator", "--site", "west_midlands")
    assert told(run_cara(*change)) == "kit.marlow is coordinator at west_midlands.\n"
    assert who(kit) is None


@pytest.mark.parametrize("command", [("reset", "kit.marlow"), ()])
def test_a_code_is_printed_that_sets_a_password_once(
    run_cara: RunCara, command: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    if command:
        request.getfixturevalue("kit")
    said = told(run_cara("user", *command) if command else run_cara(*ADD, "--code"))
    code = re.search(r"^  ((?:[A-Z2-9]{4}-){3}[A-Z2-9]{4})$", said, re.MULTILINE)
    assert code
    assert "/set-password" in said
    with transaction() as session:
        assert check_password(session, "kit.marlow", PASSWORD) is None
        assert set_by_code(session, "kit.marlow", code[1], "four kettles by a lake")
        assert set_by_code(session, "kit.marlow", code[1], "five kettles by a lake") is None


def test_a_service_gets_a_token_in_production_too(
    run_cara: RunCara, kit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    secret = told(run_cara("user", "token", "kit.marlow", "--for", "case system", "--days", "90"))
    assert who(secret.strip()) == "kit.marlow"
    with transaction() as session:
        kept = session.scalars(select(StaffSession).where(StaffSession.kind == "token")).one()
        assert timedelta(days=89) < kept.ends_at - now() <= timedelta(days=90)
    listed = told(run_cara("user", "sessions", "kit.marlow"))
    assert "case system" in listed
    assert secret.strip() not in listed
    handle = next(line.split()[0] for line in listed.splitlines() if "case system" in line)
    assert told(run_cara("user", "sessions", "--end", handle)) == "Ended.\n"
    assert who(secret.strip()) is None
    assert who(kit) == "kit.marlow"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("token", "kit.marlow", "--for", "x", "--days", "91"), "from 1 to 90 days"),
        (("token", "kit.marlow", "--for", "x", "--days", "0"), "from 1 to 90 days"),
        (("token", "kit.marlow", "--for", " "), "which service"),
        (("token", "officer.hampshire", "--for", "x"), "navigator"),
        (("token", "nobody", "--for", "x"), "no account called nobody"),
        (("disable", "nobody"), "no account called nobody"),
        (("reset", "officer.hampshire"), "demonstration account cannot be changed"),
        (("change", "kit.marlow", "--role", "chief", "--site", "hampshire"), "chief"),
        (("change", "kit.marlow", "--role", "officer", "--site", "narnia"), "narnia"),
        (("sessions", "--end", "nothing"), "no such session"),
    ],
)
def test_what_cannot_be_done_is_told_plainly_and_changes_nothing(
    run_cara: RunCara, kit: str, arguments: tuple[str, ...], why: str
) -> None:
    done = run_cara("user", *arguments)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert who(kit) == "kit.marlow"


# The demonstration's tokens


def test_a_token_opens_a_session_of_that_role_at_that_site(run_cara: RunCara) -> None:
    done = run_cara("token", "--role", "officer", "--site", "west_midlands")
    assert (done.returncode, done.stderr) == (0, "")
    with transaction() as session:
        staff = signed_in(session, done.stdout.strip())
        assert staff is not None
        assert (staff.role, staff.site) == ("officer", "west_midlands")


def test_a_role_that_the_sign_in_page_does_not_show_has_a_token_too(run_cara: RunCara) -> None:
    done = run_cara("token", "--role", "evaluator", "--site", "dorset")
    with transaction() as session:
        staff = signed_in(session, done.stdout.strip())
        assert staff is not None
        assert (staff.role, staff.site, staff.demonstration) == ("evaluator", "dorset", True)


@pytest.mark.parametrize(("role", "site"), [("chief", "hampshire"), ("officer", "narnia")])
def test_there_is_no_token_for_somebody_who_does_not_exist(
    run_cara: RunCara, role: str, site: str
) -> None:
    done = run_cara("token", "--role", role, "--site", site)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_in_production_there_are_no_tokens(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    done = run_cara("token", "--role", "officer", "--site", "hampshire")
    assert (done.returncode, done.stdout) == (1, "")
    assert "demonstration mode only" in done.stderr


def test_in_production_people_are_added_as_well_and_no_demonstration_comes_with_them(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = usernames()
    monkeypatch.setenv("CARA_MODE", "production")
    assert run_cara(*ADD, stdin=PASSWORD).returncode == 0
    assert run_cara("db", "upgrade").returncode == 0
    assert usernames() == before | {"kit.marlow"}


def test_production_without_a_secret_of_its_own_adds_nobody(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.delenv("CARA_SECRET_KEY")
    done = run_cara(*ADD, stdin=PASSWORD)
    assert done.returncode != 0
    assert "production does not start with a default secret" in done.stderr
    assert "kit.marlow" not in usernames_with(monkeypatch)


def usernames_with(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names as the demonstration reads them; user names are not encrypted."""
    monkeypatch.setenv("CARA_MODE", "demo")
    return usernames()
