"""Rasa and the actions face nobody, believe nobody but us, and never hear who a person is."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from cli import quarantine
from cli.house import ROOT
from core import pulse
from tests.journeys.conftest import FOREIGN
from tests.journeys.coordinator import wait_until
from tests.journeys.people import FIELDS, Chat, answer_all_criteria, fill_in_booking
from tests.journeys.running import Copy

LOOPBACK = ("127.0.0.1", "::1")


def ports(copy: Copy) -> dict[str, int]:
    found: dict[str, int] = copy.running["ports"]
    return found


def test_every_inner_part_listens_on_loopback_only(copy: Copy) -> None:
    for child in psutil.Process(copy.process.pid).children(recursive=True):
        for connection in child.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip in LOOPBACK


@pytest.mark.parametrize(
    "path",
    ["/webhooks/cara/turn", "/webhooks/rest/webhook", "/webhook", "/conversations/x/tracker"],
)
def test_nothing_of_rasa_is_reachable_through_the_public_port(
    http: httpx.Client, path: str
) -> None:
    assert http.post(path, json={"text": "hi", "message": "hi"}).status_code in (404, 405)


def test_rasa_refuses_whatever_we_did_not_sign(copy: Copy) -> None:
    inner = f"http://127.0.0.1:{ports(copy)['rasa']}"
    for path in ("turn", "parse"):
        answer = httpx.post(f"{inner}/webhooks/cara/{path}", json={"text": "/restart"})
        assert answer.status_code == 401
    assert httpx.post(f"{inner}/webhooks/rest/webhook", json={"message": "hi"}).status_code == 404
    assert httpx.get(f"{inner}/conversations/x/tracker").status_code == 404
    assert httpx.put(f"{inner}/model", json={}).status_code == 404


def test_the_action_webhook_refuses_strangers(copy: Copy) -> None:
    inner = f"http://127.0.0.1:{ports(copy)['actions']}"
    assert httpx.post(f"{inner}/webhook", json={}).status_code == 401
    headers = {"Authorization": "Bearer nonsense"}
    assert httpx.post(f"{inner}/webhook", json={}, headers=headers).status_code == 401


def test_rasa_listens_at_one_address_and_holds_no_connection_to_elsewhere(copy: Copy) -> None:
    rasa = copy.part("rasa run").net_connections(kind="inet")
    listening = [each.laddr for each in rasa if each.status == psutil.CONN_LISTEN]
    assert [tuple(each) for each in listening] == [("127.0.0.1", ports(copy)["rasa"])]
    assert {each.raddr.ip for each in rasa if each.raddr} <= {"127.0.0.1"}


def test_rasa_hears_what_it_needs_of_our_environment_and_no_more(copy: Copy) -> None:
    known = copy.part("rasa run").environ()
    everybody = copy.part("uvicorn bot.web.app:app").environ()
    assert everybody["AWS_SECRET_ACCESS_KEY"] == FOREIGN["AWS_SECRET_ACCESS_KEY"]
    assert not set(FOREIGN) & set(known)
    ours = {"PYTHONPATH", "CARA_RASA_PORT", "CARA_RASA_READS", pulse.END}
    assert set(known) <= {*quarantine.HEARS, *quarantine.RASA_ENVIRONMENT, *ours}
    assert known["RASA_TELEMETRY_ENABLED"] == "false"


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's own")
def test_rasa_has_limits_and_room_beneath_them(officer: Chat, copy: Copy) -> None:
    answer_all_criteria(officer)
    rasa = copy.part("rasa run")
    most = quarantine.LIMITS.memory
    assert rasa.rlimit(psutil.RLIMIT_DATA) == (most, most)
    assert len(rasa.cpu_affinity()) == quarantine.LIMITS.processors
    used = re.findall(r"VmData:\s+(\d+) kB", Path(f"/proc/{rasa.pid}/status").read_text())
    assert int(used[0]) * 1024 < most / 2
    assert rasa.num_fds() < quarantine.LIMITS.files / 2


def test_the_model_that_serves_is_signed_and_cannot_be_written(copy: Copy) -> None:
    model = Path(copy.running["model"])
    assert quarantine.refusal(ROOT, model) == ""
    assert model.stat().st_mode & 0o222 == 0


def written_down(copy: Copy) -> str:
    """All that Rasa's tracker holds."""
    with closing(sqlite3.connect(copy.data_dir / "rasa/rasa.db")) as tracker:
        return "\n".join(row[0] or "" for row in tracker.execute("SELECT data FROM events"))


def test_identity_never_reaches_rasas_tracker(officer: Chat, copy: Copy) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    officer.say("his name is Tadeusz Quillfeather, ring him on 07700 900982, dob 14/09/1991")
    officer.say("custody CR/2026/0117, crime 44260012345, he is at 12 Wren Street SO14 3AB")
    # Rasa writes as soon as the answer is on its way.
    wait_until(lambda: "SO14" in written_down(copy))
    held = written_down(copy)
    canaries = (FIELDS["full_name"], "Quillfeather", "07700 900982", "44260012345")
    for canary in (*canaries, "CR/2026/0117", "SO14 3AB", "14/09/1991", "Wren Street"):
        assert canary not in held


def test_neither_logs_nor_our_database_hold_what_was_said(officer: Chat, copy: Copy) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    officer.say("Tadeusz Quillfeather said a canary sang")
    for path in [*copy.data_dir.glob("logs/*"), *copy.data_dir.glob("cara.db*")]:
        kept = path.read_bytes()
        assert b"Quillfeather" not in kept, path
        assert b"canary" not in kept, path


def test_ready_says_it_of_every_part(http: httpx.Client) -> None:
    assert http.get("/readyz").json() == {"database": True, "actions": True, "rasa": True}
    assert http.get("/healthz").status_code == 200
