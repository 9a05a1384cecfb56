"""What waits to leave and who waits for a person: how many and since when, for whoever watches.

Told to Prometheus by the worker, to operators by `cara doctor`, and to staff by the page of how the
system is. Counts and moments, and nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import spool
from core.clock import now
from core.database import transaction
from core.outbox import SENT, WAITING, Outgoing, lost
from outreach.alerts import UNTAKEN
from outreach.tables import Alert
from outreach.texts.tables import Message, Standing

EMAIL, TEXT, WEBHOOK = KINDS = ("email", "text", "webhook")
# A text of ours that is due and has not gone; what is planned for later does not wait.
_DUE = (Standing.planned.value, Standing.sending.value)


@dataclass(frozen=True)
class Queue:
    """How many wait, the moment from which the first of them waits, and how many were given up.

    ``last`` is when one left last.
    """

    waiting: int = 0
    oldest: datetime | None = None
    given_up: int = 0
    last: datetime | None = None

    @property
    def age(self) -> float:
        """For how many seconds the first of them has waited."""
        return max(0.0, (now() - self.oldest).total_seconds()) if self.oldest else 0.0


def letters(session: Session, site: str = "") -> dict[str, Queue]:
    """The outbox by kind, of one site or of all; texts that are due and not in it yet count too."""
    waits = Outgoing.status == WAITING
    asked = select(
        Outgoing.kind,
        func.count(case((waits, 1))),
        func.min(case((waits, Outgoing.made_at))),
        func.count(case((lost(), 1))),
        func.max(case((Outgoing.status == SENT, Outgoing.sent_at))),
    ).group_by(Outgoing.kind)
    rows = session.execute(asked.where(Outgoing.site == site) if site else asked)
    found = {kind: Queue(count, oldest, dead, last) for kind, count, oldest, dead, last in rows}
    found = {kind: found.get(kind, Queue()) for kind in KINDS}
    found[TEXT] = _with_due(session, site, found[TEXT])
    return found


def alerts(session: Session, site: str = "") -> Queue:
    """Those that nobody has taken on, of one site or of all."""
    here: list[ColumnElement[bool]] = [Alert.site == site] if site else []
    asked = select(func.count(), func.min(Alert.raised_at)).where(
        and_(Alert.status.in_(UNTAKEN), *here)
    )
    count, oldest = session.execute(asked).one()
    return Queue(count, oldest)


def spooled() -> Queue:
    """Alerts that are on the disk and not in the database yet."""
    moments = spool.alerts().moments()
    oldest = datetime.fromtimestamp(moments[0], UTC) if moments else None
    return Queue(len(moments), oldest)


def _with_due(session: Session, site: str, queue: Queue) -> Queue:
    here = [Message.site == site] if site else []
    asked = select(func.count(), func.min(Message.due_at)).where(
        and_(Message.standing.in_(_DUE), Message.due_at <= now(), *here)
    )
    count, due = session.execute(asked).one()
    first = [each for each in (queue.oldest, due) if each]
    return Queue(queue.waiting + count, min(first, default=None), queue.given_up, queue.last)


class Waiting(Collector):
    """Looks when Prometheus asks; where the database is away it says that, and no count."""

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: what is told depends on the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What waits now, at all sites together."""
        answers = GaugeMetricFamily("cara_database_answers", "Whether the database answers")
        try:
            with transaction() as session:
                kinds, untaken = letters(session), alerts(session)
        except SQLAlchemyError:
            answers.add_metric([], 0)
            yield answers
            yield from _gauges({"spool": spooled()})
            return
        answers.add_metric([], 1)
        yield answers
        yield from _gauges({**kinds, "alert": untaken, "spool": spooled()})


def _gauges(queues: dict[str, Queue]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("cara_waiting", "How many wait", labels=["what"])
    oldest = GaugeMetricFamily(
        "cara_waiting_oldest_seconds", "For how long the first has waited", labels=["what"]
    )
    given_up = GaugeMetricFamily("cara_given_up", "How many were given up", labels=["what"])
    for what, queue in queues.items():
        waiting.add_metric([what], queue.waiting)
        oldest.add_metric([what], queue.age)
        given_up.add_metric([what], queue.given_up)
    yield from (waiting, oldest, given_up)
