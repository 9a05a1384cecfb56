"""`cara doctor`, as an operator runs it: what is wrong and what to do; it changes nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from core.clock import now
from core.database import transaction
from core.outbox import Letter, Outgoing, post
from core.spool import alerts
from outreach.sending import sign_of_life
from tests.unit.conftest import RunCara

pytestmark = pytest.mark.usefixtures("sqlite", "nothing_runs")
LONG = 600.0


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else runs on this machine is not looked at."""
    monkeypatch.setenv("PORT", "9")


def told(run_cara: RunCara, status: int = 0) -> dict[str, dict[str, str]]:
    """What it says of each thing that it looked at."""
    done = run_cara("doctor", "--json")
    assert done.returncode == status, done.stdout + done.stderr
    return {each["about"]: each for each in json.loads(done.stdout)}


def older(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def test_a_copy_that_does_not_run_is_no_fault_and_each_line_says_what_to_do(
    run_cara: RunCara,
) -> None:
    done = run_cara("doctor")
    assert done.returncode == 0, done.stdout
    assert "OK     database: it answers" in done.stdout
    assert "LOOK   running: nothing answers" in done.stdout
    assert "Start: make run." in done.stdout
    assert "WRONG" not in done.stdout


class _Web(BaseHTTPRequestHandler):
    """A web process with two Rasa, which are away."""

    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()
        self.wfile.write(json.dumps({"database": True, "rasa": False, "rasa-2": False}).encode())

    def log_message(self, *_about: object) -> None:
        """Nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Web) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_web_processes_are_asked_where_they_are(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch, web: str
) -> None:
    monkeypatch.setenv("CARA_WEB_URL", f"{web}/")
    found = told(run_cara, 1)
    assert found["part database"]["state"] == "good"
    assert found["part rasa"]["state"] == "wrong"
    monkeypatch.setenv("CARA_WEB_URL", f"{web}, http://127.0.0.1:9")
    found = told(run_cara, 1)
    assert found[f"part rasa by {web}"]["state"] == "wrong"
    assert found["running by http://127.0.0.1:9"]["state"] == "wrong"


@pytest.mark.parametrize(
    ("mode", "start", "read"),
    [
        ("demo", "make run", "/logs/rasa-2.log"),
        ("production", "systemctl start cara.target", "journalctl --unit='cara-rasa@*'"),
        ("production", "docker compose up", "docker compose logs"),
    ],
)
def test_what_to_do_is_told_in_the_words_of_what_tends_the_copy(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch, web: str, mode: str, start: str, read: str
) -> None:
    monkeypatch.setenv("CARA_MODE", mode)
    monkeypatch.setenv("CARA_WEB_URL", f"{web}, http://127.0.0.1:9")
    found = told(run_cara, 1)
    assert start in found["worker"]["do"]
    assert start in found["running by http://127.0.0.1:9"]["do"]
    assert read in found[f"part rasa-2 by {web}"]["do"]
    if mode == "production":
        assert "make run" not in str(found)
        assert ".log" not in str(found)


@pytest.mark.parametrize("address", ["http://127.0.0.1:x", "127.0.0.1:9", "http://[", "a b"])
def test_a_web_process_that_is_named_and_not_there_is_wrong(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("CARA_WEB_URL", address)
    assert "CARA_WEB_URL" in told(run_cara, 1)["running"]["do"]


def test_a_database_that_is_away_is_wrong_and_the_rest_is_looked_at(
    run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:9/none")
    found = told(run_cara, 1)
    assert found["database"]["state"] == found["letters"]["state"] == "wrong"
    assert found["alerts"]["state"] == "good"


def test_a_database_without_its_tables_is_told_how_to_get_them(
    run_cara: RunCara, sqlite: Path
) -> None:
    sqlite.unlink()
    assert "cara db upgrade" in told(run_cara, 1)["database"]["do"]


def test_redis_that_is_away_is_wrong(run_cara: RunCara, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_REDIS_URL", "redis://127.0.0.1:9/0")
    assert "no text leaves" in told(run_cara, 1)["redis"]["do"]


def test_alerts_that_nobody_took_in_come_before_everything(run_cara: RunCara) -> None:
    alerts().put("one", {"type": "alert"})
    assert told(run_cara)["alerts"]["state"] == "good", "it came just now"
    older(alerts().folder / "one.entry", LONG)
    found = told(run_cara, 1)["alerts"]
    assert (found["state"], found["told"]) == ("wrong", "1 were not taken in")
    assert alerts().waiting() == ["one"]


def test_an_alert_that_cannot_be_read_is_wrong(run_cara: RunCara) -> None:
    alerts().put("one", {"type": "alert"})
    alerts().set_aside("one")
    assert told(run_cara, 1)["alerts"]["told"] == "1 could not be read"


def test_a_worker_that_fell_silent_is_wrong(run_cara: RunCara) -> None:
    sign_of_life().touch()
    assert told(run_cara)["worker"]["state"] == "good"
    older(sign_of_life(), LONG)
    assert told(run_cara, 1)["worker"]["state"] == "wrong"


def test_letters_that_are_stuck_are_to_be_looked_at(run_cara: RunCara) -> None:
    with transaction() as session:
        post(session, Letter("email", "one", {"to": "a@b.example"}), site="hampshire")
    assert told(run_cara)["letters"]["state"] == "good"
    with transaction() as session:
        session.query(Outgoing).update({"made_at": now() - timedelta(hours=6)})
    assert told(run_cara)["letters"]["told"] == "1 wait longer than 5 hours, 0 were given up"


def test_the_models_are_those_that_were_trained_here(run_cara: RunCara) -> None:
    found = told(run_cara)
    for about in ("model", "classifier of danger"):
        assert found[about]["told"] == "it fits the data, and its signature holds"
