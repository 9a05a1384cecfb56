"""A process that has started does not look at what it loaded at every turn."""

from __future__ import annotations

import json
import subprocess
import sys

PROBE = """
import gc, json
loaded = [{"a": []} for _ in range(1000)]
before = gc.get_freeze_count()
from core.settling import settle
settle()
print(json.dumps([before, gc.get_freeze_count(), gc.get_threshold()]))
"""


def test_what_is_loaded_is_looked_at_no_more() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    before, frozen, threshold = json.loads(ran.stdout)
    assert before == 0
    assert frozen > 1000
    assert threshold == [10_000, 20, 20]
