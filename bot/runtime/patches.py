"""Small measures that give back what Rasa 3.6.21 spends without need, and nothing else.

Each is guarded by Rasa's version and has a test that shows its gain (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import rasa
from jsonschema import Draft202012Validator
from rasa.core.actions import action
from rasa.core.actions.action import RemoteAction
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.utils.endpoints import EndpointConfig

KNOWN_VERSION = "3.6.21"
# Seconds for which an action is waited for. Whoever asked has been told to try again after 2.5
# (bot/channels/rasa_client.py); Rasa's own 300 are longer than its lock of the conversation.
LONGEST_CALL = 5


class UnknownRasaError(RuntimeError):
    """Another Rasa than the one that these measures were written for."""


def apply() -> None:
    """Apply every measure once; raises :class:`UnknownRasaError` on any other version."""
    if rasa.__version__ != KNOWN_VERSION:
        raise UnknownRasaError(f"patches are for Rasa {KNOWN_VERSION}, this is {rasa.__version__}")
    _compile_action_schema_once()
    DaskGraphRunner.run = _run_in_a_known_order
    EndpointConfig.session = _kept_session
    action.DEFAULT_REQUEST_TIMEOUT = LONGEST_CALL


def _compile_action_schema_once() -> None:
    """Rasa builds and checks a JSON schema anew at every call of an action."""
    validator = Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _run_in_a_known_order(
    self: DaskGraphRunner,
    inputs: dict[str, Any] | None = None,
    targets: list[str] | None = None,
) -> dict[str, Any]:
    """Rasa builds the graph of its components anew for each message and each prediction.

    And has it scheduled by a library for clusters, three times a turn. What each needs never
    changes, so the order is found once and then followed.
    """
    wanted = tuple(targets or self._graph_schema.target_names)
    orders = self.__dict__.setdefault("_orders", {})
    if wanted not in orders:
        schema = self._graph_schema.minimal_graph_schema(list(wanted))
        orders[wanted] = _in_order(schema)
    done = {name: (name, value) for name, value in (inputs or {}).items()}
    for name, needs in orders[wanted]:
        done[name] = self._instantiated_nodes[name](*(done.get(each, each) for each in needs))
    return {name: done[name][1] for name in wanted}


def _in_order(schema: GraphSchema) -> list[tuple[str, list[str]]]:
    """Each node with what it needs, after all that it needs; what comes from outside is no node."""
    needs = {name: list(node.needs.values()) for name, node in schema.nodes.items()}
    order: dict[str, list[str]] = {}

    def place(name: str) -> None:
        if name in needs and name not in order:
            for each in needs[name]:
                place(each)
            order[name] = needs[name]

    for name in needs:
        place(name)
    return list(order.items())


def _kept_session(self: EndpointConfig) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """Rasa opens a connection for every call of an action, and closes it again.

    As many are kept as there are calls at once: those that hang must not stand in the others' way.
    """

    @asynccontextmanager
    async def lent() -> AsyncIterator[aiohttp.ClientSession]:
        if getattr(self, "kept", None) is None:
            self.kept = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        yield self.kept

    return lent()
