"""Every route for staff, asked by everybody: made from the table of routes and the matrix.

Each request also says in its query, its headers and its form that its sender is a coordinator of
Hampshire: nobody believes it.
"""

from __future__ import annotations

import httpx
import pytest
from fastapi.routing import APIRoute

from accounts.policy import allows
from accounts.tables import Role
from tests.unit import by_role
from tests.unit.by_role import ELSEWHERE, HERE, Ask, Staged

# What a role of the act is refused all the same, since the record is not theirs to change.
NOT_THEIRS = {
    ("POST", "/referrals/{key}/victim", Role.authoriser): "only its officer writes",
    ("POST", "/account/sessions/{handle}/end", ""): "the handle is somebody else's",
    ("POST", "/account/recovery-codes", ""): "a demonstration account has none",
    ("GET", "/account/password", ""): "a demonstration account keeps its password",
    ("POST", "/account/password", ""): "a demonstration account keeps its password",
    ("POST", "/referrals/{key}/agree/{purpose}/withdraw", ""): "nothing was agreed yet",
}
# What nobody has made yet: the site's way of handing over is no queue.
NOT_THERE = {("POST", "/api/v1/hand-over/{row_id}/acknowledge"): "no queue is fetched here"}
ABROAD = {
    ("POST", "/sessions/{handle}/end", Role.operator): "an operator ends sessions of every site",
}


def refused_as(route: APIRoute) -> int:
    """An interface says that the token is none of theirs, a page that there is no such page."""
    return 401 if route.path.startswith("/api/") else 404


def told(answer: httpx.Response, staged: Staged) -> list[str]:
    """What an answer gives away of Hampshire."""
    said = answer.text + answer.headers.get("location", "")
    own = [staged.records["reference"]] if "/sign-in" in said else []
    return [each for each in staged.told if each in said and each not in own]


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(staged: Staged) -> None:
    wrong = []

    async def every(ask: Ask) -> None:
        for route in by_role.staff_routes():
            answer = await ask(by_role.method_of(route), by_role.path_of(route, staged))
            to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
            if answer.status_code != 401 and not (answer.status_code == 303 and to_sign_in):
                wrong.append((route.path, answer.status_code))
            wrong.extend((route.path, each) for each in told(answer, staged))

    by_role.asking(every)
    assert wrong == []


@pytest.mark.parametrize("role", Role)
def test_at_their_own_site_a_role_may_do_what_the_matrix_says_and_nothing_else(
    role: Role, staged: Staged
) -> None:
    wrong = []
    held = {"secret": staged.secrets[role, HERE], "token": staged.tokens[role, HERE]}

    async def every(ask: Ask) -> None:
        for route in by_role.staff_routes():
            method = by_role.method_of(route)
            answer = await ask(method, by_role.path_of(route, staged), **held)
            if not right(answer.status_code, route, method):
                wrong.append((method, route.path, answer.status_code))
            if answer.status_code == refused_as(route):
                wrong.extend((route.path, each) for each in told(answer, staged))

    def right(status: int, route: APIRoute, method: str) -> bool:
        keys = {(method, route.path, role), (method, route.path, "")}
        if not allows(role, by_role.act_of(route)) or keys & NOT_THEIRS.keys():
            return status == refused_as(route)
        if (method, route.path) in NOT_THERE:
            return status == 404
        return status < 500 and status not in (401, 403, 404)

    by_role.asking(every)
    assert wrong == []


@pytest.mark.parametrize("role", Role)
def test_another_sites_people_find_nothing_of_it_anywhere(role: Role, staged: Staged) -> None:
    wrong = []
    held = {"secret": staged.secrets[role, ELSEWHERE], "token": staged.tokens[role, ELSEWHERE]}

    async def every(ask: Ask) -> None:
        for route in by_role.staff_routes():
            method = by_role.method_of(route)
            answer = await ask(method, by_role.path_of(route, staged), **held)
            if not right(answer.status_code, route, method):
                wrong.append((method, route.path, answer.status_code))
            wrong.extend((route.path, each) for each in told(answer, staged))

    def right(status: int, route: APIRoute, method: str) -> bool:
        if (method, route.path, role) in ABROAD:
            return status == 303
        if not allows(role, by_role.act_of(route)):
            return status == refused_as(route)
        names_a_record = "{" in route.path and "code-book" not in route.path
        return status == 404 if names_a_record else status < 500 and status not in (401, 403)

    by_role.asking(every)
    assert wrong == []
