"""Nothing of a person is in any log of any process: canaries in every way in, and a look at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.settings import ROOT
from tests.journeys import running
from tests.journeys.people import (
    FIELDS,
    Chat,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
)
from tests.journeys.running import Copy

TEXTER = "+447700900733"
SAID = "canarywords to sing about"
LINK = "canarylink-q7w8e9r0t1y2u3i4o5p6"
PARTS = ("web", "actions", "worker", "rasa")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy of its own, whose logs are lines of JSON."""
    started = running.start(tmp_path_factory.mktemp("told"), {"CARA_LOG_FORMAT": "json"})
    yield started
    running.stop(started)


def lines(copy: Copy) -> dict[str, str]:
    """All that each part has logged."""
    logs = Path(copy.data_dir) / "logs"
    return {part: (logs / f"{part}.log").read_text(errors="replace") for part in PARTS}


def officers_journey(copy: Copy, http: httpx.Client) -> str:
    """A whole referral with canaries in each field; gives its reference."""
    officer = Chat.begin(http, copy.staff_token(), site="hampshire", audience="officer")
    officer.choose("Start a referral")
    answer_all_criteria(officer)
    officer.say(f"Tadeusz Quillfeather, 07700 900982, born 14/09/1991, {SAID}")
    fill_in_booking(officer)
    return reference_in(officer.choose("Confirm and send"))


def test_no_log_of_any_part_holds_what_tells_of_a_person(told: Copy) -> None:
    with told.client() as http:
        reference = officers_journey(told, http)
        participant = Chat.begin(http, site="hampshire", audience="participant")
        participant.say(f"I am Jo Canarybird, ring 07700 900733, {SAID}")
        participant.say("I want to kill myself")
        text = {"from": TEXTER, "to": "+447700900101", "text": SAID, "id": "one"}
        secret = {"Authorization": "Bearer demonstration-only"}
        assert http.post("/texts/inbound", json=text, headers=secret).status_code == 200
        http.post("/texts/inbound", json=text, headers={"Authorization": "Bearer canarysecret"})
        http.get(f"/c/{LINK}")
        http.get(f"/referrals/{reference}?name=Canarybird")
        http.get(f"/no-such/{SAID}?q=07700900733", headers={"x-request-id": "07700900733"})
        http.post("/api/v1/conversations", content=b'{"site": "canarysite"')
        quoted = http.get(f"/c/{LINK}?x={LINK}", headers={"cookie": f"a={LINK}"})
    canaries = (
        *FIELDS.values(),
        *("Quillfeather", "900982", "14/09/1991", "44260012345", "SO14 3AB", "Canarybird"),
        *("900733", "canary", "Canary", LINK, reference, "kill myself", "demonstration-only"),
    )
    kept = lines(told)
    found = [(part, word) for part, all_ in kept.items() for word in canaries if word in all_]
    assert found == []
    if quoted.status_code >= 400:
        assert quoted.headers["x-request-id"] in kept["web"], "what is quoted can be found"


def test_each_line_of_ours_is_json_with_its_time_in_utc_and_its_request(told: Copy) -> None:
    with told.client() as http:
        reference = http.get("/no-such-page").headers["x-request-id"]
    for part in ("web", "actions", "worker"):
        for line in lines(told)[part].splitlines():
            read = json.loads(line)
            assert {"at", "level", "name", "message"} <= set(read), line
            assert read["at"].endswith("+00:00")
    mine = [json.loads(line) for line in lines(told)["web"].splitlines() if reference in line]
    assert [(each["message"], each["source"]) for each in mine] == [("GET (no page) 404", "web")]


def test_one_reference_leads_through_the_processes(told: Copy) -> None:
    """What Rasa's actions put on record belongs to the request that the person made."""
    given = "0f8fad5bd9cb469fa16570867728950e"
    with told.client() as http:
        officer = Chat.begin(http, told.staff_token(), site="hampshire", audience="officer")
        officer.choose("Start a referral")
        said = officer.post({"text": "18 or over"}, **{"x-request-id": given})
        assert said.status_code == 200
    found = told.cara("audit", "search", "--request", given, "--csv")
    assert found.returncode == 0, found.stderr
    assert "referral.answer" in found.stdout
    assert ",api," in found.stdout


def test_no_process_of_ours_is_started_with_an_access_log() -> None:
    assert '"--no-access-log"' in (ROOT / "cli/parts.py").read_text()
