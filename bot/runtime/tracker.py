"""Where Rasa writes down what happened, and why it never reads it back (docs/decisions/0003).

Our dialogue does not look back through Rasa: there are no slots, a rule sees one turn, the actions
read the latest message, and what was shown, asked and answered stands in our own database. So each
turn begins with a tracker that has just begun to listen, and costs the same however long the
conversation is.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from itertools import islice
from typing import Any

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

_log = logging.getLogger(__name__)


class TurnByTurn(SQLTrackerStore):
    """Rasa's own table and rows; written once a turn, read by whoever forgets or discloses."""

    def __init__(self, *, host: str, **given: Any) -> None:
        super().__init__(host=host, **given)
        self.engine.dispose()
        self.engine = _tended(host)
        self.sessionmaker.configure(bind=self.engine)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """A tracker at the beginning of a turn."""
        tracker = self.init_tracker(sender_id)
        for each in _begun():
            tracker.update(each, self.domain)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write down what happened in this turn, as soon as its answer is on the way.

        No turn reads it, so nobody waits for it.
        """
        happened = list(islice(tracker.events, len(_begun()), None))
        asyncio.get_running_loop().call_soon(self._write, tracker.sender_id, happened)

    def _write(self, sender_id: str, happened: Sequence[Event]) -> None:
        rows = [self._row(sender_id, each) for each in happened]
        try:
            with self.engine.begin() as connection:
                connection.execute(self.SQLEvent.__table__.insert(), rows)
        except SQLAlchemyError as error:
            _log.error("what happened in a turn was not written down: %s", type(error).__name__)

    def _row(self, sender_id: str, happened: Event) -> dict[str, Any]:
        data = happened.as_dict()
        return {
            "sender_id": sender_id,
            "type_name": happened.type_name,
            "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
            "action_name": data.get("name"),
            "data": json.dumps(data),
        }


def _begun() -> list[Event]:
    return [SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME)]


def _tended(url: str) -> Engine:
    """An engine that never holds Rasa's one thread up for long.

    A file is kept open, and the disk not waited for: what a power cut takes of the last turns
    nobody misses. A server's connection is looked at first, where Rasa found out with somebody's
    turn that it was dead.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    # Rasa works all conversations in one thread, and looks at the file's age in another.
    made = create_engine(
        url, poolclass=QueuePool, connect_args={"check_same_thread": False}, hide_parameters=True
    )
    event.listen(made, "connect", _without_waiting_for_the_disk)
    return made


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
