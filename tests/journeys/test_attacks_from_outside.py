"""Somebody who means harm from outside: bodies, addresses, hosts, links, files and logs."""

from __future__ import annotations

import asyncio
import csv
import http.client
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest

from core.outbox import Letter, NotSentError
from core.senders import call_webhook
from core.settings import ROOT
from services_directory.checks.links import Options, look
from tests.faults.receivers import Inbox, on_call
from tests.journeys.attacking import CHAT, attacker, nothing_changed, talk, victim
from tests.journeys.hearing import TEXTS_KEY
from tests.journeys.people import Chat
from tests.journeys.running import Copy, environment

__all__ = ["attacker", "nothing_changed", "victim"]
CANARY = "Quokkabird"

pytestmark = pytest.mark.usefixtures("nothing_changed")


@pytest.fixture
def inbox() -> Inbox:
    """What reaches a host inside our network; nothing should."""
    return Inbox()


# Uploads and bodies


def test_a_file_is_nothing_that_a_page_of_ours_sends(attacker: httpx.Client) -> None:
    for path in (
        "/start",
        "/chat/say",
        "/widget/begin",
        "/sign-in",
        "/suggest/x",
        "/officer/start",
    ):
        files = {"text": ("shell.php", b"<?php system($_GET['c']);", "image/png")}
        answer = attacker.post(path, files=files, data={"site": "hampshire"})
        assert answer.status_code in (303, 400, 403)
        many = {f"f{at}": (f"{at}", b"x") for at in range(600)}
        assert attacker.post(path, files=many).status_code in (303, 400, 403)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"x" * 5_000_000, "application/json"),
        (b"&".join(b"a%d=1" % at for at in range(12_000)), "application/x-www-form-urlencoded"),
        (b"[" * 90_000, "application/json"),
        (b'{"a":' * 18_000, "application/json"),
        (b'{"text": ' + b"9" * 90_000 + b"}", "application/json"),
        (b'{"text": NaN}', "application/json"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 5_000, "application/json"),
        (b"--x\r\n" * 15_000, "multipart/form-data; boundary=x"),
        (b"text=hi", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="' + b"n" * 50_000,
            "multipart/form-data; boundary=x",
        ),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    ],
    ids=[
        "huge",
        "fields",
        "nested",
        "deep",
        "number",
        "nan",
        "gzip",
        "parts",
        "no boundary",
        "name",
        "entity",
    ],
)
def test_a_body_that_no_page_sends_is_refused(
    attacker: httpx.Client, victim: Chat, content: bytes, kind: str
) -> None:
    held = {"authorization": f"Bearer {victim.token}", "content-type": kind}
    for path in (f"/api/v1/conversations/{victim.id}/messages", "/start", "/widget/say",
                 "/texts/inbound", "/texts/twilio/inbound", "/api/v1/services/search"):  # fmt: skip
        answer = attacker.post(path, content=content, headers=held)
        assert 400 <= answer.status_code < 500 or "problem" in answer.text, path
        assert "root:" not in answer.text


def test_a_body_without_an_end_is_refused_before_it_fills_anything(attacker: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield b"x" * 1_000

    assert attacker.post("/api/v1/conversations", content=endless()).status_code in (400, 413)


# Addresses, methods and hosts


def raw(copy: Copy, method: str, path: str, **headers: str) -> tuple[int, str]:
    """One request as it is written, which no client has made harmless; status, head and body."""
    connection = http.client.HTTPConnection(urlsplit(copy.url).netloc, timeout=30)
    with closing(connection):
        connection.putrequest(method, path, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, f"{answer.headers}{answer.read().decode(errors='replace')}"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd",
        "/assets/%2e%2e/%2e%2e/cara.db", "/assets/....//....//etc/passwd", "/assets//etc/passwd",
        "/assets/..%5c..%5cetc%5cpasswd", "/assets/%00", "/assets/app.css%00.html", "/assets/.",
        "/oruk/services/..%2f..%2fetc%2fpasswd", "/c/..%2f..%2fetc%2fpasswd", "/suggest/../../x",
        "/evaluation/code-book...%2f..%2fetc", "/referrals/%2e%2e%2f%2e%2e%2fsecret", "/.env",
        "/.git/config", "/var/cara.db", "/%c0%ae%c0%ae/etc/passwd", "/api/v1/conversations/%2e%2e",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_what_is_public(copy: Copy, path: str) -> None:
    status, said = raw(copy, "GET", path)
    assert status in (303, 307, 400, 404, 405)
    assert "root:" not in said
    assert "SQLite format" not in said


@pytest.mark.parametrize("host", ["elsewhere.example", "elsewhere.example:8000", "a@elsewhere", ""])
def test_no_host_that_is_asked_for_is_believed(copy: Copy, host: str) -> None:
    for path in (
        "/",
        "/chat/",
        "/officer",
        "/officer/",
        "/sign-in?next=//elsewhere.example",
        "/exit",
    ):
        status, said = raw(copy, "GET", path, host=host, x_forwarded_host="elsewhere.example")
        assert status < 500
        assert "elsewhere" not in said.replace("/sign-in?next=//elsewhere.example", "")


def test_a_line_break_in_an_address_ends_in_no_header(copy: Copy) -> None:
    for path in ("/sign-in?next=%0d%0aset-cookie:%20a=b", "/?language=%0d%0aa:b", "/c/%0d%0aa:b"):
        status, said = raw(copy, "GET", path)
        assert status in (200, 303, 404)
        assert "a=b" not in said.split("\n\n")[0]


def test_a_method_is_the_one_that_was_sent(
    copy: Copy, attacker: httpx.Client, victim: Chat
) -> None:
    told = {"x-http-method-override": "DELETE", "x-method-override": "POST", "x-http-method": "PUT"}
    held = {"authorization": f"Bearer {victim.token}"}
    path = f"/api/v1/conversations/{victim.id}/messages"
    answer = attacker.get(f"{path}?_method=DELETE", headers=told | held)
    assert answer.status_code == 200
    assert attacker.get("/widget/end?_method=POST", headers=told | held).status_code == 405
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X" * 100):
        for where in ("/", path, "/sign-in", "/oruk/services"):
            assert raw(copy, method, where)[0] in (400, 403, 404, 405)
    assert talk(attacker, victim.id, victim.token) == 200


# Where we call out


@contextmanager
def sending_on(to: str) -> Iterator[str]:
    """A host of somebody else's that sends whoever asks on to ``to``; gives its address."""

    class Elsewhere(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(307)
            self.send_header("location", to)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = handle_any  # noqa: N815 - as the library names them

        def log_message(self, *_said: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.2", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.2:{server.server_port}/help"
        server.shutdown()


INSIDE = (
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{port}/healthz", "http://0/",
    "http://[::1]:{port}/healthz", "http://2130706433:{port}/healthz", "http://0x7f.1:{port}/",
    "http://localhost:{port}/healthz", "http://10.0.0.1/", "http://[::ffff:169.254.169.254]/",
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/",
)  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE)
def test_no_link_is_followed_into_our_own_network(copy: Copy, inside: str) -> None:
    ours = inside.format(port=copy.running["ports"]["actions"])
    assert asyncio.run(look(ours)).kind in ("private", "error")
    # Somebody else's page, which may be asked, sends us there.
    with sending_on(ours) as elsewhere:
        found = asyncio.run(look(elsewhere, options=Options(allowed=frozenset({"127.0.0.2/32"}))))
    assert found.kind in ("private", "error")
    assert (found.title, found.length) == ("", 0)


def test_a_name_that_leads_to_us_is_no_way_in(copy: Copy) -> None:
    async def rebinding(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "93.184.216.34"]

    address = f"http://service.example:{copy.running['ports']['actions']}/healthz"
    found = asyncio.run(look(address, options=Options(resolver=rebinding)))
    assert (found.kind, found.status) == ("private", None)


def test_a_webhook_that_sends_us_on_is_not_followed(copy: Copy, inbox: Inbox) -> None:
    with on_call(inbox) as inside, sending_on(inside) as elsewhere, pytest.raises(NotSentError):
        call_webhook(Letter("webhook", "a1", {"url": elsewhere, "body": {"id": "a1"}}))
    assert inbox.calls == []


# What leaves as a file, and what is written down


FORMULAS = {"cost": "+44-HYPERLINK(1)", "how_to_access": "-2+HYPERLINK(2)"}
NAMES = {"service_name": "=HYPERLINK(3)", "organisation": "@SUM(1+1)*HYPERLINK(4)"}


def test_a_cell_that_a_spreadsheet_would_run_is_refused_or_text(tmp_path: Path) -> None:
    def cara(*words: str) -> str:
        command = [str(ROOT / ".venv/bin/cara"), *words]
        told = environment(tmp_path / "data", 0)
        done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def imported(changes: dict[str, str]) -> str:
        with (ROOT / "sites/hampshire/services.csv").open(encoding="utf-8") as file:
            row = next(csv.DictReader(file)) | changes
        with (tmp_path / "bad.csv").open("w", encoding="utf-8", newline="") as out:
            written = csv.DictWriter(out, row)
            written.writeheader()
            written.writerow(row)
        given = ("--site", "hampshire", "--publish")
        return cara("directory", "import", str(tmp_path / "bad.csv"), *given)

    cara("db", "upgrade")
    assert "1 refused" in imported(NAMES)
    assert "refused" not in imported(FORMULAS).replace("0 refused", "")
    exported = cara("directory", "export", "--format", "csv").splitlines()
    cells = [cell for line in csv.reader(exported) for cell in line if "HYPERLINK" in cell]
    assert len(cells) == len(FORMULAS)
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@"))]


def test_nothing_of_what_an_attacker_writes_stands_in_a_log(
    copy: Copy, attacker: httpx.Client, victim: Chat
) -> None:
    held = {"authorization": f"Bearer {victim.token}"}
    path = f"/api/v1/conversations/{victim.id}/messages"
    for body in ({"text": CANARY}, {"choice": CANARY}, {"field": CANARY, "value": CANARY}):
        attacker.post(path, json=body, headers=held | {"idempotency-key": CANARY})
    for where in (f"/c/{CANARY}", f"/{CANARY}", f"/?language={CANARY}", f"/suggest/{CANARY}",
                  f"/assets/{CANARY}", f"/oruk/services/{CANARY}", f"/sign-in?next=/{CANARY}",
                  f"/referrals/{CANARY}", f"/api/v1/conversations/{CANARY}/messages"):  # fmt: skip
        told = {"x-request-id": f"{CANARY}!", "referer": CANARY, "user-agent": CANARY}
        attacker.get(where, headers=told | {"cookie": f"{CHAT}={CANARY}"})
        attacker.post(where, content=CANARY, headers=told)
    body = {"id": CANARY, "from": "07700 900444", "to": CANARY, "text": CANARY}
    attacker.post("/texts/inbound", json=body)
    attacker.post("/texts/inbound", json=body, headers=TEXTS_KEY)
    logs = sorted((copy.data_dir / "logs").glob("*"))
    assert {each.stem for each in logs} >= {"web", "rasa", "actions", "worker"}
    for each in logs:
        kept = each.read_bytes()
        for secret in (CANARY.encode(), victim.token.encode(), b"900444"):
            assert secret not in kept, each.name
