"""Every interface, asked by a machine that makes up what it may be asked: nothing of another site.

The descriptions of the interfaces are built here, since no route publishes them.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import DataObject, data
from schemathesis.core import NotSet
from schemathesis.generation.case import Case

from accounts.tables import Role
from bot.web.app import app, site
from services_directory.web import oruk
from tests.unit import by_role
from tests.unit.by_role import ELSEWHERE, Staged

ROUNDS = 4
FEWEST = 20
# It says by its status which part is away: the one answer above 499 that is meant.
MAY_BE_AWAY = "/readyz"
INTERFACES = ("/api/", "/texts/", "/healthz", "/readyz")
WHO = [*Role, ""]


@lru_cache(maxsize=1)
def operations() -> list[tuple[str, Any]]:
    """Each operation of the public interfaces, with what stands before its path."""
    described = (("", site.openapi(), INTERFACES), (oruk.PREFIX, oruk.api.openapi(), ("/",)))
    return [
        (prefix, found.ok())
        for prefix, document, paths in described
        for found in schemathesis.openapi.from_dict(document).get_all_operations()
        if found.ok().path.startswith(paths)
    ]


def test_every_interface_is_described() -> None:
    paths = {prefix + operation.path for prefix, operation in operations()}
    asked = {route.path for route in by_role.all_routes() if route.path.startswith(INTERFACES)}
    assert asked <= paths
    assert len(operations()) > FEWEST


@pytest.mark.parametrize("role", WHO, ids=lambda role: role or "nobody")
def test_whatever_is_asked_breaks_nothing_and_tells_nothing_of_another_site(
    role: str, staged: Staged
) -> None:
    token = staged.tokens[Role(role), ELSEWHERE] if role else ""

    @settings(
        max_examples=ROUNDS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data())
    def ask_them_all(made_up: DataObject) -> None:
        # The open interface knows no token, so that nobody's differs from anybody else's.
        mine = [each for each in operations() if not (role and each[0])]
        cases = [(prefix, made_up.draw(each.as_strategy())) for prefix, each in mine]
        asyncio.run(_asked(cases, staged, token))

    ask_them_all()


async def _asked(cases: list[tuple[str, Case]], staged: Staged, token: str) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
        for prefix, case in cases:
            for path in {case.formatted_path, _with_real_ids(case, staged)}:
                answer = await client.request(**_sent(case, prefix + path, token))
                away = case.path == MAY_BE_AWAY and answer.status_code == 503
                assert answer.status_code < 500 or away, (case.method, path)
                told = [each for each in _secret(staged) if each in answer.text]
                assert told == [], (case.method, path)


def _sent(case: Case, path: str, token: str) -> dict[str, Any]:
    """One request; headers that HTTP itself cannot carry are left out."""
    headers = {
        name: str(value)
        for name, value in dict(case.headers or {}).items()
        if str(value).isascii() and str(value).isprintable()
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    body = {} if isinstance(case.body, NotSet) else {"json": case.body}
    query = dict(case.query or {})
    return {"method": case.method, "url": path, "params": query, "headers": headers, **body}


def _with_real_ids(case: Case, staged: Staged) -> str:
    path: str = case.path
    for name in ("row_id", "conversation_id"):
        path = path.replace(f"{{{name}}}", staged.records.get(name, staged.records["referral"]))
    return path.replace("{id}", "nobody")


def _secret(staged: Staged) -> list[str]:
    """All that Hampshire keeps to itself; its published services are public."""
    return [each for each in staged.told if each != by_role.LISTING]
