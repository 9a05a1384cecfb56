"""Traces of turns for OpenTelemetry, off unless the operator names a collector.

One turn is one trace. Its ids follow from the reference of the request, which the signed claims
carry through Rasa to the actions: so both sides know the same ids, and no header has to pass
through Rasa. An attribute is a code or a count: no words, names, numbers or places.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from core.occasion import occasion
from core.settings import settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

# The stage of the web process under which the actions stand.
RASA = "rasa"
STANDARD = "OTEL_EXPORTER_OTLP_ENDPOINT"
_tracer: Tracer | None = None
_wanted: ContextVar[int] = ContextVar("wanted", default=0)


class Told:
    """A span as the rest of us see it; of none at all where nothing is traced."""

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    def tell(self, **codes: str | int | bool) -> None:
        """Add codes and counts, and never what anybody said."""
        if self._span is not None:
            self._span.set_attributes({f"cara.{name}": value for name, value in codes.items()})


_NOTHING = Told()
_OFF = nullcontext(_NOTHING)


def set_up(part: str) -> None:
    """Send what this process traces to the collector that is named, if one is."""
    global _tracer
    address = settings().otlp_endpoint or os.environ.get(STANDARD, "")
    if not address:
        return
    # Half a second to import, which no process pays that traces nothing.
    from core import traces_out

    _tracer = traces_out.tracer(part, address, settings().traces_share)


def span(name: str, **codes: str | int | bool) -> AbstractContextManager[Told]:
    """One part of a turn, below the one around it."""
    return _OFF if _tracer is None else _span(_tracer, name, codes)


@contextmanager
def _span(tracer: Tracer, name: str, codes: dict[str, str | int | bool]) -> Iterator[Told]:
    reference = occasion().reference
    token = _wanted.set(span_id(reference) if name == RASA and reference else 0)
    try:
        with tracer.start_as_current_span(name, record_exception=False) as made:
            _wanted.set(0)
            told = Told(made)
            told.tell(**codes, request=reference)
            yield told
    finally:
        _wanted.reset(token)


@contextmanager
def joined(name: str, **codes: str | int | bool) -> Iterator[Told]:
    """A part of the turn of the web process that this occasion's reference names."""
    reference = occasion().reference
    if _tracer is None or not reference:
        yield _NOTHING
        return
    from core import traces_out

    around: Any = traces_out.below(trace_id(reference), span_id(reference))
    with _tracer.start_as_current_span(name, around, record_exception=False) as made:
        told = Told(made)
        told.tell(**codes, request=reference)
        yield told


def trace_id(reference: str) -> int:
    """Of the turn that a request brought."""
    return _number("trace", reference, 16)


def span_id(reference: str) -> int:
    """Of that turn's call of Rasa, under which its actions stand."""
    return _number(RASA, reference, 8)


def wanted_span() -> int:
    """The id that the next span has to have; 0 for any."""
    return _wanted.get()


def _number(what: str, reference: str, size: int) -> int:
    return int.from_bytes(sha256(f"{what} {reference}".encode()).digest()[:size]) or 1
