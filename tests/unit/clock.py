"""Moves the clock for all of the system at once."""

from __future__ import annotations

import sys
from datetime import datetime

import pytest

from core import clock

OURS = ("accounts", "actions", "bot", "cli", "core", "outreach", "referrals", "services_directory")
_REAL = clock.now


def move_to(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """It is ``moment`` now, whoever of ours asks."""
    for name, module in list(sys.modules.items()):
        held = getattr(module, "now", None) if name.partition(".")[0] in OURS else None
        if held is _REAL or getattr(held, "moved", False):
            monkeypatch.setattr(module, "now", _standing(moment))


def _standing(moment: datetime) -> object:
    def now() -> datetime:
        return moment

    now.moved = True  # type: ignore[attr-defined]
    return now
