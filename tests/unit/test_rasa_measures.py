"""Each measure on Rasa shows its gain in the same run, and refuses any other Rasa."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from core.settings import ROOT

PROBE = """
import json, time
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from bot.runtime import patches

def seconds(work, times):
    began = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - began

action = RemoteAction("action_x", None)
answer = {"events": [], "responses": [{"custom": {"say": "utter_x"}}]}
works = {
    "event classes": (lambda: Event.resolve_by_type("user"), 300),
    "action schema": (lambda: action._validate_action_result(answer), 20),
}
before = {name: seconds(*work) for name, work in works.items()}
patches.apply()
after = {name: seconds(*work) for name, work in works.items()}
patches.KNOWN_VERSION = "4.0"
try:
    patches.apply()
    refused = False
except patches.UnknownRasaError:
    refused = True
try:
    action._validate_action_result({"events": "nonsense"})
    checked = False
except Exception:
    checked = True
gain = {name: before[name] / max(after[name], 1e-9) for name in works}
print(json.dumps({"gain": gain, "refused": refused, "checked": checked}))
"""


@pytest.fixture(scope="module")
def measured() -> dict[str, object]:
    """What the probe found in Rasa's own runtime."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    ran = subprocess.run(
        [str(ROOT / ".venv-rasa/bin/python"), "-c", PROBE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | quiet | {"PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false"},
        check=True,
        timeout=120,
    )
    found: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("measure", ["event classes", "action schema"])
def test_it_gives_back_most_of_the_time(
    measured: dict[str, dict[str, float]], measure: str
) -> None:
    assert measured["gain"][measure] > 5


def test_another_rasa_is_refused(measured: dict[str, object]) -> None:
    assert measured["refused"]


def test_a_wrong_answer_of_an_action_is_still_refused(measured: dict[str, object]) -> None:
    assert measured["checked"]
