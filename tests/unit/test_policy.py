"""The matrix of roles is whole, agrees with a referral's moves, and no route goes without it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import ValidationError

from accounts.policy import ANY, Matrix, Scope, allows, matrix, roles_for, scope_of
from accounts.tables import Role
from accounts.web.declared import UndeclaredError, policies_of, refuse_undeclared, way
from accounts.web.session import only
from cli.roles import PAGE, in_step
from core.settings import ROOT
from referrals.transitions import TABLE, Event, Status, Transition
from tests.unit.by_role import all_routes

FEWEST_ROUTES = 90
OWN_ACCOUNT = ("/account", "/sign-in/again")


def test_every_route_is_seen_and_names_one_policy() -> None:
    found = all_routes()
    assert len(found) > FEWEST_ROUTES
    assert [route.path for route in found if len(policies_of(route)) != 1] == []


def test_every_policy_is_of_some_route_or_is_asked_for_by_name() -> None:
    named = {name for route in all_routes() for name in policies_of(route)}
    without_route = {"evaluation.link", "audit.read"}
    assert set(matrix().acts) - named <= without_route
    assert set(matrix().ways) - named == set()


@pytest.mark.parametrize("wrong", ["none", "two"])
def test_the_application_does_not_start_with_a_route_that_names_no_policy(wrong: str) -> None:
    router = APIRouter()
    named = [way("public"), way("own_conversation")] if wrong == "two" else []
    router.get("/new", dependencies=named)(lambda: None)
    made = FastAPI(openapi_url=None)
    made.include_router(router)
    with pytest.raises(UndeclaredError, match="/new"):
        refuse_undeclared(made.routes, mounted=())


def test_it_does_not_start_with_a_mount_that_nobody_named() -> None:
    made = FastAPI(openapi_url=None)
    made.mount("/other", FastAPI(openapi_url=None))
    with pytest.raises(UndeclaredError, match="/other"):
        refuse_undeclared(made.routes, mounted=("/assets",))


def test_a_route_cannot_name_what_the_matrix_does_not_hold() -> None:
    with pytest.raises(KeyError):
        only("referrals.everything")
    with pytest.raises(KeyError):
        way("anybody")


def test_what_is_for_everybody_is_the_desk_and_ones_own_account() -> None:
    paths = {route.path for route in all_routes() if policies_of(route) == ["account.own"]}
    assert paths
    assert all(path.startswith(OWN_ACCOUNT) for path in paths)
    assert roles_for("account.own") == roles_for("desk.see") == set(Role)
    everybody = {name for name, act in matrix().acts.items() if act.roles == set(Role)}
    assert everybody == {"account.own", "desk.see"}


def test_every_status_of_a_referral_stands_in_the_matrix() -> None:
    assert set(matrix().records["referral"]) == set(Status)


# A coordinator withdraws in every open state, and before authority can open none to do it on.
OUT_OF_REACH = {(Status.awaiting_authority, Event.withdraw, Role.coordinator)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.source}-{row.event}")
def test_whoever_moves_a_referral_may_open_it_where_it_stands(row: Transition) -> None:
    for role in row.roles:
        closed = scope_of("referral", row.source, role) is None
        assert closed == ((row.source, row.event, role) in OUT_OF_REACH), role
        assert allows(role, "referral.act")


def test_the_provider_opens_nothing_that_no_sergeant_authorised() -> None:
    provider = (Role.coordinator, Role.navigator, Role.facilitator)
    scopes = {scope_of("referral", status, role) for status in Status for role in provider}
    assert scopes == {None, Scope.authorised}


def test_only_police_are_shown_what_is_held_of_the_victim() -> None:
    assert matrix().fields["victim"].roles == roles_for("referral.victim")
    assert roles_for("referral.victim") == {Role.officer, Role.authoriser}


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ["wizard"]},
        {"roles": [Role.officer], "reads": "referral"},
        {"roles": [Role.officer], "writes": "referral"},
    ],
)
def test_a_matrix_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    written = {"acts": {"x": {"what": "x", **change}}, "ways": {}, "fields": {}}
    records = {"referral": {ANY: {"coordinator": "site"}}}
    with pytest.raises(ValidationError):
        Matrix.model_validate(written | {"records": records})


def test_the_page_of_roles_is_in_step_with_the_matrix() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert in_step(page) == page, "run: .venv/bin/cara roles --write"


# Where a role's name may stand in code: whose accounts are looked up, not what somebody may do.
SETS_ROLES = {
    "accounts/sessions.py": "an operator's session is not an administrator's to end",
    "accounts/staff.py": "who can be chosen as an authoriser, and who a colleague is",
    "accounts/web/sign_in.py": "the order of the demonstration's accounts",
    "outreach/alerts.py": "whose e-mail addresses are told of an alert",
    "referrals/handing_over/posting.py": "whose e-mail addresses are told of a worry",
    "referrals/workshops/booking.py": "who can be chosen to run a group",
    "referrals/transitions.py": "the table of moves, which a test holds against the matrix",
    "referrals/moving.py": "whose a referral is, and that nobody authorises their own",
    "referrals/record.py": "whose draft it is",
    "referrals/work.py": "how the list of each role is arranged; what is in it the matrix says",
    "referrals/after_sending.py": "which of its people enter a date",
    "referrals/victim.py": "only its officer writes",
    "accounts/demonstration.py": "the demonstration's accounts",
    "accounts/policy.py": "the matrix itself",
    "accounts/tables.py": "the roles themselves",
}


def test_no_other_module_asks_for_a_role_by_its_name() -> None:
    packages = ("accounts", "referrals", "outreach", "services_directory", "bot", "actions", "core")
    found = {
        str(path.relative_to(ROOT))
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if _names_a_role(path)
    }
    assert found | {"accounts/policy.py", "accounts/tables.py"} == set(SETS_ROLES)


def _names_a_role(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Role"
        and node.attr in Role.__members__
        for node in ast.walk(tree)
    )
