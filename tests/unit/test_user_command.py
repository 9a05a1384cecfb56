"""`cara user add` and `cara token` as an operator runs them, on a database already migrated."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy import select

from accounts.staff import check_password, signed_in
from accounts.tables import Staff
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
