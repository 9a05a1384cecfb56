"""One Chromium for all tests in a browser, which can reach this machine and nothing else."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from core.settings import ROOT
from core.settling import settle
from tests import json_keys

AXE = ROOT / "node_modules/axe-core/axe.min.js"
ASSETS = ROOT / ".build/assets/app.css"

# Whoever writes a key that docs/data.yml lacks fails.
json_keys.watch()


def absent(what: str) -> None:
    """Skip with a plain reason, or fail where everything has to be there."""
    if os.environ.get("CARA_REQUIRE_SERVICES") == "1":
        pytest.fail(f"CARA_REQUIRE_SERVICES=1, and {what}")
    pytest.skip(what)


def pytest_collection_finish() -> None:
    """Ten thousand tests stay until the end: the collector, which looked at them all each time,
    took a quarter of what the tests in this process took.
    """
    settle()


# How fast a machine makes examples says nothing about what they show.
settings.register_profile("cara", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cara")


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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    return context


def certificate(folder: Path) -> Path:
    """A certificate that signed itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.bbc.co.uk")])
    now = datetime.now(UTC)
    made = (
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
        + made.public_bytes(Encoding.PEM)
    )
    return pem


@pytest.fixture(scope="module")
def chromium(weather: int) -> Iterator[Browser]:
    """Debian's Chromium, which can reach this machine and nothing else.

    For one module: while Playwright runs, no other event loop can run in this thread.
    """
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
