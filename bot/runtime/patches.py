"""Small measures that give back what Rasa 3.6.21 spends without need, and nothing else.

Each is guarded by Rasa's version and has a test that shows its gain (docs/decisions/0003).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import rasa
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

KNOWN_VERSION = "3.6.21"


class UnknownRasaError(RuntimeError):
    """Another Rasa than the one that these measures were written for."""


def apply() -> None:
    """Apply every measure once; raises :class:`UnknownRasaError` on any other version."""
    if rasa.__version__ != KNOWN_VERSION:
        raise UnknownRasaError(f"patches are for Rasa {KNOWN_VERSION}, this is {rasa.__version__}")
    _remember_event_classes()
    _compile_action_schema_once()


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
