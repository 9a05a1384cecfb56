"""Small measures that give back what Rasa 3.6.21 spends without need, and nothing else.

Each is guarded by Rasa's version and has a test that shows its gain (docs/decisions/0003).
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Any

import rasa
from jsonschema import Draft202012Validator
from rasa.core import tracker_store
from rasa.core.actions.action import RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

KNOWN_VERSION = "3.6.21"
# Some ten turns, of eight events or so each.
LONGEST_SESSION = 80


class UnknownRasaError(RuntimeError):
    """Another Rasa than the one that these measures were written for."""


def apply() -> None:
    """Apply every measure once; raises :class:`UnknownRasaError` on any other version."""
    if rasa.__version__ != KNOWN_VERSION:
        raise UnknownRasaError(f"patches are for Rasa {KNOWN_VERSION}, this is {rasa.__version__}")
    _remember_event_classes()
    _compile_action_schema_once()
    _begin_long_sessions_anew()
    _tend_the_trackers_connections()


def _remember_event_classes() -> None:
    """Rasa walks all event classes again for every stored event of a conversation."""
    original = Event.resolve_by_type
    if not hasattr(original, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(original))


def _compile_action_schema_once() -> None:
    """Rasa builds and checks a JSON schema anew at every call of an action."""
    validator = Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _begin_long_sessions_anew() -> None:
    """Rasa reads and replays every event of a session for each turn, and takes ever longer.

    Nothing of ours looks back so far: there are no slots, and a rule sees one turn.
    """

    def ended(_self: MessageProcessor, tracker: DialogueStateTracker) -> bool:
        return len(tracker.events) > LONGEST_SESSION

    MessageProcessor._has_session_expired = ended


def _tend_the_trackers_connections() -> None:
    """Rasa's one thread stands still while the tracker is written.

    To a file it opened a connection for each turn and waited for the disk twice. What a power cut
    takes of the last turns nobody misses: the truth lies in our database. A server's connection is
    looked at first, where Rasa found out with somebody's turn that it was dead.
    """
    original = tracker_store.create_engine_kwargs

    def tended(url: Any) -> dict[str, Any]:
        if tracker_store.is_postgresql_url(url):
            return {**original(url), "pool_pre_ping": True}
        return {"poolclass": QueuePool, "connect_args": {"check_same_thread": False}}

    tracker_store.create_engine_kwargs = tended
    event.listen(Engine, "connect", _without_waiting_for_the_disk)


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
