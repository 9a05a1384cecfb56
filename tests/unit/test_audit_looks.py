"""What staff look at and what they are refused is on record, whichever route they take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute

from accounts.demonstration import PASSWORD, demonstration_account, username
from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.declared import every_route, policies_of
from accounts.web.session import COOKIE
from accounts.web.watching import TALK
from bot.web.app import site
from core.audit import AuditChain, AuditRow
from core.database import engine, transaction
from tests.unit.browsing import Browser
from tests.unit.drafts import full_draft, submit

pytestmark = pytest.mark.usefixtures("sqlite")
REFERENCE = re.compile(r"[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}")
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def signed_in(role: Role, site_code: str = "hampshire") -> Browser:
    """A browser in which somebody of this role has signed in."""
    browser = Browser()
    with transaction() as session:
        secret = sign_in(session, demonstration_account(session, role, site_code))
    browser.cookies.set(COOKIE, secret, domain="example.org", path="/")
    return browser


def since(row: int) -> Sequence[AuditRow]:
    """What the audit has after this row."""
    with transaction() as session:
        return session.scalars(
            sa.select(AuditRow).where(AuditRow.id > row).order_by(AuditRow.id)
        ).all()


def last() -> int:
    """The last row of the audit."""
    with transaction() as session:
        return session.scalars(sa.select(AuditChain.length)).one()


def looks() -> Iterator[tuple[str, Role]]:
    """Every page of staff without a gap in its path, and a role that may see it."""
    from accounts.policy import matrix

    for route in every_route(site.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and "{" not in route.path:
            policy = next(iter(policies_of(route)))
            if policy in matrix().acts and policy != TALK:
                yield route.path, sorted(matrix().acts[policy].roles)[0]


LOOKS = sorted(looks())


@pytest.mark.parametrize(("path", "role"), LOOKS, ids=[path for path, _ in LOOKS])
def test_every_page_that_staff_open_leaves_a_row(path: str, role: Role) -> None:
    browser, before = signed_in(role), last()
    answer = browser.get(path)
    rows = since(before)
    if answer.status_code < 400:
        assert rows, f"{path} was shown to {role}, and nothing says so"
    assert {row.source for row in rows} <= {"web", "api"}
    assert all(row.request == answer.headers["x-request-id"] for row in rows)


def test_there_are_such_pages() -> None:
    assert len(LOOKS) > 15
    assert {"/referrals", "/directory", "/evaluation", "/site", "/audit"} <= {p for p, _ in LOOKS}


def test_a_look_says_who_which_page_and_that_something_was_searched() -> None:
    browser, before = signed_in(Role.coordinator), last()
    assert browser.get("/directory?q=canary").status_code == 200
    row = since(before)[-1]
    assert (row.act, row.record, row.why) == ("view.directory.edit", "page:/directory", "search")
    assert (row.actor_kind, row.site, row.refused) == ("staff", "hampshire", False)


def test_a_page_that_the_role_has_not_is_a_refusal() -> None:
    browser, before = signed_in(Role.facilitator), last()
    assert browser.get("/directory").status_code == 404
    [row] = since(before)
    assert (row.act, row.refused) == ("view.directory.edit", True)


def test_another_sites_referral_is_a_refusal() -> None:
    referral_id = full_draft()
    reference = submit(referral_id)
    browser, before = signed_in(Role.authoriser, "leicestershire"), last()
    assert browser.get(f"/referrals/{reference}").status_code == 404
    [row] = since(before)
    assert (row.act, row.refused, row.record) == (
        "view.referral.read",
        True,
        f"page:/referrals/{reference}",
    )


def test_what_was_typed_into_an_address_is_not_kept() -> None:
    browser, before = signed_in(Role.authoriser), last()
    for typed in ("jo-canary", "07700900982", "SO14-3AB"):
        browser.get(f"/referrals/{typed}?name=canary")
    assert {row.record for row in since(before)} == {"page:/referrals/{key}"}


def test_a_refusal_stands_in_a_transaction_of_its_own() -> None:
    """Who opens a referral by a move that does not exist undoes nothing but that."""
    browser, before = signed_in(Role.evaluator), last()
    assert browser.post("/hand-over/again").status_code == 404
    assert [row.refused for row in since(before)] == [True]


def test_a_wrong_password_is_on_record_without_the_name() -> None:
    browser, before = Browser("192.0.2.7"), last()
    for name in (username(Role.officer, "hampshire"), "Nobody Canary"):
        answer = browser.post("/sign-in", username=name, password=f"wrong {PASSWORD}")
        assert answer.status_code == 422
    rows = since(before)
    assert [(row.act, row.refused) for row in rows] == [("staff.sign_in", True)] * 2
    assert rows[0].record.startswith("staff:")
    assert rows[0].actor_id != rows[1].actor_id or rows[0].record != rows[1].record
    assert not any("anary" in f"{row.record}{row.actor_id}{row.why}" for row in rows)


def test_where_the_audit_cannot_be_written_nobody_is_shown_anything() -> None:
    browser = signed_in(Role.coordinator)
    with engine().begin() as connection:
        connection.execute(sa.text("ALTER TABLE audit_chain RENAME TO gone"))
    answer = browser.get("/directory")
    assert answer.status_code == 503
    assert "Sign out" not in answer.text
    assert browser.get("/no-such-page").status_code == 404


# The reference of a request


@pytest.mark.parametrize("given", [UUID, UUID.replace("-", "")])
def test_a_proxys_name_of_a_request_is_taken_over(given: str) -> None:
    answer = Browser().get("/", **{"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given", ["", "07700900982", "a" * 33, "Jo Canary", UUID.upper(), f"{UUID}\t", "../../etc"]
)
def test_whatever_else_is_sent_gets_a_name_of_ours(given: str) -> None:
    first = Browser().get("/", **{"x-request-id": given}).headers["x-request-id"]
    assert REFERENCE.fullmatch(first)
    assert first != Browser().get("/").headers["x-request-id"]


def test_an_error_shows_the_reference_and_nothing_of_the_error() -> None:
    answer = Browser().get("/no-such-page")
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] in answer.text


# The page


def test_the_operator_finds_an_act_by_person_record_day_and_reference() -> None:
    reference = submit(full_draft())
    looked = signed_in(Role.authoriser).get(f"/referrals/{reference}")
    browser = signed_in(Role.operator)
    with transaction() as session:
        row = session.scalars(
            sa.select(AuditRow).where(AuditRow.act == "referral.view").order_by(AuditRow.id.desc())
        ).first()
    assert row is not None
    name = username(Role.authoriser, "hampshire")
    for asked in (
        f"person={name}&act=referral.view",
        f"record={row.record}",
        f"record={row.record.partition(':')[2]}",
        f"reference={looked.headers['x-request-id']}",
        f"day={row.at:%Y-%m-%d}&act=referral.view",
        f"day={row.at:%d+%m+%Y}&act=referral.",
    ):
        shown = browser.get(f"/audit?{asked}")
        assert shown.status_code == 200
        assert "referral.view" in shown.text, asked
        assert name in shown.text, asked
    assert "referral.view" not in browser.get("/audit?day=1+1+2020").text


def test_each_search_is_on_record_itself() -> None:
    browser, before = signed_in(Role.operator), last()
    browser.get("/audit?person=somebody&refused=yes")
    assert ("audit.search", "person+refused") in {(row.act, row.why) for row in since(before)}


def test_a_day_that_is_none_is_said_and_searches_nothing() -> None:
    answer = signed_in(Role.operator).get("/audit?day=31+2+2026")
    assert answer.status_code == 422
    assert "Enter a day such as 27 11 2026" in answer.text


@pytest.mark.parametrize("role", [role for role in Role if role != Role.operator])
def test_nobody_but_the_operator_has_the_page(role: Role) -> None:
    assert signed_in(role).get("/audit").status_code == 404
