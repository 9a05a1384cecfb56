"""A clock that a test moves for everything about texts, and a provider to go with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from core import outbox
from core.clock import LONDON
from outreach.texts import contacts, delivery, journey, signposting
from outreach.texts.providers import LaterError

_READERS = (outbox, contacts, delivery, journey, signposting)


class MovedClock:
    """The present moment, wherever texts are planned and sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
        self.moment = moment
        for module in _READERS:
            monkeypatch.setattr(module, "now", lambda: self.moment)

    def local(self) -> datetime:
        """As people at the site read it."""
        return self.moment.astimezone(LONDON)


class Killed(BaseException):
    """The worker dies at this point."""


class Postbox:
    """A provider of texts: what arrived at telephones, and whatever goes wrong on the way.

    ``weather`` is asked before a text is taken ("before") and once it is ("after"); it raises what
    is to go wrong. Like the real ones it knows a text of ours again by its reference.
    """

    name = "postbox"

    def __init__(self, weather: Callable[[str], None] = lambda _when: None) -> None:
        self.weather = weather
        self.arrived: list[tuple[str, str, str]] = []

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """Take a text; ``again`` looks first whether it is here."""
        if again and any(each[2] == reference for each in self.arrived):
            return f"id-{reference}"
        self.weather("before")
        self.arrived.append((to, text, reference))
        self.weather("after")
        return f"id-{reference}"


def away(_when: str) -> None:
    """The provider does not answer."""
    raise LaterError("away")
