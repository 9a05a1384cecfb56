"""The stages of a turn, timed for the counts (``metrics``) and for traces (``traces``) alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core import traces
from core.metrics import STAGES, TURNS

ANSWERED, DANGER, REFUSED, FAILED = "answered", "danger", "refused", "failed"
_turn: ContextVar[list[str] | None] = ContextVar("turn", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """One stage; a trace shows it below the stage or turn around it."""
    started = time.perf_counter()
    try:
        with traces.span(name):
            yield
    finally:
        STAGES.labels(name).observe(time.perf_counter() - started)


@contextmanager
def turn(channel: str, refused: type[Exception]) -> Iterator[None]:
    """One turn, from the words to the answer; a turn within it is the same one.

    ``refused`` is raised for what the person can put right.
    """
    if _turn.get() is not None:
        yield
        return
    said: list[str] = []
    token, started = _turn.set(said), time.perf_counter()
    try:
        with traces.span("turn", channel=channel) as span:
            try:
                yield
            except refused:
                said.append(REFUSED)
                raise
            except Exception:
                said.append(FAILED)
                raise
            finally:
                outcome = said[-1] if said else ANSWERED
                span.tell(outcome=outcome)
    finally:
        _turn.reset(token)
        TURNS.labels(channel, outcome).observe(time.perf_counter() - started)


def became(outcome: str) -> None:
    """Say how the turn that is under way ends, where it is no plain answer."""
    said = _turn.get()
    if said is not None:
        said.append(outcome)
