"""A force with an OpenID provider in a process of its own, and its people, for tests.

``oidc-provider-mock`` signs whatever claims its user has over its own, so that a wrong issuer, an
audience or a time that is past come from the provider itself, rightly signed.
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest
import yaml
from sqlalchemy import select

from accounts.staff import called
from accounts.tables import Staff
from core.audit import AuditRow
from core.database import transaction
from core.settings import settings
from tests.journeys.running import free_port
from tests.unit.browsing import Browser
from tests.unit.entering import count_anew

CLIENT = "cara"
GROUPS = {
    "Hants CARA officers": {"role": "officer", "site": "hampshire", "rank": "PC"},
    "Hants CARA sergeants": {"role": "authoriser", "site": "hampshire", "rank": "Sergeant"},
    "WMP CARA officers": {"role": "officer", "site": "west_midlands"},
}
OFFICERS, SERGEANTS = "Hants CARA officers", "Hants CARA sergeants"
NOT_BELIEVED = "We could not check what your force’s sign-in said. Sign in again."
SPENT = "You took too long, or this was opened before. Sign in again."


@pytest.fixture(name="provider", scope="module")
def its_provider() -> Iterator[str]:
    """A provider's own process; gives its address."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "oidc_provider_mock",
            "--port",
            str(port),
            "--require-nonce",
            "true",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/jwks")
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            httpx.get(address).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < until, "the provider never answered"
            time.sleep(0.1)
        else:
            return


@pytest.fixture(name="force")
def set_up_with_the_force(
    provider: str, sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """This copy, set up for that provider."""
    groups = tmp_path / "groups.yml"
    groups.write_text(yaml.safe_dump({"groups": GROUPS}))
    set_up(monkeypatch, provider, groups)
    count_anew()
    yield
    count_anew()


def set_up(monkeypatch: pytest.MonkeyPatch, issuer: str, groups: Path) -> None:
    for name, value in {
        "ISSUER": issuer,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": "a secret / with % signs",
        "GROUPS": str(groups),
    }.items():
        monkeypatch.setenv(f"CARA_OIDC_{name}", value)
    monkeypatch.setenv("CARA_PUBLIC_URL", "https://example.org")
    settings.cache_clear()


def employ(provider: str, who: str, *groups: str, **claims: object) -> None:
    """Somebody of the force, with what its directory says of them."""
    said = {
        "name": "Kit Marlow",
        "preferred_username": f"{who}@force.example",
        "groups": list(groups),
        **claims,
    }
    httpx.put(f"{provider}/users/{who}", json=said).raise_for_status()


def set_out(browser: Browser, **said: str) -> str:
    """Press the button; gives the address at the provider to which the page goes on."""
    answer = browser.post("/sign-in/force", **said)
    assert answer.status_code == 200, answer.text
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    found = re.search(r'id="way" href="([^"]+)"', answer.text)
    assert found
    return html.unescape(found[1])


def at_the_provider(way: str, who: str) -> str:
    """Be this person at the provider; gives the path with which it sends one back."""
    answer = httpx.post(way, data={"sub": who})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == "https://example.org"
    return f"{back.path}?{back.query}"


def come_in(
    who: str, browser: Browser | None = None, **said: str
) -> tuple[Browser, httpx.Response]:
    held = browser or Browser()
    return held, held.get(at_the_provider(set_out(held, **said), who))


def changed(way: str, **more: str) -> str:
    """The address with other parameters."""
    parts = urlsplit(way)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | more
    return urlunsplit(parts._replace(query=urlencode(query)))


def staff_named(name: str) -> Staff | None:
    with transaction() as session:
        return called(session, f"{name}@force.example")


def refused() -> list[str]:
    with transaction() as session:
        return list(
            session.scalars(
                select(AuditRow.record).where(
                    AuditRow.act == "staff.sign_in.force", AuditRow.refused
                )
            )
        )
