"""A stand-in for a collector of OpenTelemetry: it takes traces over HTTP, and keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LONGEST = 30.0


@dataclass(frozen=True)
class Span:
    """One span as it came; ``codes`` are its attributes."""

    part: str
    name: str
    trace: bytes
    id: bytes
    parent: bytes
    codes: dict[str, Any]


@dataclass
class Collector:
    """What came so far; ``raw`` are the bytes of it."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            part = _codes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    codes = _codes(span.attributes)
                    ids = (span.trace_id, span.span_id, span.parent_span_id)
                    self.spans.append(Span(part, span.name, *ids, codes))

    def of(self, request: str, until: Callable[[list[Span]], bool]) -> list[Span]:
        """The spans of one request, once they are what was waited for."""
        end = time.monotonic() + LONGEST
        while True:
            found = [each for each in [*self.spans] if each.codes.get("cara.request") == request]
            if until(found):
                return found
            assert time.monotonic() < end, f"only {[each.name for each in found]}"
            time.sleep(0.1)


def _codes(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens on loopback until the end of the block."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
