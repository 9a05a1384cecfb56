"""What is counted of a process, for Prometheus: how often and how long, and nothing of anybody.

No label says who, where or what: no site, no conversation, no kind of danger, no path but the
template of its route. Each process tells its own counts at a port of its own
(docs/how-to/watching.md); nothing of it is on the port that people reach.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from prometheus_client import (
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.registry import Collector

from core.settings import settings

# When each count began, beside it, says nothing and doubles what is told.
disable_created_metrics()  # type: ignore[no-untyped-call]
# Seconds: a screen takes one thousandth, a turn a tenth, and after four somebody is told to wait.
_SECONDS = (*(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05), *(0.1, 0.25, 0.5, 1, 2.5, 5, 10))
# Where each part tells: so many above CARA_METRICS_PORT; further processes of a part ten higher.
PARTS = {"web": 0, "actions": 1, "worker": 2}
STEP, MOST = 10, 10

TURNS = Histogram(
    "cara_turn_seconds", "Turns, and how long each took", ("channel", "outcome"), buckets=_SECONDS
)
STAGES = Histogram(
    "cara_stage_seconds", "How long a stage of a turn took", ("stage",), buckets=_SECONDS
)
ACTIONS = Histogram(
    "cara_action_seconds", "How long an action took", ("action", "outcome"), buckets=_SECONDS
)
DANGER = Counter("cara_danger_answers", "Answers to danger, by how sure the screen was", ("level",))
RASA_FAILURES = Counter("cara_rasa_failures", "Turns that Rasa did not answer", ("why",))
TEXTS = Counter("cara_texts", "Texts given to a provider", ("provider", "outcome"))
LETTERS = Counter("cara_letters", "What the outbox tried to send", ("kind", "outcome"))
LIMITED = Counter("cara_limits_refused", "Refused because it came too often", ("limit",))
SIGN_INS = Counter("cara_sign_ins_refused", "Sign-ins that were refused", ("why",))
DATABASE = Counter("cara_database_errors", "Errors of the database", ("kind",))
REQUESTS = Counter("cara_requests", "Requests, by the template of the route", ("route", "status"))
PART = Gauge("cara_part", "Which part this process is", ("part",))
log = logging.getLogger("cara.metrics")


def serve(part: str, *collectors: Collector) -> int:
    """Tell the counts of this process from now on, if the operator asks for it; gives the port.

    ``collectors`` look when they are asked. A process that finds no port free goes on without.
    """
    PART.labels(part).set(1)
    if not settings().metrics_port:
        return 0
    _register(collectors)
    for port in range(settings().metrics_port + PARTS[part], 65536, STEP)[:MOST]:
        try:
            start_http_server(port, settings().metrics_address)
        except OSError:
            continue
        log.info("%s tells its counts at port %d", part, port)
        return port
    log.warning("no port was free for the counts of %s", part)
    return 0


def _register(collectors: Iterable[Collector]) -> None:
    for each in collectors:
        REGISTRY.register(each)
