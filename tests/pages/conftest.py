"""The real web process over a staged database, and Chromium."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request

from core.settings import ROOT
from tests.conftest import AXE
from tests.journeys.running import environment, free_port

CHAT, STAFF = "__Host-cara_chat", "__Host-cara_staff"
WIDE, HANDHELD, NARROW = 1280, 390, 320
PATIENCE = 120
SAFE_PAGE = "https://www.bbc.co.uk/weather"


@dataclass(frozen=True)
class Web:
    """The running web process: its address, and the secret of the cookie of each staged state."""

    url: str
    staged: dict[str, str]


Visit = Callable[..., Page]


@contextmanager
def serving(data_dir: Path, **extra: str) -> Iterator[str]:
    """The web process on a free port, without Rasa, with settings besides; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bot.web.app:app", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log", "--log-level", "warning"],
        cwd=ROOT,
        env=environment(data_dir, port) | extra,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def wait_for(url: str) -> None:
    """Until it answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(f"{url}/healthz", timeout=PATIENCE).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="session")
def shared_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One web process for all page tests that stage nothing else; each state has a conversation."""
    with staged_by("tests.pages.staged", tmp_path_factory.mktemp("pages")) as web:
        yield web


@pytest.fixture(scope="module")
def web(shared_web: Web) -> Web:
    """That process; its staff, who may have waited for an hour's other tests, were just there.

    They are signed out after half an hour.
    """
    moment = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    with closing(sqlite3.connect(Path(shared_web.staged["data_dir"]) / "cara.db")) as database:
        database.execute("UPDATE staff_session SET seen_at = ?", (moment,))
        database.commit()
    return shared_web


@contextmanager
def staged_by(module: str, data_dir: Path, **extra: str) -> Iterator[Web]:
    """A web process over what a module has staged, which says on its output what it made."""
    made = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment(data_dir, 0) | extra,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with serving(data_dir, **extra) as url:
        yield Web(url, json.loads(made.stdout))


Asks = Callable[..., httpx.Response]


@pytest.fixture
def ask(web: Web) -> Asks:
    """Ask for a page as a staged person, without a browser."""

    def asked(path: str, staff: str = "", method: str = "GET") -> httpx.Response:
        cookie = {"cookie": f"{STAFF}={web.staged[staff]}"} if staff else {}
        return httpx.request(method, web.url + path, headers=cookie, timeout=20)

    return asked


@pytest.fixture
def visit(chromium: Browser, web: Web) -> Iterator[Visit]:
    """Open a path as a staged person; what breaks the page's own policy fails the test, and so does
    whatever a page of ours asks of anybody else.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        path: str,
        *,
        chat: str = "",
        staff: str = "",
        width: int = WIDE,
        height: int = 900,
        javascript: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=web.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            ignore_https_errors=True,
        )
        contexts.append(context)
        context.add_init_script(path=AXE)
        for name, state in ((CHAT, chat), (STAFF, staff)):
            if state:
                give_cookie(context, web, name, state)
        # Of the context, so that windows which a page opens are heard too.
        context.on(
            "console", lambda said: complaints.append(said.text) if _breach(said.text) else None
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("request", lambda asked: complaints.extend(_elsewhere(asked, web.url)))
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def give_cookie(context: BrowserContext, web: Web, name: str, state: str) -> None:
    """Be the person of a staged state."""
    context.add_cookies(
        [
            {
                "name": name,
                "value": web.staged[state],
                "url": web.url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Strict" if name == CHAT else "Lax",
            }
        ]
    )


def _elsewhere(asked: Request, ours: str) -> list[str]:
    """What a page of ours asks of anybody else; the weather, where "Exit" leads, is its own."""
    if asked.url.startswith((f"{ours}/", "data:", "blob:")):
        return []
    leaves = asked.is_navigation_request() and asked.url == SAFE_PAGE
    try:
        by = asked.frame.url
    except Error:
        by = ""
    return [] if leaves or by.startswith(SAFE_PAGE) else [f"asked elsewhere: {asked.url}"]


def _breach(text: str) -> bool:
    return "Content Security Policy" in text or "Error" in text.split(":")[0].split()[-1:]


@pytest.fixture
def http(web: Web) -> Iterator[httpx.Client]:
    """A client without a browser."""
    with httpx.Client(base_url=web.url, timeout=20) as client:
        yield client
