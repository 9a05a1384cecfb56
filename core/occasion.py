"""The occasion of whatever happens: which request, command or round it is part of.

The audit says by it where an act came from, and a log line which request it belongs to.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.audit import Actor

WEB, API, TEXT, CLI, WORKER = SOURCES = ("web", "api", "text", "cli", "worker")
# A UUID or 32 hexadecimal digits, as proxies make them: nothing else can be slipped into our logs.
_ACCEPTED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
# No letter or digit that is taken for another when somebody reads it out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Occasion:
    """``source`` is one of :data:`SOURCES`; ``reference`` names the request, to quote it by.

    ``actor`` is the member of staff who turned out to be behind it, and ``recorded`` whether the
    audit has a row of it already.
    """

    source: str
    reference: str = ""
    actor: Actor | None = None
    recorded: bool = False


_process = Occasion(WORKER)
_current: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


def occasion() -> Occasion:
    """The occasion in which this is called; that of the whole process outside a request."""
    return _current.get() or _process


def process_is(source: str) -> None:
    """Say what this process is, for all that it does outside a request."""
    _process.source = source


@contextmanager
def during(happening: Occasion) -> Iterator[Occasion]:
    """Whatever is done in the block belongs to this occasion."""
    token = _current.set(happening)
    try:
        yield happening
    finally:
        _current.reset(token)


def reference_of(given: str) -> str:
    """What a request is called: the name that a proxy gave it if it is one, else a new one."""
    if _ACCEPTED.fullmatch(given):
        return given
    made = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{made[:5]}-{made[5:]}"
