"""The real web process over a staged database, and Chromium."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.settings import ROOT
from tests.journeys.running import environment, free_port

AXE = ROOT / "node_modules/axe-core/axe.min.js"
ASSETS = ROOT / ".build/assets/app.css"
CHAT, STAFF = "__Host-cara_chat", "__Host-cara_staff"
WIDE, NARROW = 1280, 320
PATIENCE = 30


@dataclass(frozen=True)
class Web:
    """The running web process: its address, and the secret of the cookie of each staged state."""

    url: str
    staged: dict[str, str]


Visit = Callable[..., Page]


def absent(what: str) -> None:
    """Skip with a plain reason, or fail where everything has to be there."""
    if os.environ.get("CARA_REQUIRE_SERVICES") == "1":
        pytest.fail(f"CARA_REQUIRE_SERVICES=1, and {what}")
    pytest.skip(what)


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """The web process on a free port, without Rasa; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bot.web.app:app", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log", "--log-level", "warning"],
        cwd=ROOT,
        env=environment(data_dir, port),
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
            httpx.get(f"{url}/healthz").raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One web process for all page tests; each state has a conversation of its own."""
    data_dir = tmp_path_factory.mktemp("pages")
    made = subprocess.run(
        [sys.executable, "-m", "tests.pages.staged"],
        cwd=ROOT,
        env=environment(data_dir, 0),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with serving(data_dir) as url:
        yield Web(url, json.loads(made.stdout))


class Weather(BaseHTTPRequestHandler):
    """Sunny spells, whatever is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Weather</title>Sunny spells")

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture(scope="session")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Stands for the page that "Exit this page" leads to; gives its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Weather)
    context = certified(tmp_path_factory.mktemp("weather"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def certified(folder: Path) -> ssl.SSLContext:
    """A server's side of https, with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.bbc.co.uk")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.fixture(scope="session")
def chromium(weather: int) -> Iterator[Browser]:
    """Debian's Chromium, which can reach this machine and nothing else."""
    found = os.environ.get("CARA_CHROMIUM") or shutil.which("chromium")
    if not found:
        absent("no Chromium is installed")
    if not AXE.exists() or not ASSETS.exists():
        absent("the front-end packages are not set up: make setup")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                f"--host-resolver-rules=MAP www.bbc.co.uk 127.0.0.1:{weather} , "
                "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, web: Web) -> Iterator[Visit]:
    """Open a path as a staged person; whatever breaks the page's own policy fails the test."""
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
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(said.text) if _breach(said.text) else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
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


def _breach(text: str) -> bool:
    return "Content Security Policy" in text or "Error" in text.split(":")[0].split()[-1:]


@pytest.fixture
def http(web: Web) -> Iterator[httpx.Client]:
    """A client without a browser."""
    with httpx.Client(base_url=web.url, timeout=20) as client:
        yield client
