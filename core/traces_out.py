"""The part of traces that needs OpenTelemetry: only imported where something is traced."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from core import traces
from core.occasion import occasion

PATH = "/v1/traces"
PATIENCE = 5


class OfRequests(RandomIdGenerator):
    """Ids that follow from the reference of the request, where there is one."""

    def generate_trace_id(self) -> int:
        """Asked for at the first span of a trace."""
        reference = occasion().reference
        return traces.trace_id(reference) if reference else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Any, unless the span is the one that another process knows."""
        return traces.wanted_span() or super().generate_span_id()


def tracer(part: str, address: str, share: float) -> Tracer:
    """What makes the spans of a process; they leave in a thread of their own, in batches.

    The share is taken by the trace's id, so that a turn is traced in every process or in none.
    """
    provider = TracerProvider(
        sampler=TraceIdRatioBased(share),
        resource=Resource({"service.name": f"cara-{part}"}),
        id_generator=OfRequests(),
    )
    exporter = OTLPSpanExporter(address.rstrip("/") + PATH, timeout=PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("cara")


def below(trace_id: int, span_id: int) -> Context:
    """The context of a span that another process has made."""
    flags = TraceFlags(TraceFlags.SAMPLED)
    made = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(made))
