"""`rasa test` end to end: the conversations of tests/stories against the model that is served."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.artefacts import model_path
from cli.house import ROOT
from cli.quarantine import RASA_ENVIRONMENT


@pytest.mark.parametrize("audience", ["officer", "participant"])
def test_every_conversation_goes_as_it_is_told(audience: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(ROOT.rasa), "-m", "tests.stories.run", str(model_path(ROOT)), audience, str(tmp_path)],
        cwd=ROOT.root,
        env=RASA_ENVIRONMENT | {"PYTHONPATH": str(ROOT.root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    report = json.loads((tmp_path / "story_report.json").read_text(encoding="utf-8"))
    assert report["conversation_accuracy"]["correct"] >= 10
    assert report["conversation_accuracy"]["accuracy"] == 1.0
