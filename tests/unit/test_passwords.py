"""What a password has to be, how it is set anew, and that guessing learns nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from accounts import passwords
from accounts.changing import reset
from accounts.staff import AccountError, add_staff, called
from accounts.tables import Role
from accounts.web.sign_in import after
from core.audit import AuditRow
from core.database import transaction
from tests.unit.browsing import Browser
from tests.unit.entering import (
    KIT,
    Clock,
    account,
    count_anew,
    is_in,
    problem_of,
    sign_in,
    signed_in,
)

pytestmark = pytest.mark.usefixtures("sqlite")
OTHER = "four kettles by a northern lake"


@pytest.fixture(autouse=True)
def nobody_has_tried() -> Iterator[None]:
    count_anew()
    yield
    count_anew()


def code_for(name: str = KIT, *, second_factor: bool = False) -> str:
    with transaction() as session:
        staff = called(session, name)
        assert staff
        return reset(session, staff, second_factor=second_factor)


def set_password(code: str, password: str, name: str = KIT) -> httpx.Response:
    return Browser().post("/set-password", username=name, code=code, password=password)


# What it has to be


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "qwertyuiop12",
        "123456789012",
        "aaaaaaaaaaaa",
        "passwordpassword",
        "qazwsxedcrfv",
        "demonstration-only",
        "hampshire2026",
        "kit.marlow.26",
        "KitMarlow1234",
    ],
)
def test_a_password_that_many_have_or_that_names_its_person_is_refused(password: str) -> None:
    with transaction() as session, pytest.raises(AccountError, match="easy to guess"):
        add_staff(
            session,
            username=KIT,
            password=password,
            role=Role.officer,
            site="hampshire",
            name="Kit Marlow",
        )


@pytest.mark.parametrize(
    "password",
    [
        "a word to get in with",
        "trzy koty śpią na dachu",
        "ਚਾਰ ਕੇਤਲੀਆਂ ਝੀਲ ਦੇ ਕੋਲ",
        " spaces at both ends too ",
        "kettle lake stone " * 11,
        "🐈🐕🐈‍⬛ three pets at home",
    ],
)
def test_any_letters_and_any_length_to_200_are_a_password(password: str) -> None:
    account()
    assert set_password(code_for(), password).status_code == 303
    assert is_in(signed_in(password=password))


def test_longer_than_200_is_refused_and_not_cut_off() -> None:
    account()
    assert "200 characters at most" in problem_of(set_password(code_for(), "kettle lake " * 17))
    assert passwords.fits(passwords.hashed("long " * 40), "long " * 40)
    assert not passwords.fits(passwords.hashed("long " * 40), "long " * 39 + "short")


def test_a_password_never_has_to_be_changed_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    account()
    clock.on(days=3_000)
    assert is_in(signed_in())


@pytest.mark.parametrize("path", ["/sign-in", "/set-password"])
def test_nothing_keeps_anybody_from_pasting(path: str) -> None:
    page = Browser().get(path).text
    assert 'type="password"' in page
    assert "onpaste" not in page
    assert "maxlength" not in page


# Guessing


def answers(name: str, tries: int, address: str) -> list[httpx.Response]:
    browser = Browser(address)
    return [sign_in(browser, name, "a guess of somebody") for _ in range(tries)]


def told(answer: httpx.Response) -> tuple[int, str]:
    bare = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", answer.text)
    return answer.status_code, re.sub(r"\s+", " ", bare)


def test_unknown_wrong_and_locked_get_the_same_answer_for_the_same_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account()
    work: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            work.append(hashed.rsplit("$", 2)[0])
            return verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    wrong = answers(KIT, 6, "192.0.2.1")
    unknown = answers("nobody.here", 6, "192.0.2.2")
    assert len({told(each) for each in [*wrong, *unknown]}) == 1
    assert len(work) == 12
    assert len(set(work)) == 1
    # The sixth was locked: now the right password gets the same answer from there.
    assert told(sign_in(Browser("192.0.2.1"))) == told(wrong[0])


def test_a_lock_is_for_the_name_from_that_address_alone() -> None:
    account()
    account("pat.lee")
    answers(KIT, 5, "192.0.2.1")
    assert sign_in(Browser("192.0.2.1")).status_code == 422
    assert sign_in(Browser("192.0.2.7")).status_code == 303
    assert sign_in(Browser("192.0.2.1"), "pat.lee").status_code == 303


def test_a_household_of_version_6_is_one_address() -> None:
    account()
    for at in range(5):
        answers(KIT, 1, f"2001:db8:1:2::{at + 1}")
    assert sign_in(Browser("2001:db8:1:2:aaaa::99")).status_code == 422
    assert sign_in(Browser("2001:db8:1:3::1")).status_code == 303


def test_what_an_address_header_says_is_not_believed() -> None:
    account()
    browser = Browser("192.0.2.1")
    for at in range(5):
        browser._ask("GET", "/sign-in", headers={"x-forwarded-for": f"198.51.100.{at}"})
        sign_in(browser, KIT, "a guess of somebody")
    assert sign_in(browser).status_code == 422


def test_a_try_that_was_wrong_is_on_record_without_what_was_typed() -> None:
    member = account()
    answers(KIT, 1, "192.0.2.1")
    answers("nobody.here", 1, "192.0.2.2")
    with transaction() as session:
        rows = session.execute(
            select(AuditRow.record, AuditRow.actor_kind).where(
                AuditRow.act == "staff.sign_in", AuditRow.refused
            )
        ).all()
    assert [tuple(each) for each in rows] == [
        (f"staff:{member.id}", "visitor"),
        ("staff:unknown", "visitor"),
    ]


# Setting another


def test_a_code_from_the_operator_sets_a_password_once() -> None:
    account()
    browser = signed_in()
    code = code_for()
    assert not is_in(browser)
    assert sign_in(Browser()).status_code == 422
    assert set_password(code, OTHER).headers["location"] == "/sign-in?done=password"
    assert is_in(signed_in(password=OTHER))
    answer = set_password(code, "another kettle on the stove")
    assert (answer.status_code, "has ended" in problem_of(answer)) == (422, True)


def test_the_code_ends_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    account()
    late, code = code_for(), code_for()
    clock.on(minutes=59)
    assert set_password(late, OTHER).status_code == 422
    assert set_password(code, OTHER).status_code == 303
    code = code_for()
    clock.on(minutes=60)
    assert set_password(code, OTHER).status_code == 422


def test_a_weak_password_leaves_the_code_as_it_was() -> None:
    account()
    code = code_for()
    assert set_password(code, "password1234").status_code == 422
    assert set_password(code, OTHER).status_code == 303


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA", "\x00", "x" * 5_000])
def test_no_other_code_and_no_other_name_sets_one(code: str) -> None:
    account()
    account("pat.lee")
    right = code_for()
    assert set_password(code, OTHER).status_code == 422
    assert set_password(right, OTHER, "pat.lee").status_code == 422
    assert set_password(right, OTHER, "nobody.here").status_code == 422


def test_guessing_a_code_is_counted_like_guessing_a_password() -> None:
    account()
    for _ in range(5):
        assert set_password("AAAA-BBBB-CCCC-DDDD", OTHER).status_code == 422
    assert set_password(code_for(), OTHER).status_code == 422


def test_ones_own_password_is_changed_and_signs_out_elsewhere() -> None:
    account()
    here, elsewhere = signed_in(), signed_in()
    assert problem_of(here.post("/account/password", password="short")).endswith("or more.")
    assert here.post("/account/password", password=OTHER).status_code == 303
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert is_in(signed_in(password=OTHER))


# Where signing in leads


@pytest.mark.parametrize(
    "path",
    [
        "/referrals/K7M-4QX-9C/receipt",
        "/directory",
        "/groups/3f2a/register/a",
        "/unclear",
        "/evaluation",
        "/account/second-factor",
        "/sessions",
        "/widget/sign-in?site=hampshire",
        "/alerts/8d8f1d9a-94a4-4b8f-9a55-0a8c1d1a0a11",
    ],
)
def test_signing_in_leads_on_to_any_page_of_ours(path: str) -> None:
    account()
    assert sign_in(Browser(), next=path).headers["location"] == path


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "/",
        "officer",
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "///elsewhere.example",
        "/%2f%2felsewhere.example",
        "/\telsewhere.example",
        " /officer",
        "/officer\r\nset-cookie: a=b",
        "/officer/../sign-out",
        "/./officer",
        "/officer/..",
        "javascript:alert(1)",
        "/officer?next=https://elsewhere.example",
        "/officer#@elsewhere.example",
        "/@elsewhere.example",
        "/sign-in",
        "/sign-out",
        "/exit",
        "/" + "x" * 400,
        "/оfficer",
    ],
)
def test_nothing_else_is_followed(asked: str) -> None:
    assert after(asked) == "/officer"
